"""LD506: `training` handed on, and draws that are made in training only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst
from libcst import matchers as m

from layerdoctor.remedies.case import Case, Remedy
from layerdoctor.remedies.editing.calls import keyword, positional, text, with_keyword
from layerdoctor.remedies.editing.methods import (
    changed,
    method,
    parsed,
    replaced,
    with_constructor_lines,
    with_parameter,
)
from layerdoctor.remedies.editing.names import with_import
from layerdoctor.remedies.editing.statements import Pair, name_nodes, plain, restated
from layerdoctor.remedies.graph.from_call import FromCall

DROPOUTS = ("tensorflow.nn.dropout", "keras.random.dropout", "keras.backend.dropout")
DRAWING = ("tensorflow.random.", "keras.random.", "keras.backend.random_")
OF_GENERATORS = ("normal", "truncated_normal", "uniform", "binomial")
"""The methods by which a ``tf.random.Generator`` draws."""
NEUTRAL = {cst.Add: "0.0", cst.Subtract: "0.0", cst.Multiply: "1.0", cst.Divide: "1.0"}
"""What changes nothing, by what it is joined with."""


@dataclass(frozen=True, slots=True)
class DrawCall:
    """A random draw and what it is joined with."""

    call: cst.Call
    statement: cst.SimpleStatementLine
    joined: cst.BinaryOperation
    kept: cst.BaseExpression
    """The operand that stays without the draw."""
    joined_in: cst.SimpleStatementLine


def candidates(case: Case) -> Iterator[cst.Module | None]:
    """Hand ``training`` on, drop by a layer of Keras, draw ``if training``, or draw nothing."""
    owner = case.enclosing_class
    call = method(owner, "call") if owner else None
    statement = case.places.statement(case.line)
    if owner is None or call is None or statement is None:
        return
    yield _handed_on(case, call, statement)
    yield _by_layer(case, owner, call, statement)
    draw = _draw(case, call, statement)
    if draw is not None:
        yield _behind_if(case, call, draw)
        yield _taking_training(case, call, _neutral(case, draw))
    yield _everywhere(case, call)


def _taking_training(case: Case, call: cst.FunctionDef, pairs: list[Pair]) -> cst.Module | None:
    """Return the module with the changes, and with a parameter ``training`` of the call."""
    if not pairs:
        return None
    new = with_parameter(restated(call, pairs), "training", "False")
    return replaced(case.module, call, new)


def _handed_on(
    case: Case, call: cst.FunctionDef, statement: cst.SimpleStatementLine
) -> cst.Module | None:
    """``training=training`` in place of ``training=True``."""
    pairs = _always_on(statement) if _is_inside(case, statement, call) else []
    return _taking_training(case, call, pairs)


def _always_on(scope: cst.CSTNode) -> list[Pair]:
    always = m.findall(scope, m.Arg(keyword=m.Name("training"), value=m.Name("True")))
    values = (cst.ensure_type(each, cst.Arg).value for each in always)
    return [(value, [cst.Name("training")]) for value in values]


def _is_inside(case: Case, node: cst.CSTNode, outer: cst.CSTNode) -> bool:
    return any(each is outer for each in case.places.parents(node))


def _everywhere(case: Case, call: cst.FunctionDef) -> cst.Module | None:
    """Hand ``training`` on, and draw nothing without it, in the whole of the call."""
    pairs = _always_on(call)
    for statement in case.places.inside(cst.SimpleStatementLine, call):
        draw = _draw(case, call, statement)
        pairs += _neutral(case, draw) if draw is not None else []
    return _taking_training(case, call, pairs)


def _by_layer(
    case: Case, owner: cst.ClassDef, call: cst.FunctionDef, statement: cst.SimpleStatementLine
) -> cst.Module | None:
    """Drop by ``self.dropout(x, training=training)``, made in the constructor."""
    if case.facts.framework == "tf.Module":
        return None
    for found in case.places.inside(cst.Call, statement):
        values = positional(found)
        rate = keyword(found, "rate") or keyword(found, "level") or next(iter(values[1:]), None)
        is_dropout = case.names.meaning(found.func) in DROPOUTS
        if not is_dropout or rate is None or not values or keyword(found, "noise_shape"):
            continue
        if not FromCall(case, owner, call).is_free(rate.value):
            return None
        name, package = case.names.known("keras.layers.Dropout")
        own = m.Attribute(value=m.Name("self"), attr=m.Name("dropout"))
        attribute = "self.random_dropout" if m.findall(owner, own) else "self.dropout"
        new = cst.parse_expression(f"{attribute}({text(values[0].value)}, training=training)")
        handing = with_parameter(restated(call, [(found, [new])]), "training", "False")
        line = f"{attribute} = {name}({text(rate.value)})\n"
        with_line = with_constructor_lines(case.module, changed(owner, call, handing), line)
        if with_line is not None:
            return with_import(replaced(case.module, owner, with_line), package)
    return None


def _draw(case: Case, call: cst.FunctionDef, statement: cst.SimpleStatementLine) -> DrawCall | None:
    """Return the draw on the finding's line, where what it is joined with is known."""
    for found in case.places.inside(cst.Call, statement):
        if not _is_draw(case, found):
            continue
        joined = _joined(case, found)
        if joined is not None:
            return DrawCall(found, statement, *joined, statement)
        use = _only_use(case, call, statement)
        joined = _joined(case, use) if use else None
        line = case.places.around(use, cst.SimpleStatementLine) if use else None
        if joined is not None and line is not None:
            return DrawCall(found, statement, *joined, line)
    return None


def _is_draw(case: Case, call: cst.Call) -> bool:
    meaning = case.names.meaning(call.func)
    of_generator = meaning.startswith("self.") and meaning.endswith(OF_GENERATORS)
    return of_generator or meaning.startswith(DRAWING)


def _joined(case: Case, node: cst.CSTNode) -> tuple[cst.BinaryOperation, cst.BaseExpression] | None:
    """Return the sum that an expression is a term of, else the product, and the other operand."""
    product = None
    for above in case.places.parents(node):
        if isinstance(above, cst.BinaryOperation):
            other = above.right if above.left is node else above.left
            if isinstance(above.operator, (cst.Add, cst.Subtract)):
                return above, other
            if isinstance(above.operator, (cst.Multiply, cst.Divide)):
                product = (above, other)
        elif not isinstance(above, (cst.Arg, cst.Call)):
            break
        node = above
    return product


def _only_use(
    case: Case, call: cst.FunctionDef, statement: cst.SimpleStatementLine
) -> cst.Name | None:
    """Return the one place where the name is read that the statement gives its value to."""
    if not m.matches(statement, m.SimpleStatementLine([m.Assign([m.AssignTarget(m.Name())])])):
        return None
    target = cst.ensure_type(statement.body[0], cst.Assign).targets[0].target
    uses = name_nodes(case.places, call, text(target), outside=statement)
    return uses[0] if len(uses) == 1 else None


def _behind_if(case: Case, call: cst.FunctionDef, draw: DrawCall) -> cst.Module | None:
    """Draw and join ``if training``, and go on with what is there without it."""
    kept = draw.kept
    if not isinstance(kept, cst.Name) or draw.joined.left is not kept:
        return None
    joining = f"{kept.value} = {text(draw.joined)}"
    lines, pairs = [joining], list[Pair]()
    if draw.statement is not draw.joined_in:
        lines = [plain(draw.statement), joining]
        pairs.append((draw.statement, []))
    body = "".join(f"    {each}\n" for line in lines for each in line.splitlines())
    (block,) = parsed(case.module, f"if training:\n{body}")
    block = cst.ensure_type(block, cst.If)
    block = block.with_changes(leading_lines=draw.joined_in.leading_lines)
    if plain(draw.joined_in) == joining:
        pairs.append((draw.joined_in, [block]))
    elif isinstance(draw.joined_in.body[0], cst.Return):
        rest = restated(draw.joined_in, [(draw.joined, [cst.Name(kept.value)])])
        pairs.append((draw.joined_in, [block, rest.with_changes(leading_lines=[])]))
    else:
        return None
    return _taking_training(case, call, pairs)


def _neutral(case: Case, draw: DrawCall) -> list[Pair]:
    """``DRAW if training else 0.0`` in place of ``DRAW``."""
    nothing = NEUTRAL.get(type(draw.joined.operator))
    is_term = draw.statement is not draw.joined_in
    if nothing is None or not (is_term or _is_operand(case, draw)):
        return []
    code = f"{text(draw.call)} if training else {nothing}"
    assign = case.places.around(draw.call, cst.Assign)
    is_whole = assign is not None and assign.value is draw.call
    return [(draw.call, [cst.parse_expression(code if is_whole else f"({code})")])]


def _is_operand(case: Case, draw: DrawCall) -> bool:
    """Whether nothing but products lie between the draw and what it is joined with."""
    for above in case.places.parents(draw.call):
        if above is draw.joined:
            return True
        if not isinstance(above, cst.BinaryOperation):
            return False
    return False


SEEDED = {
    f"{package}.random.{name}": name
    for package in ("tensorflow", "keras")
    for name in ("normal", "uniform", "truncated_normal", "gamma", "categorical", "shuffle")
}
"""The functions that Keras has too, and draws from a seed generator."""
GENERATOR = "self.seed_generator"


def declared(case: Case) -> Iterator[cst.Module | None]:
    """Draw from a seed generator that the layer holds."""
    owner, statement = case.enclosing_class, case.places.statement(case.line)
    if owner is None or statement is None or case.facts.framework != "keras":
        return
    pairs: list[Pair] = []
    for call in case.places.inside(cst.Call, statement):
        name = SEEDED.get(case.names.meaning(call.func))
        if name is None or len(positional(call)) > 1:
            continue
        written, package = case.names.known(f"keras.random.{name}")
        renamed = call.with_changes(func=cst.parse_expression(written))
        pairs.append((call, [with_keyword(renamed, "seed", GENERATOR)]))
    generator, package = case.names.known("keras.random.SeedGenerator")
    new = restated(owner, pairs)
    if not pairs:
        return
    with_line = with_constructor_lines(case.module, new, f"{GENERATOR} = {generator}()\n")
    if with_line is not None:
        yield with_import(replaced(case.module, owner, with_line), package)


REMEDY = Remedy(codes=("LD506",), candidates=candidates, outputs="changed")
DECLARED = Remedy(codes=("LD506",), candidates=declared, outputs="changed", leaves_note=True)
