"""LD202, LD204: a gradient passed around what has none, with the value left as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import takewhile

import libcst as cst

from layerdoctor.remedies.case import Case, Remedy
from layerdoctor.remedies.editing.calls import keyword, positional, text
from layerdoctor.remedies.editing.methods import all_replaced, parsed
from layerdoctor.remedies.editing.statements import restated

FLAT = {
    f"{package}.{name}"
    for package in ("tensorflow", "tensorflow.math", "keras.ops")
    for name in ("round", "floor", "ceil", "rint", "sign")
}
ARGMAX = ("tensorflow.argmax", "tensorflow.math.argmax", "keras.ops.argmax")
GATHER = ("tensorflow.gather", "keras.ops.take")
ONE_HOT = ("tensorflow.one_hot", "keras.ops.one_hot")
CASTS = ("tensorflow.cast", "keras.ops.cast")
ABOVE = (cst.GreaterThan, cst.GreaterThanEqual)
BELOW = (cst.LessThan, cst.LessThanEqual)
CHOOSING = (cst.BaseComp, cst.Lambda, cst.IfExp, cst.BooleanOperation, cst.NamedExpr)
"""What computes a part of it never, or more than once."""
SOFT = "soft"
"""The local name of what has a gradient."""

Soft = Callable[[Case, cst.Call], str | None]
"""Returns what has a gradient and stands for a call that has none; None for another call."""


def candidates(case: Case) -> Iterator[cst.Module | None]:
    """Write ``soft + tf.stop_gradient(hard - soft)``, on the finding's line or in its function."""
    statement = case.places.statement(case.line)
    function = case.places.function_around(case.line)
    for scope in (statement, function):
        for soft in (_identity, _softmax, _mixture, _sigmoid) if scope is not None else ():
            assert scope is not None
            yield _around(case, scope, soft)


def _around(case: Case, scope: cst.CSTNode, soft: Soft) -> cst.Module | None:
    found: list[tuple[cst.Call, str]] = []
    for call in case.places.inside(cst.Call, scope):
        written = soft(case, call)
        nested = any(old is above for old, _ in found for above in case.places.parents(call))
        if written is not None and not nested and not _is_stopped(case, call):
            found.append((call, written))
    if len(found) == 1 and (statement := _nameable(case, *found[0])) is not None:
        return _named(case, statement, *found[0])
    pairs = [(call, _passed(case, call, text(call), written)) for call, written in found]
    return all_replaced(case.module, pairs) if pairs else None


def _passed(case: Case, call: cst.Call, hard: str, soft: str) -> cst.BaseExpression:
    written = f"{soft} + {_stop(case, call)}({hard} - {_grouped(soft)})"
    if isinstance(next(iter(case.places.parents(call))), (cst.BinaryOperation, cst.Attribute)):
        written = f"({written})"
    return cst.parse_expression(written)


def _nameable(case: Case, call: cst.Call, soft: str) -> cst.SimpleStatementLine | None:
    """Return the statement before which what is soft can be given a name, where it needs one.

    It does where writing it twice would compute it twice, and cannot have one where it may not be
    computed at all, or more than once.
    """
    function = case.places.around(call, cst.FunctionDef)
    statement = case.places.around(call, cst.SimpleStatementLine)
    above = [*takewhile(lambda each: each is not statement, case.places.parents(call))]
    if function is None or statement is None or any(isinstance(each, CHOOSING) for each in above):
        return None
    plain = isinstance(cst.parse_expression(soft), (cst.Name, cst.Attribute))
    taken = any(each.value == SOFT for each in case.places.inside(cst.Name, function))
    return None if plain or taken else statement


def _named(case: Case, old: cst.SimpleStatementLine, call: cst.Call, soft: str) -> cst.Module:
    """Return the module with a name for what is soft, and the gradient passed through that."""
    hard = text(call).replace(soft, SOFT)
    new = cst.ensure_type(old.deep_replace(call, _passed(case, call, hard, SOFT)), type(old))
    lines = parsed(case.module, f"{SOFT} = {soft}")
    lines[0] = lines[0].with_changes(leading_lines=old.leading_lines)
    return restated(case.module, [(old, [*lines, new.with_changes(leading_lines=[])])])


def _identity(case: Case, call: cst.Call) -> str | None:
    """What is rounded, or made a sign, itself."""
    is_flat = case.names.meaning(call.func) in FLAT and len(positional(call)) == len(call.args) == 1
    return text(call.args[0].value) if is_flat else None


def _softmax(case: Case, call: cst.Call) -> str | None:
    """The softmax of the scores that the largest is picked from."""
    if case.names.meaning(call.func) not in ONE_HOT or not positional(call):
        return None
    return _shares(case, positional(call)[0].value)


def _mixture(case: Case, call: cst.Call) -> str | None:
    """The rows of a table, weighed by the softmax of the scores that pick one of them."""
    if case.names.meaning(call.func) not in GATHER or len(positional(call)) != 2:
        return None
    table, picked = positional(call)
    shares = _shares(case, picked.value)
    if shares is None or any(arg.keyword for arg in call.args):
        return None
    return f"{_function(case, call, 'matmul', 'matmul')}({shares}, {text(table.value)})"


def _shares(case: Case, number: cst.BaseExpression) -> str | None:
    """Return the softmax of the scores whose largest a number names."""
    picked = _value(case, number)
    if not isinstance(picked, cst.Call) or case.names.meaning(picked.func) not in ARGMAX:
        return None
    axis = keyword(picked, "axis")
    if axis is None or text(axis.value).replace(" ", "") != "-1" or not positional(picked):
        return None
    scores = text(positional(picked)[0].value)
    return f"{_function(case, picked, 'nn.softmax', 'softmax')}({scores})"


def _sigmoid(case: Case, call: cst.Call) -> str | None:
    """The sigmoid of the difference that decides a comparison."""
    if case.names.meaning(call.func) not in CASTS or not positional(call):
        return None
    compared = positional(call)[0].value
    if not isinstance(compared, cst.Comparison) or len(compared.comparisons) != 1:
        return None
    (target,) = compared.comparisons
    one, other = _grouped(text(compared.left)), _grouped(text(target.comparator))
    sigmoid = _function(case, call, "sigmoid", "sigmoid")
    if isinstance(target.operator, ABOVE):
        return f"{sigmoid}({one} - {other})"
    return f"{sigmoid}({other} - {one})" if isinstance(target.operator, BELOW) else None


def _value(case: Case, value: cst.BaseExpression) -> cst.BaseExpression:
    """Return what a local name was last given in its function, or the expression itself."""
    function = case.places.around(value, cst.FunctionDef)
    if not isinstance(value, cst.Name) or function is None:
        return value
    found = [
        each.value
        for each in case.places.inside(cst.Assign, function)
        if text(each.targets[0].target) == value.value
    ]
    return found[0] if len(found) == 1 else value


def _function(case: Case, beside: cst.Call, of_tensorflow: str, of_keras: str) -> str:
    """Return how to write a function, from the package of the call that it stands beside."""
    if case.names.meaning(beside.func).startswith("keras"):
        return case.names.known(f"keras.ops.{of_keras}")[0]
    return case.names.known(f"tensorflow.{of_tensorflow}")[0]


def _stop(case: Case, call: cst.Call) -> str:
    return _function(case, call, "stop_gradient", "stop_gradient")


def _is_stopped(case: Case, call: cst.Call) -> bool:
    """Whether the gradient is passed around it already."""
    above = (each for each in case.places.parents(call) if isinstance(each, cst.Call))
    return any(case.names.meaning(each.func).endswith("stop_gradient") for each in above)


def _grouped(written: str) -> str:
    """Return an expression so that something can be subtracted from it, or it from something."""
    plain = isinstance(
        cst.parse_expression(written),
        (cst.Name, cst.Attribute, cst.Call, cst.Subscript, cst.Integer, cst.Float),
    )
    return written if plain else f"({written})"


REMEDY = Remedy(codes=("LD202", "LD204"), candidates=candidates)
