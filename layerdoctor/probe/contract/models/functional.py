"""The layer in the functional API of its own Keras."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

from layerdoctor.probe.layer import framework
from layerdoctor.probe.layer.subject import Subject


@dataclass(frozen=True, slots=True)
class SymbolicCall:
    """One call on symbolic inputs."""

    inputs: list[Any]
    outputs: Any


def call_symbolically(subject: Subject, sizes: list[int | None]) -> SymbolicCall:
    """Call the layer on symbolic inputs whose first sizes are given; raises what it raises."""
    keras = framework.keras_of(subject.layer)
    tensors = subject.tensors()
    inputs = [
        keras.Input(batch_shape=(size, *tensor.shape[1:]), dtype=tensor.dtype.name)
        for size, tensor in zip(sizes, tensors, strict=True)
    ]
    args, kwargs = subject.arguments(inputs)
    concrete, _ = subject.arguments(tensors)
    return SymbolicCall(inputs, subject.layer(*args, **{**kwargs, **subject.supplied(concrete)}))


def custom_objects(layer: Any) -> dict[str, Any]:
    """Return the classes and functions that the author's modules of a layer and its parts name."""
    found: dict[str, Any] = {}
    for part in framework.sublayers_of(layer):
        for kind in type(part).__mro__:
            if framework.is_framework_class(kind) or kind.__module__ == "builtins":
                continue
            module = vars(sys.modules.get(kind.__module__, object))
            named = {n: thing for n, thing in module.items() if callable(thing) and _is_own(thing)}
            found = {**named, **found, kind.__name__: kind}
    return found


def _is_own(thing: Any) -> bool:
    package = str(getattr(thing, "__module__", "")).partition(".")[0]
    return package not in (*framework.FRAMEWORK_PACKAGES, "builtins", "numpy", "typing")
