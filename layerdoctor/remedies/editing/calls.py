"""The arguments of a call: read, added, renamed, removed."""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

EQUAL = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))


def keyword(call: cst.Call, name: str) -> cst.Arg | None:
    """Return the keyword argument of a name."""
    return next((arg for arg in call.args if arg.keyword and arg.keyword.value == name), None)


def positional(call: cst.Call) -> list[cst.Arg]:
    """Return the arguments that have no name."""
    return [arg for arg in call.args if arg.keyword is None and not arg.star]


def with_keyword(call: cst.Call, name: str, value: str) -> cst.Call:
    """Return the call with a keyword argument, in the place of one of that name if there is one."""
    expression = cst.parse_expression(value)
    old = keyword(call, name)
    if old is not None:
        return call.with_deep_changes(old, value=expression)
    new = cst.Arg(keyword=cst.Name(name), value=expression, equal=EQUAL)
    return call.with_changes(args=appended(call.args, new))


def appended(args: Iterable[cst.Arg], new: cst.Arg) -> list[cst.Arg]:
    """Return arguments with one more; it goes on a line of its own where the others do."""
    found = list(args)
    if not found:
        return [new]
    *before, last = found
    if isinstance(last.comma, cst.Comma):  # a trailing comma, which the new one keeps
        apart = before[-1].comma if before and isinstance(before[-1].comma, cst.Comma) else SPACE
        between = apart if len(found) > 1 else last.comma
        return [*before, last.with_changes(comma=between), new.with_changes(comma=last.comma)]
    comma = before[-1].comma if before and isinstance(before[-1].comma, cst.Comma) else SPACE
    behind = last.whitespace_after_arg
    last = last.with_changes(comma=comma, whitespace_after_arg=cst.SimpleWhitespace(""))
    return [*before, last, new.with_changes(whitespace_after_arg=behind)]


SPACE = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))


def without_keywords(call: cst.Call, *names: str) -> cst.Call:
    """Return the call without the keyword arguments of those names."""
    kept = [arg for arg in call.args if not (arg.keyword and arg.keyword.value in names)]
    if kept and len(kept) < len(call.args) and not isinstance(call.args[-1].comma, cst.Comma):
        last = call.args[-1]
        kept[-1] = kept[-1].with_changes(
            comma=last.comma, whitespace_after_arg=last.whitespace_after_arg
        )
    return call.with_changes(args=kept)


def renamed_keyword(call: cst.Call, old: str, new: str) -> cst.Call:
    """Return the call with a keyword argument under another name."""
    arg = keyword(call, old)
    return call if arg is None else call.with_deep_changes(arg, keyword=cst.Name(new))


def text(node: cst.CSTNode) -> str:
    """Return an expression as it is written."""
    return cst.Module([]).code_for_node(node)
