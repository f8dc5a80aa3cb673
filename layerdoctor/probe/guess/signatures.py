"""What a class and an instance tell of the arguments and inputs they take."""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from typing import Any

import tensorflow as tf

from layerdoctor.guessing.arguments import Parameter
from layerdoctor.guessing.forms import Form, usual_forms
from layerdoctor.guessing.source_hints import (
    Hints,
    choices,
    handed_on,
    is_always_set,
    is_ever_set,
    is_spread,
    read,
)
from layerdoctor.probe.layer import framework
from layerdoctor.target import Input

SUPPLIED = ("training", "is_training", "mask")
"""The arguments of a call that are supplied and never asked for."""


def forms(layer: Any, given: Collection[str]) -> Iterator[Form]:
    """Yield the ways to call a layer that are worth trying, the likeliest first.

    ``given`` are the names of the arguments of the call that are there already.
    """
    parameters = framework.call_parameters(layer)
    plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    required = [
        name
        for name, item in parameters.items()
        if item.default is item.empty
        and item.kind in (*plain, inspect.Parameter.KEYWORD_ONLY)
        and name not in (*SUPPLIED, *given)
    ]
    variadic = any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in parameters.values())
    optional = [name for name, item in parameters.items() if item.kind in plain]
    if not required and (variadic or optional):
        required = [(optional or ["inputs"])[0]]
    known = _known_inputs(layer)
    if known is not None:
        yield known
    state = _state(layer)
    as_tensors = framework.framework_of(type(layer)) == "tf_keras"
    states = [name for name in required if re.search(r"state|carry", name)] if state else []
    hints = _hints(layer, required[0] if required else None, parameters)
    for form in usual_forms([name for name in required if name not in states], hints):
        yield _with_states(form, states, state, as_tensors=as_tensors) if states else form


def left_out(layer: Any, form: Form) -> list[str]:
    """Return the arguments of a call that are None where a form does not give them."""
    given = {item.name for item in form.inputs} | form.call.keys()
    return [
        name
        for name, item in framework.call_parameters(layer).items()
        if item.default is None and name not in (*SUPPLIED, *given)
    ]


def parameters(attribute: Any) -> list[Parameter]:
    """Return the parameters of a constructor, and those it hands on as ``**kwargs`` to its base."""
    signatures = _signatures(attribute)
    owners = {owner for _, owner in signatures.values()}
    told = {owner: _told_by(owner, attribute) for owner in owners}
    return [_parameter(item, *told[owner]) for item, owner in signatures.values()]


def required(attribute: Any) -> list[str]:
    """Return the names of the parameters without a default, those it hands on included."""
    return [
        name for name, (item, _) in _signatures(attribute).items() if item.default is item.empty
    ]


def _signatures(attribute: Any) -> dict[str, tuple[inspect.Parameter, Any]]:
    """Return every parameter by name, with the class that names it."""
    found = {item.name: (item, attribute) for item in _named(attribute)}
    kinds = inspect.getmro(attribute) if isinstance(attribute, type) else ()
    makers = [kind for kind in kinds if "__init__" in vars(kind)]
    settled: set[str] = set()
    for kind, base in pairwise(makers):
        if framework.is_base(base) or not framework.framework_of(base):
            break
        handed = handed_on(_source(vars(kind)["__init__"]))
        if not handed.rest:
            break
        inherited = _named(base)
        settled |= handed.keywords | {item.name for item in inherited[: handed.positional]}
        for item in inherited:
            if item.name not in settled:
                found.setdefault(item.name, (item, base))
    return found


def takes_more(attribute: Any) -> bool:
    """Whether a constructor takes arguments that it does not name."""
    signature = _signature(attribute)
    return signature is not None and any(
        item.kind is inspect.Parameter.VAR_KEYWORD for item in signature.parameters.values()
    )


def _signature(attribute: Any) -> inspect.Signature | None:
    try:
        return inspect.signature(attribute)
    except (TypeError, ValueError):
        return None


def _named(attribute: Any) -> list[inspect.Parameter]:
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    signature = _signature(attribute)
    return (
        [item for item in signature.parameters.values() if item.kind in named] if signature else []
    )


def _told_by(owner: Any, derived: Any) -> tuple[str, str]:
    """Return the docstrings and the source of a constructor; a derived class may document it."""
    constructor = getattr(owner, "__init__", None)
    texts = [inspect.getdoc(thing) or "" for thing in (derived, owner, constructor)]
    return "\n".join(texts), _source(constructor)


def _parameter(item: inspect.Parameter, text: str, source: str) -> Parameter:
    return Parameter(
        name=item.name,
        required=item.default is item.empty,
        unset=item.default is None,
        annotation=_annotation(item),
        doc=_documented(item.name, text),
        choices=choices(source, item.name),
        spread=is_spread(source, item.name),
    )


def _annotation(item: inspect.Parameter) -> str:
    if item.annotation is item.empty:
        return ""
    return (
        item.annotation
        if isinstance(item.annotation, str)
        else inspect.formatannotation(item.annotation)
    )


def _documented(name: str, text: str) -> str:
    """Return what a docstring says of a parameter: its line and the lines indented below it."""
    head = rf"^(?P<indent> *)`?{re.escape(name)}`? *(?:\((?P<kind>[^)\n]*)\))? *:(?P<first>.*)"
    found = re.search(head + r"(?P<rest>(?:\n(?P=indent) +.*|\n *$)*)", text, re.M)
    if found is None:
        return ""
    return " ".join(" ".join(filter(None, found.group("kind", "first", "rest"))).split())


def _source(function: Any) -> str:
    with suppress(OSError, TypeError):
        return inspect.getsource(inspect.unwrap(getattr(function, "python_function", function)))
    return ""


def may_set(layer: Any, name: str) -> bool:
    """Whether a class of the layer sets the attribute only in a branch, so that it may be there.

    Also where another class that is derived from the layer's sets it: then that is meant as a base.
    """
    if any(is_ever_set(source, name) for source in _methods(type(layer).__subclasses__())):
        return True
    own = [kind for kind in type(layer).__mro__ if not framework.is_framework_class(kind)]
    methods = list(_methods(own))
    ever = any(is_ever_set(source, name) for source in methods)
    return ever and not any(is_always_set(source, name) for source in methods)


def _methods(kinds: Iterable[type]) -> Iterator[str]:
    """Yield the sources of what the classes define themselves."""
    methods = (method for kind in kinds for method in vars(kind).values())
    return (_source(method) for method in methods if callable(method))


def always_sets(error: UnboundLocalError) -> bool:
    """Whether the function that raised sets the name it missed, only too late."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    source = _source(trace.tb_frame.f_code) if trace is not None else ""
    named = re.search(r"variable '(\w+)'", str(error))
    return named is not None and is_always_set(source, named[1])


def _hints(layer: Any, parameter: str | None, parameters: dict[str, inspect.Parameter]) -> Hints:
    kind = type(layer)
    forward = kind.call if framework.is_layer(layer) else kind.__call__
    call = _source(forward)
    build = _source(kind.build) if framework.own_method(layer, "build") else ""
    text = "\n".join(filter(None, (inspect.getdoc(forward), kind.__doc__)))
    annotation = _annotation(parameters[parameter]) if parameter in parameters else ""
    hints = read(call, build, parameter, annotation, text)
    spec = getattr(layer, "input_spec", None)
    ndim, least = getattr(spec, "ndim", None), getattr(spec, "min_ndim", None)
    if ndim is not None:
        return replace(hints, rank=ndim, least_rank=ndim)
    return replace(hints, least_rank=max(hints.least_rank, least)) if least else hints


def _known_inputs(layer: Any) -> Form | None:
    """Return the inputs that a functional or built model says it has."""
    try:
        tensors = framework.flatten(layer.inputs or [])
    except Exception:
        return None
    if not tensors:
        return None
    return Form(
        inputs=tuple(
            Input(
                shape=tuple(_open_size(axis, size) for axis, size in enumerate(tensor.shape)),
                dtype=tf.as_dtype(tensor.dtype).name,
                inferred=True,
            )
            for tensor in tensors
        ),
        inputs_as="list" if len(tensors) > 1 else "auto",
    )


def _open_size(axis: int, size: int | None) -> int:
    return size if size is not None else (2 if axis == 0 else 8)


def _state(layer: Any) -> Any:
    """Return the sizes of the states that a recurrent cell carries, nested as it says them."""
    with suppress(Exception):
        return layer.state_size
    return None


def _with_states(form: Form, names: list[str], state: Any, *, as_tensors: bool) -> Form:
    """Return the form with the states of a cell; Keras 2 makes no tensors of arrays."""
    batch = (form.inputs[0].shape or (2,))[0] if form.inputs else 2

    def made(size: Any) -> Any:
        if isinstance(size, (list, tuple)) and not isinstance(size, tf.TensorShape):
            return [made(item) for item in size]
        sizes = [size] if isinstance(size, int) else list(size)
        array = {"array": [batch, *sizes]}
        return {"object": "tensorflow:constant", "args": [array]} if as_tensors else array

    nested = made(state)
    value = nested if isinstance(nested, list) else [nested]
    return replace(form, call={**form.call, **dict.fromkeys(names, value)})


def sizes_of(layer: Any) -> list[int]:
    """Return the sizes of the axes of the layer's weights and arrays."""
    things = [thing for thing in vars(layer).values() if hasattr(thing, "shape")]
    with suppress(Exception):
        things += framework.weights_of(layer)
    sizes: list[int] = []
    for thing in things:
        with suppress(Exception):
            sizes += [int(size) for size in tuple(thing.shape) if size and size > 1]
    return list(dict.fromkeys(sizes))
