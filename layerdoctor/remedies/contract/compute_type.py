"""LD505: tensors made in the type that the layer computes in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import libcst as cst
from libcst import matchers as m

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
    """Say the layer's own type on the line and then in the method; cast what it holds and takes.

    At last cast what it returns.
    """
    owner = case.enclosing_class
    function = case.places.function_around(case.line)
    if owner is None or function is None or not _is_method(function):
        return
    call = method(owner, "call") or function
    statement = case.places.statement(case.line)
    scopes = [each for each in (statement, function, call) if each is not None]
    for scope in dict.fromkeys(scopes):
        yield _said(case, scope, _with_type)
        yield _held_cast(case, scope)
    for scope in dict.fromkeys(scopes):
        yield _said(case, scope, _with_type_or_cast)
    yield _inputs_cast(case, call)
    yield _returned_cast(case, call)


def _is_method(function: cst.FunctionDef) -> bool:
    return bool(function.params.params) and function.params.params[0].name.value == "self"


def _said(case: Case, scope: cst.CSTNode, way: Way) -> cst.Module | None:
    """Return the module with other calls, and names of types, within a scope."""
    pairs: list[Pair] = []
    for node in _type_names(case, scope):
        pairs.append((node, [cst.parse_expression(OWN)]))
    for call in case.places.inside(cst.Call, scope):
        new = way(case, call)
        if new is not None:
            pairs.append((call, [new]))
    return _outermost(case, pairs)


def _outermost(case: Case, pairs: Sequence[Pair]) -> cst.Module | None:
    """Return the module with the changes that lie in no other."""
    places = {id(old) for old, _ in pairs}
    outer = [
        pair for pair in pairs if not any(id(a) in places for a in case.places.parents(pair[0]))
    ]
    return restated(case.module, outer) if outer else None


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


def _cast_where(case: Case, nodes: Sequence[cst.CSTNode]) -> cst.Module | None:
    """Return the module with a cast around expressions."""
    cast, package = _cast(case)
    pairs: list[Pair] = [
        (node, [cst.parse_expression(f"{cast}({text(node)}, {OWN})")]) for node in nodes
    ]
    module = _outermost(case, pairs)
    return None if module is None else with_import(module, package)


def _held_cast(case: Case, scope: cst.CSTNode) -> cst.Module | None:
    """Cast tensors, arrays and variables that Keras does not know of where they are read."""
    constants = {each.name for each in case.facts.constants if each.dtype.startswith("float")}
    held = constants | {each.attribute for each in case.facts.untracked_variables}
    nodes = [
        node
        for kind in (cst.Attribute, cst.Name)
        for node in case.places.inside(kind, scope)
        if dotted(node) in held and not _is_cast(case, node)
    ]
    return _cast_where(case, nodes)


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


def _inputs_cast(case: Case, call: cst.FunctionDef) -> cst.Module | None:
    """Cast the inputs behind the first, which Keras 2 hands on as they come."""
    others = {each.name.value for each in call.params.params[2:] if each.default is None}
    nodes = [
        node
        for node in case.places.inside(cst.Name, call)
        if node.value in others
        and not isinstance(next(iter(case.places.parents(node))), cst.Param)
        and not _is_cast(case, node)
    ]
    return _cast_where(case, nodes)


def _returned_cast(case: Case, call: cst.FunctionDef) -> cst.Module | None:
    """Cast what the call returns."""
    returned = [cst.ensure_type(each, cst.Return).value for each in m.findall(call, m.Return())]
    values = [each for each in returned if each is not None]
    if not values or any(isinstance(each, (cst.Tuple, cst.List, cst.Dict)) for each in values):
        return None
    return _cast_where(case, values)


REMEDY = Remedy(codes=("LD505",), candidates=candidates)
