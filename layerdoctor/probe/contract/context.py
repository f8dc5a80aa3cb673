"""What the checks share: the layer and its start, its runs, its traces, further layers."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np
import tensorflow as tf

from layerdoctor.facts import CheckName, Failure, Location, Stage
from layerdoctor.probe.contents.assignments import Assignments
from layerdoctor.probe.contents.inventory import attribute_of
from layerdoctor.probe.contents.object_walk import Held, ObjectWalk
from layerdoctor.probe.contract.comparing import arrays_of, changed_arrays, difference
from layerdoctor.probe.contract.config.round_trip import RoundTrip
from layerdoctor.probe.contract.generators import Generators
from layerdoctor.probe.contract.graphs import (
    Trace,
    draws,
    is_symbolic,
    loop_in,
    operations,
    specs_of,
)
from layerdoctor.probe.contract.models.around import (
    LayerModel,
    as_it_is,
    functional_model,
    subclassed_model,
)
from layerdoctor.probe.contract.models.functional import SymbolicCall, call_symbolically
from layerdoctor.probe.contract.models.training import Fit, fit, losses_take
from layerdoctor.probe.contract.outcome import Skipped, first_line
from layerdoctor.probe.contract.running import Inputs, Mutation
from layerdoctor.probe.hooks.added_losses import AddedLoss, losses_added
from layerdoctor.probe.hooks.creation import as_tf_variable
from layerdoctor.probe.hooks.frames import exception_frames
from layerdoctor.probe.layer import framework
from layerdoctor.probe.layer.construction import LayerFactory
from layerdoctor.probe.layer.failures import failure_of
from layerdoctor.probe.layer.memory import room
from layerdoctor.probe.layer.subject import Snapshot, Subject
from layerdoctor.probe.repeat import Calls
from layerdoctor.user_code import Author

INSTANCE = "an instance cannot be constructed a second time"
LARGEST = 512 * 2**20
"""The bytes of variables up to which further layers, and archives of them, are made."""
ENTRIES = 10_000
"""How many entries of a list or dictionary are looked at for a symbolic tensor."""
MOST_HELD = 20_000
"""How many things a layer may hold to be saved: Keras goes through each, several times."""
PASSES = 16
"""How many traces and runs of the layer its training takes, about, the way back among them."""
MOST_TRAINED = 500
"""Of how many operations a whole model is trained. That a larger one can be called in a graph, and
differentiated, is seen; what `fit` adds to that is its layers' own, and seen of each."""
SHARE = 0.3
"""The share of its time limit up to which a layer is trained, or saved with its traces."""
COPIES = 5
"""How often the bytes of a layer are taken while a second one is made: initialisers take three."""


@dataclass(frozen=True, slots=True)
class Stuck:
    """The weights whose gradient seems to be zero for ever, and who is told that one has moved.

    Also who is told of all weights that a training of the author's own moves.
    """

    attributes: frozenset[str]
    moved: Callable[[Collection[str]], None]
    trained: Callable[[Collection[str]], None]


@dataclass(frozen=True, slots=True)
class EagerRun:
    """What one run left."""

    outputs: list[Any]
    """The leaves of what the layer returned, as arrays."""
    mutations: tuple[Mutation, ...] = ()
    losses: tuple[AddedLoss, ...] = ()
    seconds: float = 0.0


class Context:
    """One layer with everything that more than one check needs, each made when first asked for."""

    def __init__(
        self,
        calls: Calls,
        factory: LayerFactory,
        author: Author,
        assignments: Assignments,
        loop_found: Callable[[Location], None],
        *,
        stuck: Stuck,
    ) -> None:
        self._loop_found = loop_found
        self._stuck = stuck
        self.subject = calls.subject
        self.layer = calls.subject.layer
        self.kind = type(self.layer)
        self.returned = calls.returned
        """What the last call before the checks returned."""
        self.holds_too_much = len(calls.held) > MOST_HELD
        """Whether the layer holds more than can be saved in reasonable time."""
        self.factory = factory
        self.author = author
        self.assignments = assignments
        self._creations = calls.creations
        self.keeps_tensors = calls.stores
        """Whether a call, eager or traced, has left a tensor on the layer."""
        self.start = Snapshot.of(self.variables(self.layer))
        """The state to which every run goes back."""
        self.draws_in_python: set[bool] = set()
        """The modes in which a run draws from a generator of Python's or NumPy's."""
        self._resized: dict[tuple[int, bool], EagerRun | Exception] = {}
        self._moves_on = False
        """Whether a run without training assigns a variable."""
        self.after_calls = self.start
        """The state after the runs: what training brings to averages and counters."""

    @property
    def is_keras_3(self) -> bool:
        """Whether it is a layer of Keras 3."""
        return self.subject.framework == "keras"

    @cached_property
    def is_whole_model(self) -> bool:
        """Whether it is a model that Keras put together of layers: it is large, and they are known.

        What is asked of each layer is asked of one at a time, not of all of them again and again.
        """
        return framework.is_assembled(self.layer)

    def need_single_layer(self, most: int = 0) -> None:
        """Skip the check for a whole model, and say where it is made.

        With ``most``, only for one of more operations than that.
        """
        if not self.is_whole_model or self._operations() <= most:
            return
        inside = (kind for kind in framework.own_classes(self.layer) if kind is not self.kind)
        own = [f"`{kind.__name__}`" for kind in inside]
        where = f"examine {' and '.join(own)} alone" if own else "its layers are Keras's own"
        raise Skipped(f"not run of a {'large' if most else 'whole'} model: {where}")

    def _operations(self) -> int:
        trace = self.trace(False)
        return 0 if isinstance(trace, Exception) else len(trace.graph.get_operations())

    def need_keras(self, why: str) -> None:
        """Skip the check for a ``tf.Module``, with the reason."""
        if self.subject.framework == "tf.Module":
            raise Skipped(f"a `tf.Module` {why}")

    def walk(self, layer: Any) -> list[Held]:
        """Return what a layer holds or can name."""
        return list(ObjectWalk(layer, self.author, self.assignments).walk())

    def variables(self, layer: Any) -> list[Any]:
        """Return every variable of a layer, tracked or not, as ``tf.Variable``."""
        held = [as_tf_variable(item.thing) for item in self.walk(layer)]
        known = [as_tf_variable(item) for item in framework.known_variables(layer)]
        found = {id(v): v for v in (*known, *held) if isinstance(v, tf.Variable)}
        return [variable for variable in found.values() if _is_initialised(variable)]

    @cached_property
    def obstacle(self) -> str | None:
        """Why no second layer like this one can be made; None where one can."""
        if not self.factory.reusable:
            return INSTANCE
        size = sum(math.prod(value.shape) * value.dtype.size for _, value in self.start.values)
        free = room()
        if size <= LARGEST and (free is None or COPIES * size <= free):
            return None
        held = f"the layer holds {size / 2**30:.1f} GiB"
        if size > LARGEST:
            return f"{held}, and a second one is made up to {LARGEST / 2**30:.1f} GiB"
        return f"{held}, and memory is too short for a second one"

    def fresh(self) -> Subject:
        """Construct another layer with the same arguments; raises what the constructor raises."""
        if self.obstacle is not None:
            raise Skipped(self.obstacle)
        args = self.factory.arguments()
        return self.factory.subject(self.factory.construct(args), args)

    @cached_property
    def round_trip(self) -> RoundTrip:
        """The layer's way through its config and back."""
        return RoundTrip(self.layer)

    def run(self, training: bool | None = False, subject: Subject | None = None) -> EagerRun:
        """Run the layer eagerly from the state it is in; raises what it raises."""
        subject = subject or self.subject
        inputs = Inputs(subject, subject.tensors())
        started = time.perf_counter()
        with losses_added(framework.layer_classes(), self.author) as added:
            outputs = arrays_of(inputs.call(subject.layer, training))
        seconds = time.perf_counter() - started
        mutations = (*inputs.moved(), *inputs.overwritten())
        return EagerRun(outputs, mutations, tuple(added), seconds)

    def eager(self, training: bool) -> list[EagerRun]:
        """Return the runs that others are compared with: from the start, one after the other."""
        runs = self._training_runs if training else self._inference_runs
        if isinstance(runs, Exception):
            when = f" with `training={training}`" if self.subject.has_training else ""
            raise Skipped(f"`call` raises{when}: {type(runs).__name__}: {first_line(runs)}")
        return runs

    @cached_property
    def _inference_runs(self) -> list[EagerRun] | Exception:
        return self._runs(training=False)

    @cached_property
    def _training_runs(self) -> list[EagerRun] | Exception:
        return self._runs(training=True)

    def _runs(self, *, training: bool) -> list[EagerRun] | Exception:
        """Run from the start, twice without training: the second shows what the first has left."""
        self.trace(training)
        self.start.restore()
        generators = Generators(self.layer)
        try:
            runs = [self._noted_run(training)]
            if not training:
                self._moves_on = not self.after_calls.is_as(self.start)
                runs.append(self._noted_run(training))
            if generators.advanced() is not None:
                self.draws_in_python.add(training)
        except Exception as error:
            return error
        else:
            return runs
        finally:
            self.start.restore()

    def _noted_run(self, training: bool) -> EagerRun:
        run = self.run(training)
        self.after_calls = Snapshot.of([variable for variable, _ in self.start.values])
        return run

    @cached_property
    def repeated(self) -> float | None:
        """How far a second run from the same state lies from the first, without training."""
        first, second = self.eager(False)
        if not self._moves_on:
            return difference(first.outputs, second.outputs)
        try:
            return difference(first.outputs, self.run(False).outputs)
        finally:
            self.start.restore()

    def trace(self, training: bool) -> Trace | Exception:
        """Return the layer's trace by ``tf.function``, or what tracing raised."""
        return self._training_trace if training else self._inference_trace

    @cached_property
    def _inference_trace(self) -> Trace | Exception:
        return self.traced(specs_of(self.subject.tensors()), False)

    @cached_property
    def _training_trace(self) -> Trace | Exception:
        return self.traced(specs_of(self.subject.tensors()), True)

    def traced(self, specs: Sequence[Any], training: bool | None) -> Trace | Exception:
        """Trace the layer for inputs of these shapes; the state is as before."""
        with self.states_kept():
            try:
                trace = Trace(self.subject, specs, training)
            except Exception as error:
                return error
            if place := loop_in(trace.graph, self.author):
                self._loop_found(place)
            self.start.add(trace.graph.variables)
            self.keeps_tensors |= any(is_symbolic(item.thing) for item in self.walk(self.layer))
            return trace

    def for_unknown_batch(self, training: bool | None) -> Trace | Exception:
        """Trace the layer as ``fit`` does, for an unknown number of rows."""
        known = specs_of(self.subject.tensors())
        specs = [
            tf.TensorSpec((None, *spec.shape[1:]), spec.dtype) if self.varies(array) else spec
            for spec, array in zip(known, self.subject.arrays, strict=True)
        ]
        return self.traced(specs, training)

    @cached_property
    def first_symbolic_call(self) -> SymbolicCall | Exception:
        """A fresh layer's first call, on symbolic inputs of an unknown batch size."""
        if self.obstacle is not None:
            sizes = [None if self.varies(item) else item.shape[0] for item in self.subject.arrays]
            return self._symbolic(self.subject, sizes)
        model = self.functional_model
        if isinstance(model, Exception):
            return model
        return SymbolicCall(model.model.inputs, model.returned)

    @cached_property
    def symbolic_call(self) -> SymbolicCall | Exception:
        """A call of the layer itself, on symbolic inputs of the batch size given."""
        return self._symbolic(self.subject, [array.shape[0] for array in self.subject.arrays])

    def _symbolic(self, subject: Subject, sizes: list[int | None]) -> SymbolicCall | Exception:
        if any(array.ndim == 0 for array in self.subject.arrays):
            raise Skipped("Keras has no symbolic input without a batch dimension")
        with self.states_kept():
            try:
                return call_symbolically(subject, sizes)
            except Exception as error:
                return error

    @cached_property
    def functional_model(self) -> LayerModel | Exception:
        """A functional model around a fresh layer, or what making it raised.

        A whole model is taken as it is: it was made by symbolic calls.
        """
        return self._model(as_it_is if self.is_whole_model else functional_model)

    @cached_property
    def subclassed_model(self) -> LayerModel | Exception:
        """A subclassed model that holds a fresh layer, unbuilt, or what making it raised."""
        return self._model(subclassed_model)

    @cached_property
    def fits(self) -> list[Fit]:
        """The training of both models, as far as they could be made; raises ``Skipped``.

        A layer that takes its rows in groups finds whole ones in each batch, and the last batch is
        the smaller one, unless the layer takes no other number of rows.
        """
        self.need_keras("is trained by loops of its author's own")
        self.need_single_layer(most=MOST_TRAINED)
        if getattr(self.layer, "dynamic", False) is True:
            raise Skipped("the layer is declared `dynamic=True`")
        if getattr(self.layer, "stateful", False) is True:
            raise Skipped("the layer is declared `stateful`, so its batch size is fixed")
        outputs = losses_take(self.returned)
        self._need_time()
        twice = 2 * self.batch
        first = self.batch if isinstance(self.run_resized(twice), Exception) else twice
        found = []
        for model in self._trained_models():
            if isinstance(model, LayerModel):
                if any(len(array) != self.batch for array in model.arrays):
                    raise Skipped("not every input has the batch size of the first")
                with self.states_kept():
                    found.append(fit(model, outputs, (first, self.batch), self._watched(model)))
        self._tell_moved(found)
        return found

    def _watched(self, model: LayerModel) -> dict[str, Any]:
        """Return the weights of the layer in a model that seem to be stuck, where it is built.

        One with a constraint is left out, which moves it by itself.
        """
        if not self._stuck.attributes:
            return {}
        named = self._named_variables(model.subject.layer)
        return {
            name: as_tf_variable(named[name])
            for name in self._stuck.attributes & named.keys()
            if getattr(named[name], "constraint", None) is None
        }

    def _named_variables(self, layer: Any) -> dict[str, Any]:
        held = self.walk(layer)
        variables = [item for item in held if isinstance(as_tf_variable(item.thing), tf.Variable)]
        return {attribute_of(item, item.thing)[0]: item.thing for item in variables}

    def tell_trained(self, subject: Subject, moved: Sequence[Any]) -> None:
        """Tell which of its weights a training of the author's own has moved."""
        handles = {id(as_tf_variable(variable)) for variable in moved}
        named = self._named_variables(subject.layer)
        self._stuck.trained(
            {name for name, thing in named.items() if id(as_tf_variable(thing)) in handles}
        )

    def _tell_moved(self, fits: Sequence[Fit]) -> None:
        if moved := frozenset().union(*(fit.moved for fit in fits)):
            self._stuck.moved(moved)

    def _trained_models(self) -> Iterator[LayerModel | Exception]:
        """Yield the models to train: of a layer both kinds, of a model the kind that it is."""
        if self.is_whole_model or not framework.is_model(self.layer):
            yield self.functional_model
        if not self.is_whole_model:
            yield self.subclassed_model

    def _need_time(self) -> None:
        passes = PASSES / 2 if framework.is_model(self.layer) else PASSES
        if not self.has_time(passes):
            seconds = self._seconds(passes)
            raise Skipped(f"training takes about {seconds:.0f} s; `--timeout` is too short for it")

    def has_time(self, passes: float) -> bool:
        """Whether so many traces and runs of the layer fit into their share of the time limit."""
        return self._seconds(passes) <= SHARE * self.subject.target.timeout

    def _seconds(self, passes: float) -> float:
        trace = self.trace(training=False)
        traced = 0.0 if isinstance(trace, Exception) else trace.seconds
        return passes * (traced + self.eager(False)[0].seconds)

    def run_resized(self, size: int, training: bool = False) -> EagerRun | Exception:
        """Return a run on so many rows, from the start, or what it raised."""
        key = (size, training)
        if key not in self._resized:
            self.start.restore()
            try:
                self._resized[key] = self.run(training, self.resized(self.subject, size))
            except Exception as error:
                self._resized[key] = error
            finally:
                self.start.restore()
        return self._resized[key]

    def _model(self, make: Callable[[Subject], LayerModel]) -> LayerModel | Exception:
        if not self.batch:
            raise Skipped("the first input has no batch dimension")
        subject = self.subject if self.is_whole_model else self.fresh()
        with self.states_kept():
            try:
                return make(subject)
            except Exception as error:
                return error

    @contextmanager
    def states_kept(self) -> Iterator[None]:
        """Put variables back, and what was on the layer where a symbolic tensor took its place."""
        owners = [*framework.sublayers_of(self.layer)]
        before = [(owner, dict(vars(owner))) for owner in owners]
        try:
            yield
        finally:
            self.start.restore()
            for owner, held in before:
                _put_back(owner, held)

    def drawing(self, trace: Trace) -> tuple[Any, Any] | None:
        """Return a random operation in a trace and the outermost one it belongs to, if any."""
        return next((pair for pair in operations(trace.graph) if draws(pair[0])), None)

    @property
    def modes(self) -> tuple[bool, ...]:
        """The values of ``training`` that make a difference; of a whole model, `fit` runs one."""
        both = self.subject.has_training and not self.is_whole_model
        return (False, True) if both else (False,)

    def resized(self, subject: Subject, size: int) -> Subject:
        """Return the subject with another batch: what has its first size varies with the first."""

        def resize(array: Any) -> Any:
            varies = self.varies(array)
            return np.take(array, np.arange(size) % self.batch, axis=0) if varies else array

        arrays = changed_arrays(subject.arrays, resize)
        call_args = changed_arrays(subject.call_args, resize)
        return replace(subject, arrays=arrays, call_args=call_args)

    @property
    def batch(self) -> int:
        """The batch size given; raises ``Skipped`` where the inputs have none."""
        arrays = self.subject.arrays
        if not arrays or arrays[0].ndim == 0 or arrays[0].shape[0] == 0:
            raise Skipped("the first input has no batch dimension")
        return int(arrays[0].shape[0])

    def varies(self, array: Any) -> bool:
        """Whether an input goes along with the batch."""
        return bool(array.ndim and array.shape[0] == self.batch)

    def failure(self, error: BaseException, check: CheckName) -> Failure:
        """Return what is told of an exception that a check met: its cause, not Keras's words."""
        failure = failure_of(error, Stage.CONTRACT, self.author, check)
        if failure.location is not None:
            return failure
        return failure_of(self._first(error), Stage.CONTRACT, self.author, check)

    def _first(self, error: BaseException) -> BaseException:
        while error.__context__ is not None:
            frames = exception_frames(error)
            if not frames or not self.author.is_library(frames[-1].filename):
                break
            error = error.__context__
        return error

    def method_line(self, *names: str) -> Location | None:
        """Return the ``def`` line of the first of these methods that the author has written."""
        lines = (self.assignments.of_method(self.kind, name) for name in names)
        return next((line for line in lines if line is not None), None)

    def creation_line(self, variable: Any) -> Location | None:
        """Return the line that made a ``tf.Variable``."""
        made = self._creations.of(variable)
        return made.location if made else None

    @property
    def call_line(self) -> Location | None:
        """The ``def`` line of the forward pass."""
        return self.method_line("call" if framework.is_layer(self.layer) else "__call__")


def _is_initialised(variable: Any) -> bool:
    try:
        return bool(variable.is_initialized())
    except Exception:
        return False


def _put_back(owner: Any, held: dict[str, Any]) -> None:
    for name, value in list(vars(owner).items()):
        if _holds_symbolic(value):
            if name in held:
                object.__setattr__(owner, name, held[name])
            else:
                object.__delattr__(owner, name)


def _holds_symbolic(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(map(is_symbolic, islice(value, ENTRIES)))
    if isinstance(value, dict):
        return any(map(is_symbolic, islice(value.values(), ENTRIES)))
    return is_symbolic(value)
