"""LD505: tensors made in the type that the layer computes in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import libcst as cst
from libcst import matchers as m

from layerdoctor.facts import Weight
from layerdoctor.remedies.case import Case, Remedy
from layerdoctor.remedies.editing.calls import keyword, positional, text, with_keyword
from layerdoctor.remedies.editing.methods import method
from layerdoctor.remedies.editing.names import dotted, with_import
from layerdoctor.remedies.editing.statements import Pair, restated

OWN = "self.compute_dtype"
FLOATS = (
    "tensorflow.float32", "keras.backend.floatx", "numpy.float32", "tensorflow.dtypes.float32",
)  # fmt: skip
MADE_AS_FLOAT = {
    "backend.random_normal", "backend.random_uniform", "backend.truncated_normal",
    "eye", "ones", "one_hot", "random.normal", "random.stateless_normal",
    "random.stateless_uniform", "random.truncated_normal", "random.uniform", "zeros",
}  # fmt: skip
"""The functions that make float32 where they are not told a type, which they take by name."""
OF_GENERATORS = (".normal", ".truncated_normal", ".uniform")
"""The methods by which a ``tf.random.Generator`` makes float32 unless it is told a type."""
AS_GIVEN = {"constant", "convert_to_tensor", "fill", "linspace", "range", "arange"}
"""Those whose type comes from what they are given."""

Way = Callable[[Case, cst.Call], cst.BaseExpression | None]


def candidates(case: Case) -> Iterator[cst.Module | None]:
    """Say the layer's own type on the line, then in the whole call; cast what it holds and takes.

    At last cast what it returns.
    """
    owner = case.enclosing_class
    function = case.places.function_around(case.line)
    statement = case.places.statement(case.line)
    if owner is None or function is None or not _is_method(function):
        return
    call = method(owner, "call") or function
    if statement is not None:
        yield _changed(case, _said(case, statement, _with_type))
        yield _changed(case, _held(case, statement))
        yield _changed(case, _said(case, statement, _with_type_or_cast))
    everywhere = [*_said(case, call, _with_type), *_held(case, call)]
    yield _changed(case, everywhere)
    everywhere += [*_said(case, call, _with_type_or_cast), *_inputs(case, call)]
    yield _changed(case, everywhere)
    yield _changed(case, _returned(case, call))


def _is_method(function: cst.FunctionDef) -> bool:
    return bool(function.params.params) and function.params.params[0].name.value == "self"


def _said(case: Case, scope: cst.CSTNode, way: Way) -> list[Pair]:
    """Return what to write in place of calls, and of names of types, within a scope."""
    pairs: list[Pair] = [(node, [cst.parse_expression(OWN)]) for node in _type_names(case, scope)]
    for call in case.places.inside(cst.Call, scope):
        new = way(case, call)
        if new is not None:
            pairs.append((call, [new]))
    return pairs


def _changed(case: Case, pairs: Sequence[Pair]) -> cst.Module | None:
    """Return the module with the changes that lie in no other."""
    places = {id(old) for old, _ in pairs}
    outer = [
        pair for pair in pairs if not any(id(a) in places for a in case.places.parents(pair[0]))
    ]
    if not outer:
        return None
    cast, package = _cast(case)
    uses = any(f"{cast}(" in text(each) for _, new in outer for each in new)
    module = restated(case.module, outer)
    return with_import(module, package) if uses else module


def _type_names(case: Case, scope: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield what stands for float32 where a function is told a type."""
    for call in case.places.inside(cst.Call, scope):
        casts = case.names.meaning(call.func).endswith((".cast", ".convert_to_tensor"))
        for index, arg in enumerate(call.args):
            is_type = keyword(call, "dtype") is arg or (casts and index == 1 and not arg.keyword)
            if is_type and _is_float(case, arg.value):
                yield arg.value


def _is_float(case: Case, value: cst.BaseExpression) -> bool:
    if isinstance(value, cst.SimpleString):
        return value.evaluated_value == "float32"
    node = value.func if isinstance(value, cst.Call) else value
    return case.names.meaning(node) in FLOATS


def _function(case: Case, call: cst.Call) -> str:
    """Return ``random.normal`` for ``tf.random.normal`` and ``keras.random.normal``."""
    meaning = case.names.meaning(call.func)
    for package in ("tensorflow.", "keras.ops.", "keras."):
        if meaning.startswith(package):
            return meaning.removeprefix(package)
    return ""


def _with_type(case: Case, call: cst.Call) -> cst.BaseExpression | None:
    """Return the call with a type, where it has none and makes floats."""
    meaning = case.names.meaning(call.func)
    of_generator = meaning.startswith("self.") and meaning.endswith(OF_GENERATORS)
    is_made = of_generator or _function(case, call) in MADE_AS_FLOAT
    if not is_made or keyword(call, "dtype") or _says_type(case, call):
        return None
    return with_keyword(call, "dtype", OWN)


def _says_type(case: Case, call: cst.Call) -> bool:
    """Whether one of the unnamed arguments is a type."""
    return any(
        case.names.meaning(arg.value).startswith("tensorflow.")
        or text(arg.value).endswith("dtype")
        or isinstance(arg.value, cst.SimpleString)
        for arg in positional(call)[1:]
    )


def _with_type_or_cast(case: Case, call: cst.Call) -> cst.BaseExpression | None:
    """Return the call with a type, or cast where its type comes from what it is given."""
    told = _with_type(case, call)
    if told is not None or _function(case, call) not in AS_GIVEN or keyword(call, "dtype"):
        return told
    if _function(case, call) in ("constant", "convert_to_tensor"):
        return with_keyword(call, "dtype", OWN)
    return cst.parse_expression(f"{_cast(case)[0]}({text(call)}, {OWN})")


def _cast(case: Case) -> tuple[str, str | None]:
    """Return how the author casts, and a package to import for it."""
    ops = case.names.written("keras.ops.cast")
    if ops is not None and case.names.written("tensorflow") is None:
        return ops, None
    name, package = case.names.known("tensorflow.cast")
    return name, package


def _casts(case: Case, nodes: Sequence[cst.CSTNode]) -> list[Pair]:
    """Return casts to put around expressions."""
    cast, _ = _cast(case)
    return [(node, [cst.parse_expression(f"{cast}({text(node)}, {OWN})")]) for node in nodes]


def _held(case: Case, scope: cst.CSTNode) -> list[Pair]:
    """Cast tensors, arrays and variables that Keras does not know of where they are read."""
    constants = {each.name for each in case.facts.constants if each.dtype.startswith("float")}
    held = constants | {each.attribute for each in case.facts.untracked_variables}
    held |= {each.attribute for each in case.facts.weights if _is_plain_variable(case, each)}
    nodes = [
        node
        for kind in (cst.Attribute, cst.Name)
        for node in case.places.inside(kind, scope)
        if dotted(node) in held and not _is_cast(case, node)
    ]
    return _casts(case, nodes)


def _is_plain_variable(case: Case, weight: Weight) -> bool:
    """Whether it is made by ``tf.Variable``: Keras 2 tracks it, and casts what it makes itself."""
    made = weight.location
    if made is None or made.file != case.file or not weight.dtype.startswith("float"):
        return False
    statement = case.places.statement(made.line)
    calls = case.places.inside(cst.Call, statement) if statement else ()
    return any(case.names.meaning(each.func) == "tensorflow.Variable" for each in calls)


def _is_cast(case: Case, node: cst.CSTNode) -> bool:
    """Whether a name is part of a longer one, or given to a function that casts."""
    above = next(iter(case.places.parents(node)))
    if isinstance(above, cst.Attribute):
        return True
    call = case.places.around(node, cst.Call)
    return (
        isinstance(above, cst.Arg)
        and call is not None
        and case.names.meaning(call.func).endswith((".cast", ".convert_to_tensor"))
    )


def _inputs(case: Case, call: cst.FunctionDef) -> list[Pair]:
    """Cast the inputs behind the first, which Keras 2 hands on as they come."""
    others = {each.name.value for each in call.params.params[2:] if each.default is None}
    nodes = [
        node
        for node in case.places.inside(cst.Name, call)
        if node.value in others
        and not isinstance(next(iter(case.places.parents(node))), cst.Param)
        and not _is_cast(case, node)
    ]
    return _casts(case, nodes)


def _returned(case: Case, call: cst.FunctionDef) -> list[Pair]:
    """Cast what the call returns."""
    returned = [cst.ensure_type(each, cst.Return).value for each in m.findall(call, m.Return())]
    values = [each for each in returned if each is not None]
    if any(isinstance(each, (cst.Tuple, cst.List, cst.Dict)) for each in values):
        return []
    return _casts(case, values)


REMEDY = Remedy(codes=("LD505",), candidates=candidates)
