"""LD504, LD404, LD405: the batch size taken from the tensor, or left open."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from libcst import matchers as m

from layerdoctor.remedies.case import Case, Remedy
from layerdoctor.remedies.editing.calls import text
from layerdoctor.remedies.editing.methods import all_replaced, method
from layerdoctor.remedies.editing.names import with_import
from layerdoctor.remedies.tracking.attribute import assigned

FIRST = [m.SubscriptElement(m.Index(m.Integer("0")))]
STATIC = m.Subscript(value=m.Attribute(attr=m.Name("shape")), slice=FIRST)
RESHAPES = ("tensorflow.reshape", "keras.ops.reshape", "numpy.reshape")


def candidates(case: Case) -> Iterator[cst.Module | None]:
    """Ask the tensor for its size where the source asks its static shape, or what was kept of it.

    In a reshape the size is left open.
    """
    owner = case.enclosing_class
    function = case.places.function_around(case.line)
    if owner is None or function is None:
        return
    call = method(owner, "call") or method(owner, "__call__") or function
    for scope in (function, call):
        yield _open_reshape(case, scope)
        yield _asked(case, scope)
        yield _flattened(case, scope)
        yield _kept(case, owner, scope)


def _size(case: Case, tensor: str, scope: cst.FunctionDef) -> tuple[str, str | None]:
    """Return how the author asks a tensor for its first size in that function."""
    ops, tensorflow = case.names.written("keras.ops"), case.names.written("tensorflow")
    if ops and (tensorflow is None or _prefers(case.module, scope, ops, tensorflow)):
        return f"{ops}.shape({tensor})[0]", None
    tensorflow, package = case.names.known("tensorflow")
    return f"{tensorflow}.shape({tensor})[0]", package


def _prefers(module: cst.Module, scope: cst.FunctionDef, ops: str, tensorflow: str) -> bool:
    """Whether a function, or else its module, is written with Keras's operations."""
    return _uses(scope, ops) or (_uses(module, ops) and not _uses(scope, tensorflow))


def _uses(scope: cst.CSTNode, package: str) -> bool:
    """Whether a function, or a module, calls something of what the author calls a package."""
    attributes = (cst.ensure_type(node, cst.Attribute) for node in m.findall(scope, m.Attribute()))
    return any(text(attribute.value) == package for attribute in attributes)


def _asked(case: Case, scope: cst.FunctionDef) -> cst.Module | None:
    """``tf.shape(x)[0]`` in place of ``x.shape[0]``."""
    found = m.findall(scope, STATIC)
    if not found:
        return None
    package = None
    pairs = []
    for node in found:
        shape = cst.ensure_type(cst.ensure_type(node, cst.Subscript).value, cst.Attribute)
        size, package = _size(case, text(shape.value), scope)
        pairs.append((node, cst.parse_expression(size)))
    return with_import(all_replaced(case.module, pairs), package)


def _open_reshape(case: Case, scope: cst.FunctionDef) -> cst.Module | None:
    """``-1`` for the first size of each reshape on the finding's line that has no other."""
    statement = case.places.statement(case.line)
    if statement is None or statement not in case.places.inside(cst.SimpleStatementLine, scope):
        return None
    for call in case.places.inside(cst.Call, statement):
        if case.names.meaning(call.func) not in RESHAPES or len(call.args) < 2:
            continue
        shape = call.args[1].value
        if not isinstance(shape, (cst.Tuple, cst.List)) or not shape.elements:
            continue
        sizes = [text(element.value).replace(" ", "") for element in shape.elements]
        if "-1" in sizes:
            continue
        first = shape.elements[0].value
        return cst.ensure_type(
            case.module.deep_replace(first, cst.parse_expression("-1")), cst.Module
        )
    return None


def _flattened(case: Case, scope: cst.FunctionDef) -> cst.Module | None:
    """``(-1, x.shape[1] * x.shape[2])`` for ``(batch, -1)``, which leaves all sizes unknown."""
    pairs = []
    for call in case.places.inside(cst.Call, scope):
        if case.names.meaning(call.func) not in RESHAPES or len(call.args) < 2:
            continue
        tensor, shape = (each.value for each in call.args[:2])
        parts = shape.elements if isinstance(shape, (cst.Tuple, cst.List)) else ()
        rank = _rank(case, scope, tensor)
        if rank < 2 or len(parts) != 2 or text(parts[1].value) != "-1":
            continue
        sizes = " * ".join(f"{text(tensor)}.shape[{axis}]" for axis in range(1, rank))
        pairs.append((shape, cst.parse_expression(f"(-1, {sizes})")))
    return all_replaced(case.module, pairs) if pairs else None


def _rank(case: Case, scope: cst.FunctionDef, tensor: cst.BaseExpression) -> int:
    """Return how many axes an input has; 0 for what is none."""
    names = [each.name.value for each in scope.params.params[1:]]
    if not isinstance(tensor, cst.Name) or tensor.value not in names:
        return 0
    number = names.index(tensor.value)
    shapes = [each.shape for each in case.facts.inputs]
    return len(shapes[number] or ()) if number < len(shapes) else 0


def _kept(case: Case, owner: cst.ClassDef, scope: cst.FunctionDef) -> cst.Module | None:
    """Ask the first input in place of an attribute that kept the size of the first batch."""
    kept = _attributes(owner)
    parameters = scope.params.params
    if not kept or len(parameters) < 2:
        return None
    size, package = _size(case, parameters[1].name.value, scope)
    attribute = m.Attribute(
        value=m.Name("self"), attr=m.MatchIfTrue(lambda name: name.value in kept)
    )
    new = m.replace(scope, attribute, cst.parse_expression(size))
    if not isinstance(new, cst.FunctionDef) or new.deep_equals(scope):
        return None
    return with_import(cst.ensure_type(case.module.deep_replace(scope, new), cst.Module), package)


def _attributes(owner: cst.ClassDef) -> set[str]:
    """Return the attributes that ``build`` gives the first size of the input's shape."""
    build = method(owner, "build")
    if build is None or len(build.params.params) < 2:
        return set()
    shape = build.params.params[1].name.value
    lines = m.findall(build, m.SimpleStatementLine())
    sizes = m.Subscript(value=m.Name(shape), slice=FIRST)
    return {
        path.removeprefix("self.")
        for line in lines
        if m.findall(line, sizes)
        for path in assigned(line)
        if path.startswith("self.")
    }


REMEDY = Remedy(codes=("LD404", "LD405", "LD504"), candidates=candidates)
