"""LD103, LD104, LD105: a constant that is saved, as a weight that is not trained."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from libcst import matchers as m

from layerdoctor.facts import Constant
from layerdoctor.remedies.case import Case, Remedy
from layerdoctor.remedies.editing.methods import (
    all_replaced,
    members,
    parsed,
    replaced,
    statements,
    with_body,
    with_constructor_lines,
)
from layerdoctor.remedies.editing.names import with_import
from layerdoctor.remedies.tracking.attribute import assigned, attribute_name
from layerdoctor.remedies.tracking.start_values import start_of


def candidates(case: Case) -> Iterator[cst.Module | None]:
    """Make it a variable with the values that it has now, or a weight that is drawn alike."""
    constant = constant_of(case)
    if constant is None:
        return
    if constant.holder == "closure":
        yield _kept_apart(case, constant)
    if not constant.name.startswith("self.") or constant.holder == "class":
        yield _taken_over(case, constant)
    elif (value := assigned_value(case)) is not None:
        ways = [_wrapped(case, constant, value), _drawn(case, constant, value)]
        yield from reversed(ways) if constant.created_in == "build" else ways
        if case.facts.framework != "tf.Module":
            yield _kept_apart(case, constant)


def constant_of(case: Case) -> Constant | None:
    """Return the constant that the finding is about."""
    named = (each for each in case.facts.constants if each.name == case.finding.subject)
    return next(named, None)


def assigned_value(case: Case) -> cst.BaseExpression | None:
    """Return the expression that the statement on the finding's line gives to one attribute."""
    statement = case.places.statement(case.line)
    if statement is None or len(assigned(statement)) != 1:
        return None
    (each, *_) = statement.body
    value = each.value if isinstance(each, (cst.Assign, cst.AnnAssign)) else None
    return None if isinstance(value, (cst.Tuple, cst.List, cst.Dict)) else value


def _wrapped(case: Case, constant: Constant, value: cst.BaseExpression) -> cst.Module | None:
    """``keras.Variable(VALUE, trainable=False, name="table")`` in place of ``VALUE``."""
    name, package = case.names.known(variable_class(case))
    own = attribute_name(constant)
    call = cst.parse_expression(f'{name}(x, trainable=False, name="{own}")')
    first = cst.ensure_type(call, cst.Call).args[0]
    new = cst.ensure_type(call, cst.Call).with_deep_changes(first, value=value)
    return with_import(replaced(case.module, value, new), package)


def variable_class(case: Case) -> str:
    """Return the variable that the layer's framework tracks."""
    return "keras.Variable" if case.facts.framework == "keras" else "tensorflow.Variable"


def _drawn(case: Case, constant: Constant, value: cst.BaseExpression) -> cst.Module | None:
    """``self.add_weight(..., initializer=..., trainable=False)`` in place of what is drawn."""
    start = start_of(case, value)
    if start is None or case.facts.framework == "tf.Module":
        return None
    code = (
        f'self.add_weight(name="{attribute_name(constant)}", shape={start.shape}, '
        f"initializer={start.initializer}, trainable=False)"
    )
    pairs: list[tuple[cst.CSTNode, cst.CSTNode | cst.RemovalSentinel]] = [
        (value, cst.parse_expression(code))
    ]
    if start.spent is not None:
        pairs.append((start.spent, cst.RemoveFromParent()))
    return with_import(all_replaced(case.module, pairs), start.package)


def _kept_apart(case: Case, constant: Constant) -> cst.Module | None:
    """Keep in a weight what a local name of a method, or one of its functions, holds."""
    statement = case.places.statement(case.line)
    function = case.places.function_around(case.line)
    if statement is None or function is None or len(assigned(statement)) != 1:
        return None
    local, own = assigned(statement)[0], attribute_name(constant)
    name, package = case.names.known("keras.initializers.Constant")
    is_attribute = local.startswith("self.")
    head = own if is_attribute else local
    first = _renamed(statement, own) if is_attribute else statement
    dtype = "" if constant.dtype == "float32" else f', dtype="{constant.dtype}"'
    code = (
        f'self.{own} = self.add_weight(name="{own}", shape={head}.shape, '
        f"initializer={name}({head}){dtype}, trainable=False)\n"
    )
    body = list(statements(function))
    if statement not in body:
        return None
    at = body.index(statement)
    later = body[at + 1 :]
    if not is_attribute:
        later = [_reading(each, local, f"self.{own}") for each in later]
    new = [*body[:at], first, *parsed(case.module, code), *later]
    changed = replaced(case.module, function, with_body(function, new))
    return with_import(changed, package)


def _renamed(statement: cst.SimpleStatementLine, new: str) -> cst.SimpleStatementLine:
    """Return an assignment to another target."""
    targets = m.findall(statement, m.AssignTarget())
    first = cst.ensure_type(targets[0], cst.AssignTarget)
    return cst.ensure_type(
        statement.deep_replace(first.target, cst.Name(new)), cst.SimpleStatementLine
    )


def _reading(each: cst.BaseStatement, name: str, attribute: str) -> cst.BaseStatement:
    """Return a statement that reads the attribute where it read the name."""
    changed = m.replace(each, m.Name(name), cst.parse_expression(attribute))
    assert isinstance(changed, cst.BaseStatement)
    return changed


def _taken_over(case: Case, constant: Constant) -> cst.Module | None:
    """Give the layer a variable with the values of what its module or its class holds."""
    owner = case.layer_class
    if owner is None:
        return None
    head, _, attribute = constant.name.rpartition(".")
    if head not in ("", "self", owner.name.value) or not attribute.isidentifier():
        return None
    name, package = case.names.known(variable_class(case))
    own = attribute if head else attribute_name(constant)
    source = f"self.{attribute}" if head else constant.name
    code = f'self.{own} = {name}({source}, trainable=False, name="{own}")'
    new = owner
    if not source.startswith("self."):
        body = [
            _reading(each, source, f"self.{own}") if is_read_in(each) else each
            for each in members(owner)
        ]
        new = owner.with_deep_changes(owner.body, body=body)
    with_line = with_constructor_lines(case.module, new, code)
    if with_line is None:
        return None
    return with_import(replaced(case.module, owner, with_line), package)


def is_read_in(each: cst.BaseStatement) -> bool:
    """Whether a statement of a class is a method that runs when the layer is made already."""
    return isinstance(each, cst.FunctionDef) and each.name.value != "__init__"


REMEDY = Remedy(codes=("LD103",), candidates=candidates)
ASKED = Remedy(codes=("LD104", "LD105"), candidates=candidates, asked=True)
