"""LD205: a division, root, logarithm or norm that stays finite at zero."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import libcst as cst

from layerdoctor.remedies.case import Case, Remedy
from layerdoctor.remedies.editing.calls import keyword, positional, text
from layerdoctor.remedies.editing.methods import all_replaced
from layerdoctor.remedies.editing.names import Names, with_import

SMALL = "1e-6"
"""What is added: it disappears beside ordinary numbers, and its root has a gradient."""
LARGE = "-1e9"
"""What a softmax takes for minus infinity."""

ROOTS = ("tensorflow.sqrt", "tensorflow.math.sqrt", "keras.ops.sqrt")
INVERSES = ("tensorflow.math.rsqrt", "keras.ops.rsqrt")
LOGARITHMS = ("tensorflow.math.log", "keras.ops.log")
NORMS = ("tensorflow.norm", "tensorflow.linalg.norm", "keras.ops.norm", "keras.ops.linalg.norm")
DIVISIONS = ("tensorflow.divide", "tensorflow.math.divide", "keras.ops.divide")
INFINITIES = ("numpy.inf", "math.inf", "tensorflow.float32.min")

Way = Callable[[Names, cst.CSTNode], str | None]
"""Returns what to write in place of a node; None for one that needs no guard."""


def candidates(case: Case) -> Iterator[cst.Module | None]:
    """Guard what is on the finding's line, else all of its kind in the function around it."""
    scopes = (case.places.statement(case.line), case.places.function_around(case.line))
    for scope in scopes:
        for way in (_added, _divided, _masked) if scope is not None else ():
            assert scope is not None
            yield _guarded(case, scope, way)


def _guarded(case: Case, scope: cst.CSTNode, way: Way) -> cst.Module | None:
    nodes: list[cst.CSTNode] = [
        *case.places.inside(cst.Call, scope),
        *case.places.inside(cst.BinaryOperation, scope),
        *case.places.inside(cst.Attribute, scope),
    ]
    written = {id(node): way(case.names, node) for node in nodes}
    pairs: list[tuple[cst.CSTNode, cst.CSTNode]] = []
    for node in nodes:
        new = written[id(node)]
        if new is not None and not any(written.get(id(a)) for a in case.places.parents(node)):
            pairs.append((node, cst.parse_expression(new)))
    if way is _divided:
        pairs += _divided_in_place(case, scope)
    if not pairs:
        return None
    needs = any("tf." in text(new) for _, new in pairs)
    package = case.names.known("tensorflow")[1] if needs else None
    return with_import(all_replaced(case.module, pairs), package)


def _added(names: Names, node: cst.CSTNode) -> str | None:
    """Add a small number under a root or a logarithm; write a norm as the root that it is."""
    if not isinstance(node, cst.Call):
        return None
    meaning = names.meaning(node.func)
    values = positional(node)
    if meaning in (*ROOTS, *INVERSES, *LOGARITHMS) and len(node.args) == 1:
        return f"{text(node.func)}({_sum(values[0].value)})"
    if meaning in NORMS and values and not keyword(node, "ord") and len(values) == 1:
        written = names.written("keras.ops") if meaning.startswith("keras") else None
        package = written or names.known("tensorflow")[0]
        rest = "".join(f", {text(arg).rstrip(', ')}" for arg in node.args if arg.keyword)
        total = "sum" if written else "reduce_sum"
        square = f"{package}.square({text(values[0].value)})"
        return f"{package}.sqrt({package}.{total}({square}{rest}) + {SMALL})"
    return None


def _divided(names: Names, node: cst.CSTNode) -> str | None:
    """Divide by what cannot be zero."""
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Divide):
        if isinstance(node.right, (cst.Integer, cst.Float)):
            return None
        return f"{text(node.left)} / ({text(node.right)} + {SMALL})"
    if isinstance(node, cst.Call) and names.meaning(node.func) in DIVISIONS:
        values = positional(node)
        if len(values) == 2 and len(node.args) == 2:
            one, other = values
            return f"{text(node.func)}({text(one.value)}, {_sum(other.value)})"
    return None


def _divided_in_place(case: Case, scope: cst.CSTNode) -> Iterator[tuple[cst.CSTNode, cst.CSTNode]]:
    """Yield what ``x /= total`` divides by, and what cannot be zero."""
    for each in case.places.inside(cst.AugAssign, scope):
        is_number = isinstance(each.value, (cst.Integer, cst.Float))
        if isinstance(each.operator, cst.DivideAssign) and not is_number:
            yield each.value, cst.parse_expression(_sum(each.value))


def _masked(names: Names, node: cst.CSTNode) -> str | None:
    """Write a large number for infinity, of which a softmax over nothing makes no NaN."""
    if isinstance(node, cst.Attribute) and names.meaning(node) in INFINITIES:
        return LARGE.removeprefix("-") if not names.meaning(node).endswith("min") else LARGE
    if isinstance(node, cst.Call) and text(node).replace("'", '"') == 'float("-inf")':
        return LARGE
    if isinstance(node, cst.Call) and text(node).replace("'", '"') == 'float("inf")':
        return LARGE.removeprefix("-")
    return None


def _sum(value: cst.BaseExpression) -> str:
    """Return a value with the small number added, in parentheses only where it needs them."""
    written = text(value)
    weak = (cst.IfExp, cst.Comparison, cst.BooleanOperation, cst.Lambda, cst.NamedExpr)
    return f"({written}) + {SMALL}" if isinstance(value, weak) else f"{written} + {SMALL}"


REMEDY = Remedy(codes=("LD205",), candidates=candidates, outputs="finite")
