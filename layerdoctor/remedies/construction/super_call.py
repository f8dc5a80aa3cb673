"""LD001: the call of the base's constructor, made and made first; ``**kwargs`` handed on to it."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from libcst import matchers as m

from layerdoctor.remedies.case import Case, Remedy
from layerdoctor.remedies.editing.calls import appended
from layerdoctor.remedies.editing.methods import (
    SUPER_INIT,
    after_docstring,
    method,
    parsed,
    replaced,
    statements,
    with_body,
)

SPACE = cst.SimpleWhitespace(" ")


def candidates(case: Case) -> Iterator[cst.Module | None]:
    """Make ``super().__init__(**kwargs)`` the first line of the constructor."""
    owner = case.enclosing_class
    init = method(owner, "__init__") if owner else None
    if init is None or not statements(init):
        return
    yield _called_first(case, init)


def _called_first(case: Case, init: cst.FunctionDef) -> cst.Module | None:
    body = list(statements(init))
    first = after_docstring(init)
    own = [each for each in body if is_super_call(each)]
    if own and body[first] is own[0]:
        return None
    if own:
        body.remove(own[0])
        body.insert(first, own[0])
        return replaced(case.module, init, with_body(init, body))
    with_kwargs = taking_kwargs(init)
    name = with_kwargs.params.star_kwarg.name.value if with_kwargs.params.star_kwarg else ""
    body[first:first] = parsed(case.module, f"super().__init__(**{name})\n")
    return replaced(case.module, init, with_body(with_kwargs, body))


def is_super_call(statement: cst.CSTNode) -> bool:
    """Whether a statement is nothing but the call of the base's constructor."""
    return m.matches(statement, m.SimpleStatementLine([m.Expr(SUPER_INIT)]))


def taking_kwargs(function: cst.FunctionDef) -> cst.FunctionDef:
    """Return the function with ``**kwargs`` as its last parameter."""
    parameters = function.params
    if parameters.star_kwarg is not None:
        return function
    kwargs = cst.Param(name=cst.Name("kwargs"), star="**")
    for part in ("kwonly_params", "params"):
        found = list(getattr(parameters, part))
        if found:
            last, apart = found[-1], found[-2].comma if len(found) > 1 else None
            comma = apart if isinstance(apart, cst.Comma) else cst.Comma(whitespace_after=SPACE)
            kwargs = kwargs.with_changes(
                comma=last.comma, whitespace_after_param=last.whitespace_after_param
            )
            nothing = cst.SimpleWhitespace("")
            found[-1] = last.with_changes(comma=comma, whitespace_after_param=nothing)
            parameters = parameters.with_changes(**{part: found})
            break
    return function.with_changes(params=parameters.with_changes(star_kwarg=kwargs))


def handing_on(function: cst.FunctionDef) -> cst.FunctionDef:
    """Return the function with its ``**kwargs`` handed on to the base's constructor."""
    kwargs = function.params.star_kwarg
    for found in m.findall(function, SUPER_INIT):
        call = cst.ensure_type(found, cst.Call)
        if kwargs is not None and not any(arg.star == "**" for arg in call.args):
            new = cst.Arg(cst.Name(kwargs.name.value), star="**")
            handed = call.with_changes(args=appended(call.args, new))
            function = cst.ensure_type(function.deep_replace(call, handed), cst.FunctionDef)
    return function


REMEDY = Remedy(codes=("LD001",), candidates=candidates)
