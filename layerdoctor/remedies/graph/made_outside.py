"""LD303: what a ``tf.function`` is given, made once."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from libcst import matchers as m

from layerdoctor.remedies.case import Case, Remedy
from layerdoctor.remedies.editing.calls import text
from layerdoctor.remedies.editing.methods import changed, replaced, with_constructor_lines
from layerdoctor.remedies.editing.names import with_import
from layerdoctor.remedies.editing.statements import names_read


def candidates(case: Case) -> Iterator[cst.Module | None]:
    """Make functions in the constructor, and tensors of numbers that change."""
    statement = case.places.statement(case.line)
    if statement is None or case.enclosing_class is None:
        return
    for call in case.places.inside(cst.Call, statement):
        if case.names.meaning(call.func) == "tensorflow.function":
            yield _in_constructor(case, call, "function")
        for number, arg in enumerate(call.args):
            if isinstance(arg.value, cst.Lambda):
                yield _in_constructor(case, arg.value, _parameter(case, call, arg, number))
            elif m.matches(arg.value, m.Attribute(value=m.Name("self"))):
                name, package = case.names.known("tensorflow.constant")
                new = cst.parse_expression(f"{name}({text(arg.value)})")
                yield with_import(replaced(case.module, arg.value, new), package)


def _in_constructor(case: Case, value: cst.BaseExpression, name: str) -> cst.Module | None:
    """Return the module with an attribute in place of an expression that rests on nothing local."""
    owner = case.enclosing_class
    function = case.places.function_around(case.line)
    if owner is None or function is None:
        return None
    local = {each.name.value for each in function.params.params[1:]}
    for each in case.places.inside(cst.AssignTarget, function):
        local |= names_read(each.target)
    if names_read(value) & (local - {"self"}):
        return None
    read = cst.parse_expression(f"self.{name}")
    new = changed(owner, value, read)
    new_owner = with_constructor_lines(case.module, new, f"self.{name} = {text(value)}\n")
    return None if new_owner is None else replaced(case.module, owner, new_owner)


def _parameter(case: Case, call: cst.Call, arg: cst.Arg, number: int) -> str:
    """Return what the function called names its argument."""
    if arg.keyword is not None:
        return arg.keyword.value
    for found in m.findall(case.module, m.FunctionDef(name=m.Name(text(call.func)))):
        parameters = cst.ensure_type(found, cst.FunctionDef).params.params
        if number < len(parameters):
            return parameters[number].name.value
    return "function"


REMEDY = Remedy(codes=("LD303",), candidates=candidates)
