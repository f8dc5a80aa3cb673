"""What the layer consists of: its weights, and what the framework does not know of."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from layerdoctor.facts import Constant, Location, Phase, UntrackedLayer, UntrackedVariable, Weight
from layerdoctor.probe.contents.object_walk import Held, is_keras_variable
from layerdoctor.probe.hooks.creation import (
    Creation,
    Creations,
    as_tf_variable,
    filled,
    handle_id,
)
from layerdoctor.probe.hooks.recording import same_values
from layerdoctor.probe.layer import framework
from layerdoctor.probe.layer.subject import Subject


@dataclass(frozen=True, slots=True)
class Tracked:
    """One registered weight, as TensorFlow's variable and as a fact."""

    variable: Any
    fact: Weight


@dataclass(frozen=True, slots=True)
class Untracked:
    """One variable that is no weight, as TensorFlow's variable and as a fact."""

    variable: Any
    fact: UntrackedVariable


@dataclass(frozen=True, slots=True)
class ConstantAt:
    """One constant, as the tensor or array and as a fact."""

    thing: Any
    fact: Constant


class Inventory:
    """Sorts what a walk found into weights, untracked variables and layers, and constants."""

    def __init__(
        self,
        subject: Subject,
        held: Sequence[Held],
        creations: Creations,
        args: Iterable[Any],
        by_call: Callable[[Held], bool],
    ) -> None:
        self._subject = subject
        self._held = held
        self._creations = creations
        self._given = given_things(args)
        self._by_call = by_call
        self._registered = {handle_id(item): item for item in subject.variables()}

    def weights(self) -> list[Tracked]:
        """Return the registered weights in the framework's order."""
        layer = self._subject.layer
        trainable = {id(item) for item in framework.trainable_of(layer)}
        paths = self._paths()
        places = {id(item.thing): item for item in reversed(self._held)}
        found = []
        for weight in framework.weights_of(layer):
            variable = as_tf_variable(weight)
            if not isinstance(variable, tf.Variable):
                continue
            made = self._creations.of(variable)
            held = paths.get(handle_id(variable))
            attribute, owner = attribute_of(held, weight)
            inner = places.get(made.made_or_built) if made and made.made_or_built else None
            fact = Weight(
                name=_name(weight),
                path=str(getattr(weight, "path", None) or variable.name.partition(":")[0]),
                attribute=attribute,
                shape=tuple(None if size is None else int(size) for size in variable.shape),
                dtype=variable.dtype.name,
                trainable=id(weight) in trainable,
                created_in=_phase(made),
                location=made.location if made else _location_of(held),
                owner=owner,
                owner_location=inner.location if inner else None,
                given=id(weight) in self._given,
            )
            found.append(Tracked(variable, fact))
        return found

    def _paths(self) -> dict[int, Held]:
        paths: dict[int, Held] = {}
        for item in self._held:
            variable = as_tf_variable(item.thing)
            if isinstance(variable, tf.Variable):
                paths.setdefault(handle_id(variable), item)
        return paths

    def untracked_variables(self, read: Collection[int] | None) -> list[Untracked]:
        """Return the variables that the layer holds or, by ``read``, uses, and that are no weights.

        ``read`` are the identities of the handles that the forward pass took; None if unobserved.
        """
        found: dict[int, Untracked] = {}
        for item in self._held:
            variable = as_tf_variable(item.thing)
            if not isinstance(variable, tf.Variable) or handle_id(variable) in self._registered:
                continue
            used = None if read is None else handle_id(variable) in read
            belongs = item.holder in ("attribute", "module", "layer", "class")
            if (item.framework_owned and item.layer is None) or not (belongs or used):
                continue
            if item.holder == "class" and used is False:
                continue
            made = self._creations.of(variable)
            attribute, _ = attribute_of(item, item.thing)
            fact = UntrackedVariable(
                name=_name(item.thing),
                attribute=attribute,
                holder="call" if _is_own(item) and _phase(made) == "call" else item.holder,
                shape=tuple(None if size is None else int(size) for size in variable.shape),
                dtype=variable.dtype.name,
                trainable=bool(item.thing.trainable),
                used=used,
                created_in=_phase(made),
                location=(made.location if made else None) or item.location,
                given=id(item.thing) in self._given or id(variable) in self._given,
                layer=item.layer,
                kind="keras.Variable" if is_keras_variable(item.thing) else "tf.Variable",
                filled=made.filled if made else None,
            )
            found.setdefault(handle_id(variable), Untracked(variable, fact))
        for variable in self._nameless(read or (), found):
            found[handle_id(variable.variable)] = variable
        return list(found.values())

    def _nameless(self, read: Collection[int], found: Collection[int]) -> Iterator[Untracked]:
        """Yield the trainable variables that are read though no name in sight leads to them.

        One kept by a cache around a function is such a variable.
        """
        known = {*self._registered, *found, *self._paths()}
        for variable in self._creations.alive():
            made = self._creations.of(variable)
            handle = handle_id(variable)
            if handle not in read or handle in known or not variable.trainable:
                continue
            if made is None or made.location is None or made.phase == "call":
                continue
            fact = UntrackedVariable(
                name=_name(variable),
                attribute=_name(variable),
                holder="global",
                shape=tuple(None if size is None else int(size) for size in variable.shape),
                dtype=variable.dtype.name,
                trainable=True,
                used=True,
                created_in=_phase(made),
                location=made.location,
                made_by=made.sublayer,
            )
            yield Untracked(variable, fact)

    def untracked_layers(self, read: Collection[int] | None) -> list[UntrackedLayer]:
        """Return the outermost sub-layers with weights that the framework does not track."""
        tracked = {id(item) for item in framework.sublayers_of(self._subject.layer)}
        found = []
        for item in self._held:
            layer = item.thing
            kind = framework.framework_of(type(layer)) if framework.is_layer(layer) else None
            if kind is None or item.layer is not None:
                continue
            if id(layer) in tracked and not item.reserved:
                continue
            variables = [as_tf_variable(weight) for weight in framework.weights_of(layer)]
            handles = {handle_id(v) for v in variables if isinstance(v, tf.Variable)}
            called = None if read is None else not handles.isdisjoint(read)
            outside = item.holder in ("closure", "global", "class")
            known = handles <= self._registered.keys() and not item.reserved
            if not handles or known or (outside and not called):
                continue
            found.append(
                UntrackedLayer(
                    attribute=item.attribute,
                    class_name=type(layer).__name__,
                    framework=kind,
                    holder="call" if _is_own(item) and self._by_call(item) else item.holder,
                    location=item.location,
                    called=called,
                    weights=len(handles),
                    frozen=not framework.trainable_of(layer),
                    given=id(layer) in self._given,
                    reserved=id(layer) in tracked,
                )
            )
        return found

    def constants(
        self, kept_by_call: Collection[str], created_in: Callable[[Held], Phase | None]
    ) -> list[ConstantAt]:
        """Return the tensors and arrays that the layer holds or can name, used or not."""
        found = []
        for item in self._held:
            thing = item.thing
            if not isinstance(thing, (tf.Tensor, np.ndarray)) or item.framework_owned:
                continue
            if item.layer is not None or item.attribute in kept_by_call or not _is_concrete(thing):
                continue
            array = isinstance(thing, np.ndarray)
            fact = Constant(
                name=item.attribute,
                holder=item.holder,
                kind="ndarray" if array else "tensor",
                shape=tuple(int(size) for size in thing.shape),
                dtype=str(thing.dtype) if array else thing.dtype.name,
                bytes=int(thing.nbytes) if array else _bytes(thing),
                stable=None,
                used=None,
                location=item.location,
                given=self._was_given(thing),
                created_in=created_in(item),
                filled=filled(thing),
            )
            found.append(ConstantAt(thing, fact))
        return found

    def _was_given(self, thing: Any) -> bool:
        if id(thing) in self._given:
            return True
        arrays = (
            item for item in self._given.values() if isinstance(item, (np.ndarray, tf.Tensor))
        )
        if isinstance(thing, tf.Tensor):
            return any(same_values(thing, np.asarray(array)) for array in arrays)
        return any(
            array.shape == thing.shape and np.array_equal(np.asarray(array), thing)
            for array in arrays
        )


def _location_of(held: Held | None) -> Location | None:
    """Return where the source puts what was made before anyone watched."""
    return held.location if held else None


def given_things(args: Iterable[Any]) -> dict[int, Any]:
    """Return what the caller handed in, by identity, containers and sub-layers included."""
    found: dict[int, Any] = {}
    todo = list(args)
    while todo:
        thing = todo.pop()
        if id(thing) in found or isinstance(thing, (str, bytes, int, float, type(None))):
            continue
        found[id(thing)] = thing
        if isinstance(thing, dict):
            todo += thing.values()
        elif isinstance(thing, (list, tuple, set)):
            todo += thing
        elif framework.is_layer(thing):
            todo += [*framework.sublayers_of(thing)[1:], *framework.weights_of(thing)]
    return found


def attribute_of(held: Held | None, weight: Any) -> tuple[str, str]:
    """Return a variable's name as the author writes it, and the path of what holds it.

    What a layer of the framework's own keeps under a private name is shown by the weight's name.
    """
    if held is None:
        return _name(weight), "self"
    path = held.attribute
    owner, dot, last = path.rpartition(".")
    if not dot:
        return path, "self"
    if held.framework_owned and last.startswith("_"):
        return f"{owner}.{_name(weight)}", owner
    return path, owner


def _is_own(held: Held) -> bool:
    """Whether the layer holds it itself, or in an object or container of its own."""
    return held.holder in ("attribute", "module")


def _name(weight: Any) -> str:
    name = str(weight.name).partition(":")[0]
    return name if is_keras_variable(weight) else name.rpartition("/")[2]


def _phase(made: Creation | None) -> Phase | None:
    return None if made is None or made.phase == "import" else made.phase


def _is_concrete(thing: Any) -> bool:
    if isinstance(thing, np.ndarray):
        return thing.dtype.kind not in "OSU"
    return hasattr(thing, "_id") and hasattr(thing, "numpy") and thing.dtype != tf.resource


def _bytes(tensor: Any) -> int:
    return int(np.prod(tuple(tensor.shape), dtype=np.int64)) * int(tensor.dtype.size or 0)
