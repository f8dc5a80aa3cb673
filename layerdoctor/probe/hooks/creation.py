"""Which variables were made, when, and on which line of the author's."""

from __future__ import annotations

import sys
import weakref
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import tensorflow as tf

from layerdoctor.facts import Location, Phase
from layerdoctor.probe.hooks.frames import running_frames
from layerdoctor.user_code import Author


@dataclass(frozen=True, slots=True)
class Creation:
    """One variable that was made."""

    name: str
    phase: Phase | Literal["import"]
    call: int
    """The call that was running, counted from 1; 0 outside calls."""
    location: Location | None
    number: int
    """Which variable of its layer it is, in the order of their making."""
    sublayer: str | None
    """The class of the sub-layer that made it, where the running call had made that one too."""
    made_or_built: int | None = None
    """The identity of the outermost object that the running call was making or building."""
    inner_location: Location | None = None
    """The line of that object's own that made it."""
    filled: float | None = None
    """The number that every element starts as; None where they differ, or there are many."""


MANY = 2**20
"""Of how many elements it is not looked at whether they are all the same."""


def filled(values: Any) -> float | None:
    """Return the number that every element of a variable, tensor or array is; None without one."""
    with suppress(Exception):  # symbolic tensors, and types that NumPy has no numbers for
        array = np.asarray(values)
        if 0 < array.size <= MANY and array.dtype.kind in "fiub":
            first = array.flat[0]
            return float(first) if (array == first).all() else None
    return None


class Creations:
    """Sees every variable made while it watches, those of Keras included.

    ``tf.variable_creator_scope`` is passed by every variable: Keras 3 makes its own out of
    ``tf.Variable``. Variables are told apart by the identity of their resource handle.
    """

    def __init__(self, author: Author) -> None:
        self._author = author
        self._made: dict[int, Creation] = {}
        self._alive: dict[int, weakref.ref[Any]] = {}
        self._number = 0
        self._disturbed: Collection[int] = ()
        self.phase: Phase | Literal["import"] = "import"
        self.call = 0
        self.layer: Any = None

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Record the variables made inside."""
        with tf.variable_creator_scope(self._create):
            yield

    def restart(self) -> None:
        """Number the variables anew: another layer is made."""
        self._number = 0

    @contextmanager
    def disturbing(self, numbers: Collection[int]) -> Iterator[None]:
        """Let the float variables of these numbers start elsewhere than they are told to."""
        self._disturbed = numbers
        try:
            yield
        finally:
            self._disturbed = ()

    def of(self, variable: Any) -> Creation | None:
        """Return how a ``tf.Variable`` was made; None if nobody watched."""
        return self._made.get(handle_id(variable))

    def in_call(self, call: int) -> tuple[Creation, ...]:
        """Return the variables that a call made."""
        return tuple(made for made in self._made.values() if made.call == call)

    def alive(self) -> Iterator[Any]:
        """Yield the variables that still exist."""
        for reference in self._alive.values():
            variable = reference()
            if variable is not None:
                yield variable

    def _create(self, make: Any, **options: Any) -> Any:
        variable = make(**options)
        if getattr(variable, "handle", None) is None:
            return variable
        phase, sublayer = self._phase()
        depth, inner = self._inner() if phase == "call" else (None, None)
        frames = running_frames()
        self._made[handle_id(variable)] = Creation(
            name=variable.name.partition(":")[0],
            phase=phase,
            call=self.call,
            location=self._author.location(frames[:depth]),
            number=self._number,
            sublayer=sublayer,
            made_or_built=None if inner is None else id(inner),
            inner_location=None if inner is None else self._author.location(frames),
            filled=filled(variable),
        )
        if self._number in self._disturbed:
            _disturb(variable, self._number)
        self._number += 1
        self._alive[handle_id(variable)] = weakref.ref(variable)
        return variable

    def _phase(self) -> tuple[Phase | Literal["import"], str | None]:
        """Tell ``build`` from ``call`` by the frames that run: Keras builds inside its first call.

        What Keras makes on its own behalf before the first real call, by running ``call`` on
        symbolic inputs, counts as ``build``.
        """
        if self.phase != "call":
            return self.phase, None
        sublayer = None
        frame = sys._getframe(2)
        while frame is not None:
            owner = frame.f_locals.get("self") if frame.f_code.co_name in _HOOKS else None
            if owner is not None and owner is self.layer and frame.f_code.co_name != "__call__":
                return "build", sublayer
            if sublayer is None and owner is not None and owner is not self.layer:
                sublayer = type(owner).__name__
            frame = frame.f_back  # type: ignore[assignment]
        return "call", sublayer

    def _inner(self) -> tuple[int | None, Any]:
        """Return what the call makes or builds, and how many frames, outermost first, led to it.

        The line to blame is the one that these frames end in, not one of a sub-layer's own.
        """
        frames, frame = [], sys._getframe(1)
        while frame is not None:
            frames.append(frame)
            frame = frame.f_back  # type: ignore[assignment]
        made = None, None
        for above, frame in enumerate(frames, 1):
            owner = frame.f_locals.get("self")
            if owner is self.layer:
                break
            if owner is not None and frame.f_code.co_name in _MAKING:
                made = len(frames) - above, owner
        return made


def _disturb(variable: Any, number: int) -> None:
    if variable.dtype.is_floating:
        moved = np.random.default_rng(number).normal(size=tuple(variable.shape))
        with tf.init_scope():
            variable.assign_add(tf.cast(moved, variable.dtype))


_HOOKS = ("build", "_maybe_build", "__call__")
_MAKING = ("build", "_maybe_build", "__init__")


def handle_id(variable: Any) -> int:
    """Return what identifies the storage of a ``tf.Variable`` for as long as the process lives."""
    handle = variable.handle
    return int(getattr(handle, "_id", id(handle)))


def as_tf_variable(variable: Any) -> Any:
    """Return the ``tf.Variable`` behind a variable of Keras 3, or the variable itself."""
    value = getattr(variable, "_value", None)
    return value if isinstance(value, tf.Variable) else variable
