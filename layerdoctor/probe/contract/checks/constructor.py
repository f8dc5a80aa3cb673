"""Whether the constructor hands on what every layer of Keras takes."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Mapping
from types import CodeType, FrameType
from typing import Any

from layerdoctor.facts import Breach, Location
from layerdoctor.probe.contract.config.method import Method
from layerdoctor.probe.contract.context import Context
from layerdoctor.probe.contract.outcome import Skipped
from layerdoctor.probe.layer import framework

GIVEN: Mapping[str, Any] = {"name": "given_name", "dtype": "float64", "trainable": False}
"""What the layer is constructed with, none of it a default."""


def check(context: Context) -> Iterator[Breach]:
    """Yield the arguments that ``**kwargs`` takes in and nothing heeds."""
    context.need_keras("takes a name at most")
    if context.obstacle is not None:
        raise Skipped(context.obstacle)
    inits = _own_inits(context.kind)
    if not inits or not _takes_any(inits[0]):
        return
    meant = {name for init in inits for name in GIVEN if _names(init.__code__, name)}
    asked = {name: GIVEN[name] for name in GIVEN.keys() - meant - context.subject.args.keys()}
    followed = _Followed(context.kind, inits)
    ignored = [
        name for name in GIVEN if name in asked and _is_ignored(context, asked, name, followed)
    ]
    if ignored:
        yield Breach(
            kind="swallowed",
            subject=ignored[0],
            received=", ".join(ignored),
            location=_handing_on(context, followed.code),
        )


def _own_inits(kind: type) -> list[Any]:
    """Return the constructors of the author's classes, those of base classes last."""
    found = []
    for base in kind.__mro__:
        if framework.is_framework_class(base):
            break
        init = inspect.unwrap(vars(base).get("__init__", object.__init__))
        if hasattr(init, "__code__"):
            found.append(init)
    return found


def _takes_any(init: Any) -> bool:
    parameters = inspect.signature(init).parameters.values()
    return any(item.kind is item.VAR_KEYWORD for item in parameters)


def _names(code: CodeType, name: str) -> bool:
    """Whether a constructor names the argument, and so does with it what its author means."""
    words = [*code.co_names, *code.co_varnames]
    for constant in code.co_consts:
        words += constant if isinstance(constant, tuple) else [constant]
    return name in words


def _is_ignored(context: Context, asked: Mapping[str, Any], name: str, followed: _Followed) -> bool:
    """Whether a layer that is given all that is asked, or this alone, does not heed it.

    What is handed on to the framework's constructors is not ignored, whatever these do with it.
    """
    for given in (asked, {name: asked[name]}):
        try:
            with followed:
                layer = context.factory.construct({**context.factory.arguments(), **given})
        except Exception:
            continue  # it is refused, not ignored
        return not _heeded(layer, name) and name not in followed.handed_on
    return False


def _heeded(layer: Any, name: str) -> bool:
    if name == "dtype":
        policy = getattr(layer, "dtype_policy", None)
        return GIVEN[name] in (layer.dtype, getattr(policy, "name", None))
    return bool(getattr(layer, name) == GIVEN[name])


class _Followed:
    """Notes which constructor was the last that keyword arguments arrived at, and what went on."""

    def __init__(self, kind: type, inits: list[Any]) -> None:
        self._kind = kind
        self._codes = [init.__code__ for init in inits]
        self.code: CodeType | None = None
        self.handed_on: set[str] = set()
        """What the framework's constructors were given."""

    def __enter__(self) -> None:
        self._before = sys.getprofile()
        sys.setprofile(self._called)

    def __exit__(self, *ended: object) -> None:
        sys.setprofile(self._before)

    def _called(self, frame: FrameType, event: str, arg: Any) -> None:
        del arg
        if event != "call" or frame.f_code.co_name != "__init__":
            return
        if not isinstance(frame.f_locals.get("self"), self._kind):
            return
        held = [frame.f_locals, *(v for v in frame.f_locals.values() if isinstance(v, dict))]
        arrived = {name for name, value in GIVEN.items() for one in held if one.get(name) is value}
        if frame.f_code not in self._codes:
            self.handed_on |= arrived
        elif arrived:
            self.code = frame.f_code


def _handing_on(context: Context, code: CodeType | None) -> Location | None:
    """Return the line on which a constructor calls that of its base class."""
    for base in context.kind.__mro__:
        init = inspect.unwrap(vars(base).get("__init__", object.__init__))
        if code is None or getattr(init, "__code__", None) is code:
            place = context.assignments.of_method(base, "__init__")
            return place and Method(base, "__init__", place).calling("__init__")
    return None
