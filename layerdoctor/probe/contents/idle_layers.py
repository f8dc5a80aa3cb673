"""Sub-layers that nothing calls, so that nothing ever builds them."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Sequence

from layerdoctor.facts import IdleLayer
from layerdoctor.probe.contents.assignments import Assignments
from layerdoctor.probe.contents.object_walk import Held
from layerdoctor.probe.layer import framework

OWN = re.compile(r"self\.(\w+)((?:\[[^\[\]]*\])*)")
"""An attribute of the layer itself, or an item of one."""
MAKING = ("__init__", "build")
BY_NAME = ("getattr", "vars", "__dict__", "layers", "_layers", "_flatten_layers")
"""What reads attributes without writing their names."""


def idle_layers(
    kind: type, held: Sequence[Held], called: Collection[int], assignments: Assignments
) -> list[IdleLayer]:
    """Return the unbuilt sub-layers that are never called.

    What a method names that does not make it may be for another call, and is left out unless
    others of its container are called. A class none of which has weights here is left out too: it
    cannot be told whether it ever would. ``called`` holds the identities of the layers that were
    called.
    """
    layers = [item for item in held if framework.is_layer(item.thing)]
    weighty = {type(item.thing) for item in layers if framework.weights_of(item.thing)}
    idle = [
        (item, own[1])
        for item in layers
        if id(item.thing) not in called
        and type(item.thing) in weighty
        and not framework.weights_of(item.thing)
        and (own := OWN.fullmatch(item.attribute))
    ]
    known = set(_names_read(kind, assignments)) if idle else set()
    found = [
        IdleLayer(
            attribute=item.attribute,
            class_name=type(item.thing).__name__,
            location=item.location,
            called_beside=_called_beside(item.attribute, layers, called),
            named=not known.isdisjoint((name, *BY_NAME)),
        )
        for item, name in idle
    ]
    return [each for each in found if each.called_beside or not each.named]


def _called_beside(
    attribute: str, layers: Sequence[Held], called: Collection[int]
) -> tuple[str, ...]:
    """Return the other items of its container that are called."""
    holder = attribute.rpartition("[")[0]
    beside = (item for item in layers if holder and item.attribute.rpartition("[")[0] == holder)
    return tuple(item.attribute for item in beside if id(item.thing) in called)


def _names_read(kind: type, assignments: Assignments) -> Iterator[str]:
    """Yield every name that is read in the methods of a class that do not make its parts."""
    for base in kind.__mro__:
        _, body = assignments.body(base)
        for method in body.body if body else ():
            if getattr(method, "name", None) in MAKING:
                continue
            for node in ast.walk(method):
                if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                    yield node.attr
                elif isinstance(node, ast.Name):
                    yield node.id
