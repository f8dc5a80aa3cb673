"""The lines of a class on which its constructor's arguments can be lost."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from layerdoctor.facts import Location
from layerdoctor.probe.contract.config.method import Method
from layerdoctor.probe.contract.config.round_trip import identical, is_json, own_parameters
from layerdoctor.probe.contract.context import Context

KERAS_GIVES = ("name", "trainable", "dtype")
"""What Keras gives every layer that it makes of a config."""


class ArgumentLines:
    """Finds the line that puts an argument into the config, makes a layer of it, or changes it."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @cached_property
    def _get_config(self) -> Method | None:
        """The author's own method; none where it was written for the arguments of a base class."""
        kind = self._context.kind
        inherits = _depth(kind, "get_config") > _depth(kind, "__init__")
        return None if inherits else self._method("get_config")

    @cached_property
    def _from_config(self) -> Method | None:
        return self._method("from_config")

    def saving(self, name: str | None) -> Location | None:
        """Return the line that puts an argument into the config, or that makes the config."""
        if self._get_config is None:
            return self._context.method_line("__init__", "get_config")
        return (name and self._get_config.entry(name)) or self._get_config.collecting()

    def loading(self) -> Location | None:
        """Return the line that makes a layer of a config."""
        if self._from_config is None:
            return self._context.method_line("__init__", "get_config")
        return self._from_config.returning()

    def only_keras_gives(self, words: str) -> bool:
        """Whether a constructor refused, in these words, what only Keras puts into the config."""
        found = re.search(r"unexpected keyword argument '(\w+)'", words)
        if found is None or found[1] not in KERAS_GIVES:
            return False
        return self._get_config is None or self._get_config.entry(found[1]) is None

    def unfit(self, config: Mapping[str, Any]) -> str | None:
        """Return the argument that a config does not bring under the name that it is taken by.

        None where every one required is there, and every one there is taken, or where
        ``from_config`` is the author's own, who may name them otherwise.
        """
        if self._from_config is not None:
            return None
        own = own_parameters(inspect.unwrap(inspect.getattr_static(self._context.kind, "__init__")))
        required = (each.name for each in own if each.default is each.empty)
        lacking = next((name for name in required if name not in config), None)
        return lacking or next((name for name in config if self._is_foreign(name)), None)

    def _is_foreign(self, name: str) -> bool:
        """Whether the author puts something into the config that no constructor names."""
        if self._get_config is None or self._get_config.entry(name) is None:
            return False
        bases = (base for base in self._context.kind.__mro__ if "__init__" in vars(base))
        return not any(
            name in inspect.signature(vars(base)["__init__"]).parameters
            for base in bases
            if base is not object
        )

    def changing(
        self, name: str, before: Any, original: Any, config: Mapping[str, Any]
    ) -> Location | None:
        """Return the line that changes an argument: on its way in, to the config, or back."""
        saved = config.get(name)
        if identical(saved, before):
            if self._from_config is not None:
                return self._from_config.naming(name) or self.loading()
            return self.loading() if is_json(saved) else self.saving(name)
        kept = [vars(original)[own] for own in (name, f"_{name}") if own in vars(original)]
        if any(identical(saved, value) for value in kept):
            assigned = self._context.assignments.of_attribute(self._context.kind, name)
            return assigned or self._context.method_line("__init__")
        return self.saving(name)

    def _method(self, name: str) -> Method | None:
        place = self._context.method_line(name)
        return Method(self._context.kind, name, place) if place else None


def _depth(kind: type, name: str) -> int:
    """Return how far up the base classes a method is defined."""
    return next(depth for depth, base in enumerate(kind.__mro__) if name in vars(base))
