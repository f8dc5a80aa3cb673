"""What a layer computes before a change to its source and after it, from the same weights.

Two processes: the first runs the layer as it is and writes down what went in and came out, the
second gives the changed layer the same values and inputs.
"""

from __future__ import annotations

import pickle
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from layerdoctor.facts import Behaviour, Stage
from layerdoctor.probe.contents.assignments import Assignments
from layerdoctor.probe.contents.object_walk import ObjectWalk
from layerdoctor.probe.contract.comparing import arrays_of, difference, moved
from layerdoctor.probe.hooks.creation import Creations, as_tf_variable
from layerdoctor.probe.layer import framework
from layerdoctor.probe.layer.construction import LayerFactory
from layerdoctor.probe.layer.failures import failure_of
from layerdoctor.probe.layer.loading import load
from layerdoctor.probe.layer.subject import Subject, seed_everything
from layerdoctor.protocol import Comparison, Imported, StageBegan, Tell, observed
from layerdoctor.target import Target
from layerdoctor.user_code import Author
from layerdoctor.wording import told

DRAWS = 2
CALLS = 2
"""How often it is called without going back, for what one call leaves for the next."""
OTHER_SEED = 104729

State = dict[str, Any]
"""Arrays by where the layer holds them."""


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """One way to call the layer, and what it returned; None where that is drawn anew each time."""

    state: int
    draw: int
    training: bool
    outputs: list[Any] | None


@dataclass(frozen=True, slots=True)
class Before:
    """What a layer held and returned."""

    states: tuple[State, ...]
    """At the start, and moved away from it."""
    runs: list[RecordedRun]


class BeforeAndAfter:
    """Writes down what a layer computes, or compares it with what is written."""

    def __init__(self, target: Target, comparison: Comparison, tell: Tell) -> None:
        self._target = target
        self._file = Path(comparison.file)
        self._records = comparison.records
        self._tell = tell
        self._author = Author(target.app_dirs)
        self._assignments = Assignments(self._author)

    def run(self) -> None:
        """Tell how the layer behaves; raises ``NothingToExamine``."""
        try:
            subject = self._subject()
            behaviour = self._record(subject) if self._records else self._compare(subject)
        except Exception as error:
            failure = failure_of(error, Stage.CALL, self._author)
            behaviour = Behaviour(outputs=None, reason=f"the layer raises {told(failure)}")
        self._tell(observed(behaviour=behaviour))

    def _subject(self) -> Subject:
        seed_everything(self._target.seed)
        source = load(self._target)
        self._author.adopt(source.package)
        self._tell(Imported(self._author.package))
        self._tell(StageBegan(Stage.CALL))
        factory = LayerFactory(self._target, source, Creations(self._author))
        args = factory.arguments()
        subject = factory.subject(factory.construct(args, as_first=True), args)
        subject.run()
        return subject

    def _record(self, subject: Subject) -> Behaviour:
        held = self._values(subject)
        start = {path: _array(value) for path, value in held.items()}
        away = {path: _moved_from(start[path], path) for path in _variables(held)}
        states = (start, {**start, **away})
        places = {path: path for path in away}
        runs = [
            RecordedRun(
                state, draw, training, self._settled(subject, places, states[state], draw, training)
            )
            for state, draw, training in product((0, 1), range(DRAWS), (False, True))
            if subject.has_training or not training
        ]
        if all(run.outputs is None for run in runs):
            return Behaviour(outputs=None, reason="its outputs are drawn anew in each call")
        self._file.write_bytes(pickle.dumps(Before(states, runs)))
        return Behaviour(outputs="equal")

    def _compare(self, subject: Subject) -> Behaviour:
        before: Before = pickle.loads(self._file.read_bytes())
        places = _places(_variables(self._values(subject)), before.states[0])
        apart: set[int] = set()
        were_finite = True
        for run in before.runs:
            state = before.states[run.state]
            now = self._settled(subject, places, state, run.draw, run.training)
            if run.outputs is None or (now and difference(run.outputs, now) is None):
                continue
            were_finite = False
            if now is None or difference(*_where_finite(run.outputs, now)) is not None:
                apart.add(run.state)
        if apart:
            return Behaviour(outputs="changed" if 0 in apart else "start")
        return Behaviour(outputs="equal" if were_finite else "finite")

    def _settled(
        self, subject: Subject, places: dict[str, str], state: State, draw: int, training: bool
    ) -> list[Any] | None:
        """Return the outputs, unless another seed gives others.

        What a layer counts in Python goes on from run to run, so both processes make the same runs.
        """
        self._put(subject, places, state)
        one = self._outputs(subject, draw, training)
        self._put(subject, places, state)
        other = self._outputs(subject, draw, training, seed=OTHER_SEED)
        return one if difference(one, other) is None else None

    def _outputs(self, subject: Subject, draw: int, training: bool, seed: int = 0) -> list[Any]:
        """Return what calls in a row give, losses included."""
        seed_everything(self._target.seed + seed)
        found: list[Any] = []
        for _ in range(CALLS):
            tensors = subject.tensors(subject.redrawn(draw) if draw else None)
            found += arrays_of(subject.run(tensors, training=training))
            found += arrays_of(framework.losses_of(subject.layer))
        return found

    def _values(self, subject: Subject) -> State:
        """Return every variable, tensor and array that the layer holds or can name, each once."""
        found: dict[int, tuple[str, Any]] = {}
        for held in ObjectWalk(subject.layer, self._author, self._assignments).walk():
            value = as_tf_variable(held.thing)
            is_tensor = isinstance(value, tf.Tensor) and hasattr(value, "numpy")
            if is_tensor or isinstance(value, np.ndarray) or _is_numeric_variable(value):
                found.setdefault(id(value), (held.attribute, value))
        return dict(found.values())

    def _put(self, subject: Subject, places: dict[str, str], state: State) -> None:
        """Give each variable the value that the place it goes by has in a state."""
        for path, variable in _variables(self._values(subject)).items():
            if path in places:
                variable.assign(tf.cast(state[places[path]], variable.dtype))


def _array(value: Any) -> Any:
    """Return a copy of what a variable, a tensor or an array holds."""
    return np.array(value.numpy() if hasattr(value, "numpy") else value)


def _variables(held: State) -> State:
    return {path: value for path, value in held.items() if isinstance(value, tf.Variable)}


def _where_finite(before: list[Any], now: list[Any]) -> tuple[list[Any], list[Any]]:
    """Return both with zeros wherever the first is not finite; as they are where shapes differ."""
    if [each.shape for each in before] != [each.shape for each in now]:
        return before, now
    finite = [np.isfinite(each) if each.dtype.kind in "fc" else True for each in before]

    def kept(arrays: list[Any]) -> list[Any]:
        return [
            np.where(here, each, each.dtype.type(0))
            for here, each in zip(finite, arrays, strict=True)
        ]

    return kept(before), kept(now)


def _is_numeric_variable(value: Any) -> bool:
    if not isinstance(value, tf.Variable):
        return False
    with suppress(Exception):
        return bool(value.is_initialized()) and value.dtype not in (tf.string, tf.resource)
    return False


def _moved_from(value: Any, path: str) -> Any:
    """Return a float array a step away, in a direction that depends on where it is held alone."""
    if value.dtype.kind != "f":
        return value
    return moved(value, np.random.default_rng(sum(path.encode())))


def _places(variables: State, start: State) -> dict[str, str]:
    """Return for each variable the place that holds its value in the start state.

    One that is held elsewhere than before goes by its start value, for both layers were made from
    one seed; else by its shape, where that names one place.
    """
    places = {
        path: path
        for path, variable in variables.items()
        if path in start and start[path].shape == tuple(variable.shape)
    }
    spare = {path: value for path, value in start.items() if path not in variables}
    for path in (each for each in variables if each not in places):
        now = variables[path].numpy()
        fitting = [each for each, value in spare.items() if value.shape == now.shape]
        same = [each for each in fitting if np.array_equal(spare[each], now)]
        chosen = same[:1] or (fitting if len(fitting) == 1 else [])
        if chosen:
            places[path] = chosen[0]
            spare.pop(chosen[0])
    return places
