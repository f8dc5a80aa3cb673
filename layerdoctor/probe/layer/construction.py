"""Making the layer: once for the examination, and again where that tells something."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

from layerdoctor.facts import ErrorKind, Phase
from layerdoctor.probe.hooks.creation import Creations
from layerdoctor.probe.layer import framework
from layerdoctor.probe.layer.loading import LayerSource, NothingToExamine
from layerdoctor.probe.layer.subject import Subject, seed_everything, seed_python
from layerdoctor.probe.layer.values import draw, make_args, make_call_args
from layerdoctor.target import Target, nearest


class LayerFactory:
    """Makes subjects of one target, each under global seeds of its own."""

    def __init__(self, target: Target, source: LayerSource, creations: Creations) -> None:
        self._target = target
        self._source = source
        self._creations = creations
        self._made = 0

    @property
    def reusable(self) -> bool:
        """Whether a second layer can be made."""
        return self._source.reusable

    def arguments(self) -> dict[str, Any]:
        """Return the constructor's arguments, made anew; raises ``NothingToExamine``."""
        args = make_args(self._target)
        if self.reusable:
            _check_arguments(self._source.attribute, args, "constructor", "--arg")
        elif args:
            raise NothingToExamine(
                "inputs",
                f"`{self._target.target}` is an instance, which takes no constructor arguments; "
                "received " + ", ".join(f"`{name}`" for name in args),
            )
        return args

    def construct(self, args: dict[str, Any], *, as_first: bool = False) -> Any:
        """Construct the layer with other random numbers than before; raises what it raises.

        With ``as_first`` they are those of the first construction.
        """
        if as_first or not self._made:
            seed_everything(self._target.seed)
        else:
            seed_python(self._target.seed + 100 * self._made)
        self._made += 1
        self._creations.restart()
        with self._phase("init"):
            try:
                layer = self._source.make(args)
            except (TypeError, ValueError) as error:
                _check_known(self._source.attribute, args, error)
                raise
        if framework.framework_of(type(layer)) is None:
            raise NothingToExamine(
                "not-a-layer",
                f"`{self._target.target}` returned a {type(layer).__name__}; expected a layer",
            )
        return layer

    def subject(self, layer: Any, args: dict[str, Any]) -> Subject:
        """Return the layer with its inputs; raises ``NothingToExamine`` where they do not fit."""
        target = _as_declared(self._target, layer)
        arrays = [draw(spec, target.seed + index) for index, spec in enumerate(target.inputs)]
        kind = framework.framework_of(type(layer))
        assert kind is not None
        subject = Subject(
            target=target,
            layer=layer,
            inputs=target.inputs,
            arrays=arrays,
            call_args=make_call_args(target),
            framework=kind,
            args=args,
        )
        _check_call(subject)
        return subject

    @contextmanager
    def _phase(self, phase: Phase) -> Iterator[None]:
        before, self._creations.phase = self._creations.phase, phase
        try:
            yield
        finally:
            self._creations.phase = before


def _signature(function: Any) -> inspect.Signature | None:
    with suppress(TypeError, ValueError):
        return inspect.signature(function)
    return None


def _check_arguments(function: Any, args: dict[str, Any], what: str, option: str) -> None:
    signature = _signature(function)
    if signature is None:
        return
    try:
        signature.bind(**args)
    except TypeError as error:
        shown = f"{getattr(function, '__name__', what)}{signature}"
        advice = _advice(str(error), option, signature.parameters)
        raise NothingToExamine("inputs", f"{what}: {error}; expected `{shown}`{advice}") from None


def _check_known(kind: Any, args: dict[str, Any], error: Exception) -> None:
    """Raise ``NothingToExamine`` for an argument that no constructor of the class's has.

    One that a constructor has, and hands on to a base that refuses it, is the class's own fault.
    """
    words = str(error)
    if not isinstance(kind, type) or not any(phrase in words for phrase in REFUSALS):
        return
    own = dict.fromkeys(
        name
        for base in kind.__mro__
        if (signature := _signature(vars(base).get("__init__"))) is not None
        for name in signature.parameters
    )
    for name in args:
        if name not in own and f"'{name}'" in words:
            expected = f"{kind.__name__}{_signature(kind) or '(...)'}"
            raise NothingToExamine(
                "inputs",
                f"constructor: `{kind.__name__}` has no argument `{name}`; expected `{expected}`"
                f"{_advice(f'unexpected {name!r}', '--arg', own)}",
            ) from None


REFUSALS = ("nrecognized keyword argument", "unexpected keyword argument")
"""How Keras and Python refuse an argument."""


def _advice(words: str, option: str, known: Iterable[str]) -> str:
    name = words.partition("'")[2].partition("'")[0]
    if not name:
        return ""
    if "unexpected" in words:
        return nearest(name, known) or f"; leave out `{option} {name}=...`"
    return f"; add `{option} {name}=VALUE`"


def _as_declared(target: Target, layer: Any) -> Target:
    """Return a target whose named inputs reach a model as it takes them."""
    names = [item.name for item in target.inputs if item.name is not None]
    if not names or target.inputs_as != "auto":
        return target
    declared = framework.input_names(layer)
    if not declared or {*names} <= framework.call_parameters(layer).keys():
        return target
    if len(names) == len(target.inputs) and {*names} == {*declared}:
        several = len(names) > 1 or framework.takes_dictionary(layer)
        return replace(target, inputs_as="dict" if several else "positional")
    raise NothingToExamine(
        "inputs",
        f"the model takes {_quoted(declared)}; received {_quoted(names)}; name its inputs so: "
        f"`--input {declared[0]}=SHAPE`, or the arrays of an archive",
    )


def _quoted(names: Iterable[str]) -> str:
    return " and ".join(f"`{name}`" for name in names)


def _check_call(subject: Subject) -> None:
    signature = framework.call_signature(subject.layer)
    if signature is None:
        return
    args, kwargs = subject.arguments(subject.arrays)
    kwargs |= dict.fromkeys(subject.call_args)
    positional = list(signature.parameters)[: len(args)]
    for name in ("training", "is_training", "mask"):
        if name in signature.parameters and name not in (*kwargs, *positional):
            kwargs[name] = None
    required = [n for n in signature.parameters if n not in kwargs and n != "self"]
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        kind: ErrorKind = "guess" if not subject.inputs else "inputs"
        name = str(error).partition("'")[2].partition("'")[0] or (required or ["inputs"])[0]
        advice = f"add `--input {name}=SHAPE` or `--call {name}=VALUE`"
        if not subject.inputs:
            advice = "say the shapes of its inputs, batch first: `--shape 8,16`"
        if "unexpected" in str(error) or "too many" in str(error):
            advice = "leave out an input, or say how they are passed with `--inputs-as`"
        raise NothingToExamine(kind, f"`call{signature}`: {error}; {advice}") from None
