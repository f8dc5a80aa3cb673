"""Defaults of a constructor that one layer changes for all that come after it."""

from __future__ import annotations

import ast
import inspect
from contextlib import suppress
from dataclasses import dataclass

from layerdoctor.facts import Location
from layerdoctor.probe.contents.assignments import Assignments


@dataclass(frozen=True, slots=True)
class SharedDefault:
    """A list, dictionary or set in the signature that is no longer what is written there."""

    argument: str
    written: str
    location: Location | None


def shared_default(kind: type, assignments: Assignments) -> SharedDefault | None:
    """Return the first default of the author's constructor that constructions have changed."""
    for base in kind.__mro__:
        _, body = assignments.body(base)
        inits = (node for node in body.body if isinstance(node, ast.FunctionDef)) if body else ()
        init = next((node for node in inits if node.name == "__init__"), None)
        if init is None:
            continue
        parameters = inspect.signature(vars(base)["__init__"]).parameters
        for name, node in _defaults(init):
            now = parameters[name].default
            with suppress(ValueError):  # no literal
                if isinstance(now, (list, dict, set)) and ast.literal_eval(node) != now:
                    where = assignments.of_default(base, now)
                    return SharedDefault(name, ast.unparse(node), where)
        return None
    return None


def _defaults(init: ast.FunctionDef) -> list[tuple[str, ast.expr]]:
    args = init.args
    positional = [*args.posonlyargs, *args.args]
    last = positional[len(positional) - len(args.defaults) :]
    pairs = [
        *zip(last, args.defaults, strict=True),
        *zip(args.kwonlyargs, args.kw_defaults, strict=True),
    ]
    return [(argument.arg, node) for argument, node in pairs if node is not None]
