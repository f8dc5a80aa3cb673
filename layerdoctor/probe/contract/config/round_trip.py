"""A layer's way through its config, as Keras writes it into an archive, and back."""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Callable, Mapping
from functools import cached_property
from types import FrameType
from typing import Any

import numpy as np

from layerdoctor.probe.contract.models.functional import custom_objects
from layerdoctor.probe.layer import framework


class RoundTrip:
    """The config of a layer and the layer that comes out of it, each made when first asked for."""

    def __init__(self, layer: Any) -> None:
        self._layer = layer
        self._saving = framework.keras_of(layer).saving

    @cached_property
    def saved(self) -> tuple[dict[str, Any], str]:
        """The layer's own config, and the layer as Keras writes it into an archive.

        Raises what ``get_config`` raises, and what Keras does where a value cannot be written.
        """
        with self._scope():
            config = self._layer.get_config()
            return config, json.dumps(self._saving.serialize_keras_object(self._layer))

    @cached_property
    def loaded(self) -> tuple[Any, dict[str, Any]]:
        """The layer made of what was written, not built, and the arguments that it was given.

        Raises what its constructor or ``from_config`` raises.
        """
        return self.repaired({})

    def repaired(self, arguments: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
        """Return what ``loaded`` is, made of a config that these arguments were put into."""
        _, written = self.saved
        read = json.loads(written)
        read.pop("build_config", None)
        read["config"] = {**read["config"], **arguments}
        with self._scope():
            return construction(
                type(self._layer),
                lambda: self._saving.deserialize_keras_object(read, safe_mode=False),
            )

    @property
    def claimant(self) -> tuple[str, type] | None:
        """The name that the layer's class is saved under, and the other class that has taken it.

        A class that the same source has made once more, under another module's name, is no other.
        """
        kind = type(self._layer)
        name = self._saving.get_registered_name(kind)
        found = self._saving.get_registered_object(name)
        if not inspect.isclass(found) or found is kind:
            return None
        return None if _origin(found) == _origin(kind) else (name, found)

    def _scope(self) -> Any:
        return self._saving.custom_object_scope(custom_objects(self._layer))


def _origin(kind: type) -> tuple[str | None, str]:
    module = sys.modules.get(kind.__module__)
    return getattr(module, "__file__", None), kind.__qualname__


def construction(kind: type, make: Callable[[], Any]) -> tuple[Any, dict[str, Any]]:
    """Return what was made, and the arguments that its class's own ``__init__`` was given.

    The arguments are seen by a profiler, as they arrive with the defaults filled in.
    """
    function = inspect.unwrap(inspect.getattr_static(kind, "__init__"))
    code = getattr(function, "__code__", None)
    seen: list[dict[str, Any]] = []

    def profile(frame: FrameType, event: str, arg: Any) -> None:
        del arg
        if event == "call" and frame.f_code is code:
            seen.append(dict(frame.f_locals))

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        made = make()
    finally:
        sys.setprofile(before)
    own = [found for found in seen if any(value is made for value in found.values())]
    return made, _arguments(function, own[0] if own else {})


def _arguments(function: Any, found: dict[str, Any]) -> dict[str, Any]:
    if not found:
        return {}
    names = [item.name for item in own_parameters(function) if item.name != "name"]
    return {name: found[name] for name in names if name in found}


def own_parameters(function: Any) -> list[inspect.Parameter]:
    """Return the parameters of an ``__init__`` that have a name: no ``self``, no ``**kwargs``."""
    spread = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    parameters = list(inspect.signature(function).parameters.values())[1:]
    return [item for item in parameters if item.kind not in spread]


def identical(before: Any, now: Any) -> bool:
    """Whether a value came back as it was, its type included: JSON makes lists of tuples."""
    if before is now:
        return True
    if type(before) is not type(now):
        return False
    if isinstance(before, np.ndarray):
        return before.dtype == now.dtype and np.array_equal(before, now)
    try:
        return bool(before == now)
    except (TypeError, ValueError):  # of tensors, which are compared one number at a time
        return False


def is_json(value: Any) -> bool:
    """Whether a value can be written into an archive as it is."""
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        return False
    return True
