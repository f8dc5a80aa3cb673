"""What ``get_config`` returns: further arguments in it, in the way it is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst
from libcst import matchers as m

from layerdoctor.remedies.editing.calls import appended, text
from layerdoctor.remedies.editing.methods import (
    changed,
    inserted,
    method,
    parsed,
    statements,
    with_body,
    with_method,
)


@dataclass(frozen=True, slots=True)
class Item:
    """An argument of the constructor and the expression that the config says of it."""

    argument: str
    value: str


NEW = """\
def get_config(self):
    config = super().get_config()
    config.update({items})
    return config
"""

STRING = m.SimpleString()


def with_items(
    module: cst.Module, owner: cst.ClassDef, items: Sequence[Item], quote: str
) -> cst.ClassDef | None:
    """Return the class with a ``get_config`` that says the items as well."""
    function = method(owner, "get_config")
    if function is None:
        words = ", ".join(f"{quote}{item.argument}{quote}: {item.value}" for item in items)
        code = NEW.replace("{items}", f"{{{words}}}")
        return with_method(module, owner, code)
    for item in items:
        new = _with_item(module, function, item, quote)
        if new is None:
            return None
        owner, function = changed(owner, function, new), new
        function = method(owner, "get_config")
        assert function is not None
    return owner


def with_base(owner: cst.ClassDef) -> cst.ClassDef | None:
    """Return the class with a ``get_config`` that takes in what the base class returns."""
    function = method(owner, "get_config")
    tables = m.findall(function, m.Dict(elements=[m.AtLeastN(n=1)])) if function else []
    if function is None or not tables:
        return None
    table = cst.ensure_type(tables[0], cst.Dict)
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    if isinstance(table.lbrace.whitespace_after, cst.ParenthesizedWhitespace):
        comma = _on_lines(table, comma)
    base = cst.StarredDictElement(cst.parse_expression("super().get_config()"), comma=comma)
    new = function.deep_replace(table, table.with_changes(elements=[base, *table.elements]))
    return changed(owner, function, cst.ensure_type(new, cst.FunctionDef))


def _with_item(
    module: cst.Module, function: cst.FunctionDef, item: Item, quote: str
) -> cst.FunctionDef | None:
    key = f"{quote}{item.argument}{quote}"
    for way in (_said_otherwise, _in_dictionary, _by_subscript, _around_return):
        new = way(module, function, key, item)
        if new is not None:
            return new
    return None


def _said_otherwise(
    module: cst.Module, function: cst.FunctionDef, key: str, item: Item
) -> cst.FunctionDef | None:
    """Say something else of an argument that is in a dictionary already."""
    del module
    for element in m.findall(function, m.DictElement(key=STRING)):
        each = cst.ensure_type(element, cst.DictElement)
        if cst.ensure_type(each.key, cst.SimpleString).evaluated_value == item.argument:
            new = each.with_changes(value=cst.parse_expression(item.value))
            return cst.ensure_type(function.deep_replace(each, new), cst.FunctionDef)
    for found in m.findall(function, m.Call(func=m.Name("dict"))):
        call = cst.ensure_type(found, cst.Call)
        for arg in call.args:
            if arg.keyword and arg.keyword.value == item.argument:
                new_arg = arg.with_changes(value=cst.parse_expression(item.value))
                return cst.ensure_type(function.deep_replace(arg, new_arg), cst.FunctionDef)
    del key
    return None


def _in_dictionary(
    module: cst.Module, function: cst.FunctionDef, key: str, item: Item
) -> cst.FunctionDef | None:
    """Add to the dictionary that names other arguments, or that takes in the base's config."""
    del module
    tables = [cst.ensure_type(node, cst.Dict) for node in m.findall(function, m.Dict())]
    for table in tables:
        named = any(m.matches(each, m.DictElement(key=STRING)) for each in table.elements)
        starred = any(isinstance(each, cst.StarredDictElement) for each in table.elements)
        if named or starred:
            new = _with_element(table, key, item)
            return cst.ensure_type(function.deep_replace(table, new), cst.FunctionDef)
    for node in m.findall(function, m.Call(func=m.Name("dict"))):
        call = cst.ensure_type(node, cst.Call)
        if any(arg.keyword for arg in call.args):
            arg = cst.Arg(
                keyword=cst.Name(item.argument),
                value=cst.parse_expression(item.value),
                equal=cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace("")),
            )
            with_arg = call.with_changes(args=appended(call.args, arg))
            return cst.ensure_type(function.deep_replace(call, with_arg), cst.FunctionDef)
    return None


def _with_element(table: cst.Dict, key: str, item: Item) -> cst.Dict:
    new = cst.DictElement(cst.parse_expression(key), cst.parse_expression(item.value))
    *before, last = table.elements
    space = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    apart = before[-1].comma if before else space
    if isinstance(last.comma, cst.Comma):
        apart = apart if before else _on_lines(table, last.comma)
        new = new.with_changes(comma=last.comma)
    return table.with_changes(elements=[*before, last.with_changes(comma=apart), new])


def _on_lines(table: cst.Dict, comma: cst.Comma) -> cst.Comma:
    """Return the comma that puts the next element on a line of its own, as the first one is."""
    return comma.with_changes(whitespace_after=table.lbrace.whitespace_after)


def _by_subscript(
    module: cst.Module, function: cst.FunctionDef, key: str, item: Item
) -> cst.FunctionDef | None:
    """Add ``config["units"] = self.units`` behind the others, or before ``return config``."""
    body = statements(function)
    if not body or not m.matches(body[-1], m.SimpleStatementLine([m.Return(m.Name())])):
        return None
    returned = cst.ensure_type(
        cst.ensure_type(body[-1], cst.SimpleStatementLine).body[0], cst.Return
    )
    name = text(cst.ensure_type(returned.value, cst.Name))
    return inserted(module, function, f"{name}[{key}] = {item.value}\n", len(body) - 1)


def _around_return(
    module: cst.Module, function: cst.FunctionDef, key: str, item: Item
) -> cst.FunctionDef | None:
    """``return {**CONFIG, "units": self.units}`` in place of ``return CONFIG``."""
    body = list(statements(function))
    if not body or not m.matches(body[-1], m.SimpleStatementLine([m.Return()])):
        return None
    returned = cst.ensure_type(
        cst.ensure_type(body[-1], cst.SimpleStatementLine).body[0], cst.Return
    )
    if returned.value is None:
        return None
    code = f"return {{**{text(returned.value)}, {key}: {item.value}}}\n"
    (new,) = parsed(module, code)
    body[-1] = cst.ensure_type(new, cst.SimpleStatementLine).with_changes(
        leading_lines=cst.ensure_type(body[-1], cst.SimpleStatementLine).leading_lines
    )
    return with_body(function, body)
