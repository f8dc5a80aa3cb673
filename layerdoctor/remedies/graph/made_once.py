"""LD003, LD301: what every call made is made once, in the constructor or in `build`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst
from libcst import matchers as m

from layerdoctor.remedies.case import Case, Remedy
from layerdoctor.remedies.editing.calls import keyword, positional, text
from layerdoctor.remedies.editing.methods import (
    changed,
    inserted,
    method,
    replaced,
    statements,
    with_constructor_lines,
    with_method,
)
from layerdoctor.remedies.editing.names import Names, dotted, with_import
from layerdoctor.remedies.editing.statements import (
    Pair,
    assignments,
    commented,
    name_nodes,
    names_read,
    restated,
)
from layerdoctor.remedies.graph.from_call import FromCall
from layerdoctor.remedies.tracking.attribute import assigned

VARIABLES = ("tensorflow.Variable", "keras.Variable")
FILLED = {
    f"{package}.{name}": name
    for package in ("tensorflow", "keras.ops")
    for name in ("zeros", "ones")
}
"""The functions that fill a tensor, and the initializers that do."""
KEPT = ("trainable", "dtype")
LAST = m.SimpleStatementLine(
    body=[
        m.Expr(m.Call(func=m.Attribute(value=m.Call(m.Name("super")), attr=m.Name("build"))))
        | m.Assign(targets=[m.AssignTarget(m.Attribute(m.Name("self"), m.Name("built")))])
    ]
)
"""What authors write last in `build`."""


@dataclass(frozen=True, slots=True)
class Making:
    """A call that makes variables."""

    call: cst.Call
    attribute: str
    """Where the layer is to hold what it makes."""
    holder: str | None
    """The local name, or the attribute, that it is given to, if it is given as it is."""
    called_with: cst.BaseExpression | None
    """What a sub-layer that is made here is called with first."""
    is_layer: bool


def candidates(case: Case) -> Iterator[cst.Module | None]:
    """Make it in the constructor if it asks for no shape, else in `build`."""
    owner = case.enclosing_class
    call = case.places.function_around(case.line)
    statement = case.places.statement(case.line)
    if owner is None or call is None or statement is None:
        return
    if case.finding.code == "LD003":
        makings = _refused(case, owner, call)
    else:
        makings = _makings(case, owner, call, statement) or [
            each
            for each in _makings(case, owner, call, call)
            if each.holder and m.findall(statement, m.Call(func=_named(each.holder)))
        ]
    if makings:
        for early in (True, False):
            yield _made_once(case, owner, call, makings, early=early)


def _refused(case: Case, owner: cst.ClassDef, call: cst.FunctionDef) -> list[Making]:
    """Return what `call` puts on the layer, where Keras 3 refuses that in a layer that is built."""
    if "already built" not in case.finding.message:
        return []
    found = _makings(case, owner, call, call)
    return [each for each in found if each.holder and each.holder.startswith("self.")]


def _makings(
    case: Case, owner: cst.ClassDef, scope: cst.FunctionDef, within: cst.CSTNode
) -> list[Making]:
    """Return what is made within a statement, or a function."""
    growth = case.facts.growth
    known = {each.sublayer for each in growth.new_variables} if growth else set()
    found: list[Making] = []
    for call in case.places.inside(cst.Call, within):
        name = dotted(call.func)
        own = name.rpartition(".")[2]
        is_layer = own in known or (growth is None and own[:1].isupper())
        is_variable = case.names.meaning(call.func) in VARIABLES or name == "self.add_weight"
        if not is_layer and not is_variable:
            continue
        assign = case.places.around(call, cst.Assign)
        given = assign is not None and assign.value is call
        holder = text(assign.targets[0].target) if assign and given else None
        taken = {*_attributes(owner), *(each.attribute for each in found)}
        wished = holder if holder else _snake(name.rpartition(".")[2]) if is_layer else "weight"
        attribute = wished if wished.startswith("self.") else _free(f"self.{wished}", taken)
        found.append(
            Making(call, attribute, holder, _called_with(case, scope, call, holder), is_layer)
        )
    return found


def _named(path: str) -> m.Attribute | m.Name:
    head, _, attribute = path.rpartition(".")
    return m.Attribute(m.Name(head), m.Name(attribute)) if head else m.Name(attribute)


def _called_with(
    case: Case, scope: cst.FunctionDef, made: cst.Call, holder: str | None
) -> cst.BaseExpression | None:
    """Return the first argument of the first call of a sub-layer."""
    for call in case.places.inside(cst.Call, scope):
        if call.args and (call.func is made or (holder and dotted(call.func) == holder)):
            return call.args[0].value
    return None


def _attributes(owner: cst.ClassDef) -> set[str]:
    own = m.findall(owner, m.Attribute(value=m.Name("self")))
    return {text(each) for each in own}


def _snake(name: str) -> str:
    """Return a class's name as Keras writes it: ``conv2d``, ``batch_normalization``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=\w)(?=[A-Z][a-z])", "_", name).lower()


def _free(wished: str, taken: set[str]) -> str:
    names = (wished, *(f"{wished}_{number}" for number in range(2, 99)))
    return next(name for name in names if name not in taken)


def _made_once(
    case: Case,
    owner: cst.ClassDef,
    scope: cst.FunctionDef,
    makings: Sequence[Making],
    *,
    early: bool,
) -> cst.Module | None:
    """Return the module in which it is made before; ``early`` prefers the constructor."""
    reading = FromCall(case, owner, scope)
    in_init, in_build, package = "", "", None
    early_ones = [
        each
        for each in makings
        if early and all(reading.is_free(arg.value) for arg in each.call.args)
    ]
    builds = method(owner, "build") is not None or len(early_ones) < len(makings)
    for making in makings:
        code, asks_for = _code(case, reading, making)
        package = asks_for or package
        if code is None:
            return None
        statement = case.places.around(making.call, cst.SimpleStatementLine)
        line = commented(statement, code) if statement and making.holder else f"{code}\n"
        if making in early_ones:
            in_init += line
            in_build += _built(case, reading, making) if builds else ""
        elif case.facts.framework == "tf.Module":
            return None
        else:
            in_build += line + _built(case, reading, making)
    pairs = _without(case, scope, makings)
    rewritten = _without_idle_names(restated(scope, pairs), makings)
    new: cst.ClassDef | None = changed(owner, scope, rewritten)
    if in_init and new is not None:
        new = with_constructor_lines(case.module, new, in_init)
    if in_build and new is not None:
        others = "" if method(owner, "build") else _others_built(case, reading, owner, scope)
        new = with_build_lines(case.module, new, others + in_build, reading)
    return None if new is None else with_import(replaced(case.module, owner, new), package)


def _code(case: Case, reading: FromCall, making: Making) -> tuple[str | None, str | None]:
    """Return the statement that makes it before any call, and a package to import for it."""
    arguments = []
    for arg in making.call.args:
        value = reading.in_build(arg.value)
        if value is None:
            return None, None
        arguments.append(f"{arg.star}{arg.keyword.value + '=' if arg.keyword else ''}{value}")
    is_variable = case.names.meaning(making.call.func) in VARIABLES
    if is_variable and case.facts.framework != "tf.Module":
        call = cst.ensure_type(
            cst.parse_expression(f"{text(making.call.func)}({', '.join(arguments)})"), cst.Call
        )
        weight = _as_weight(making, call, case.names)
        if weight is not None:
            return f"{making.attribute} = {weight}", None
        if case.facts.framework == "keras":
            name, package = case.names.known("keras.Variable")
            return f"{making.attribute} = {name}({', '.join(arguments)})", package
    code = text(making.call)
    if not all(reading.is_free(arg.value) for arg in making.call.args):
        code = f"{text(making.call.func)}({', '.join(arguments)})"
    return f"{making.attribute} = {code}", None


def _as_weight(making: Making, call: cst.Call, names: Names) -> str | None:
    """Return ``self.add_weight(...)`` for a variable of zeros or of ones."""
    value = keyword(call, "initial_value") or keyword(call, "initializer")
    given = value or next(iter(positional(call)), None)
    filling = given.value if given else None
    if not isinstance(filling, cst.Call):
        return None
    kind = FILLED.get(names.meaning(filling.func))
    shape = keyword(filling, "shape") or next(iter(positional(filling)), None)
    if kind is None or shape is None:
        return None
    is_whole = m.matches(shape.value, m.Tuple() | m.List() | m.Call())
    size = text(shape.value) if is_whole else f"({text(shape.value)},)"
    own = making.attribute.removeprefix("self.")
    words = [f'name="{own}"', f"shape={size}", f'initializer="{kind}"']
    words += [f"{name}={text(arg.value)}" for name in KEPT if (arg := keyword(call, name))]
    return f"self.add_weight({', '.join(words)})"


def _built(case: Case, reading: FromCall, making: Making) -> str:
    """Return the statement that builds a sub-layer, where the shape of its input is known."""
    if not making.is_layer or making.called_with is None:
        return ""
    line = case.places.range(making.called_with).start.line
    shape = reading.shape_of(making.called_with, line)
    return f"{making.attribute}.build({shape})\n" if shape else ""


def _others_built(
    case: Case, reading: FromCall, owner: cst.ClassDef, scope: cst.FunctionDef
) -> str:
    """Return the statements that build the sub-layers that Keras built for want of a `build`."""
    init = method(owner, "__init__")
    made = [path for each in statements(init) for path in assigned(each)] if init else []
    lines = ""
    for call in case.places.inside(cst.Call, scope):
        name = dotted(call.func)
        if name in made and call.args:
            line = case.places.range(call).start.line
            shape = reading.shape_of(call.args[0].value, line)
            lines += f"{name}.build({shape})\n" if shape else ""
    return lines


def _without(case: Case, scope: cst.FunctionDef, makings: Sequence[Making]) -> list[Pair]:
    """Return how `call` uses what it made: a statement that only made it goes."""
    pairs: list[Pair] = []
    for making in makings:
        statement = case.places.around(making.call, cst.SimpleStatementLine)
        if making.holder is None:
            pairs.append((making.call, [cst.parse_expression(making.attribute)]))
            continue
        assert statement is not None
        pairs.append((statement, []))
        if making.holder != making.attribute:
            pairs += [
                (name, [cst.parse_expression(making.attribute)])
                for name in name_nodes(case.places, scope, making.holder, outside=statement)
            ]
    return pairs


def _without_idle_names(scope: cst.FunctionDef, makings: Sequence[Making]) -> cst.FunctionDef:
    """Return the function without the local names that only what was made here has read."""
    read = {name for making in makings for arg in making.call.args for name in names_read(arg)}
    values = [*assignments(scope)]
    plain = m.Subscript() | m.Attribute() | m.Name()
    idle = [
        statement
        for statement, name, value in values
        if name in read
        and m.matches(value, plain)
        and len(m.findall(scope, m.Name(name))) == sum(name == each for _, each, _ in values)
    ]
    return restated(scope, [(statement, []) for statement in idle])


def with_build_lines(
    module: cst.Module, owner: cst.ClassDef, code: str, reading: FromCall
) -> cst.ClassDef | None:
    """Return the class with statements at the end of its `build`, which may be new."""
    build = method(owner, "build")
    if build is None:
        shapes = ", ".join(reading.shape_names().values())
        lines = "".join(f"    {line}\n" for line in code.splitlines())
        return with_method(module, owner, f"def build(self, {shapes}):\n{lines}")
    body = statements(build)
    if not body:
        return None
    at = len(body) - int(m.matches(body[-1], LAST))
    return changed(owner, build, inserted(module, build, code, at))


REMEDY = Remedy(codes=("LD003", "LD301"), candidates=candidates, outputs="changed")
