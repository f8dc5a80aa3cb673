"""The methods of a class: found, added, and given further statements."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst
from libcst import matchers as m

ORDER = (
    "__init__",
    "build",
    "call",
    "__call__",
    "compute_mask",
    "compute_output_shape",
    "get_config",
)
"""In which order authors write the methods that remedies add."""

SUPER_INIT = m.Call(func=m.Attribute(value=m.Call(m.Name("super")), attr=m.Name("__init__")))


def method(node: cst.ClassDef, name: str) -> cst.FunctionDef | None:
    """Return a method that the class itself defines."""
    return next(
        (each for each in members(node) if isinstance(each, cst.FunctionDef) and _is(each, name)),
        None,
    )


def members(node: cst.ClassDef) -> Sequence[cst.BaseStatement]:
    """Return the statements of a class whose body has lines of its own."""
    return node.body.body if isinstance(node.body, cst.IndentedBlock) else ()


def statements(function: cst.FunctionDef) -> Sequence[cst.BaseStatement]:
    """Return the statements of a function whose body has lines of its own."""
    return function.body.body if isinstance(function.body, cst.IndentedBlock) else ()


def parsed(module: cst.Module, code: str) -> list[cst.BaseStatement]:
    """Return statements as the module writes them: its indentation, its ends of lines."""
    found = cst.parse_module(code, config=module.config_for_parsing)
    body: list[cst.BaseStatement] = list(found.body)
    if found.header and isinstance(body[0], cst.SimpleStatementLine):
        body[0] = body[0].with_changes(leading_lines=[*found.header, *body[0].leading_lines])
    return body


def with_body(owner: cst.FunctionDef, body: Sequence[cst.BaseStatement]) -> cst.FunctionDef:
    """Return the function with other statements."""
    return owner.with_deep_changes(owner.body, body=body)


def inserted(module: cst.Module, function: cst.FunctionDef, code: str, at: int) -> cst.FunctionDef:
    """Return the function with statements at a place in its body."""
    body = list(statements(function))
    body[at:at] = parsed(module, code)
    return with_body(function, body)


def changed(node: cst.ClassDef, old: cst.CSTNode, new: cst.CSTNode) -> cst.ClassDef:
    """Return the class with one node in place of another."""
    return cst.ensure_type(node.deep_replace(old, new), cst.ClassDef)


def replaced(module: cst.Module, old: cst.CSTNode, new: cst.CSTNode) -> cst.Module:
    """Return the module with one node in place of another; its other nodes are copies."""
    return cst.ensure_type(module.deep_replace(old, new), cst.Module)


def all_replaced(
    module: cst.Module, pairs: Sequence[tuple[cst.CSTNode, cst.CSTNode | cst.RemovalSentinel]]
) -> cst.Module:
    """Return the module with nodes in place of others, or without them; none lies in another."""
    return module.visit(_Replacing(pairs))


class _Replacing(cst.CSTTransformer):
    def __init__(
        self, pairs: Sequence[tuple[cst.CSTNode, cst.CSTNode | cst.RemovalSentinel]]
    ) -> None:
        super().__init__()
        self._new = {id(old): new for old, new in pairs}

    def on_leave(  # type: ignore[override]
        self, original_node: cst.CSTNode, updated_node: cst.CSTNode
    ) -> cst.CSTNode | cst.RemovalSentinel:
        """Return what stands in the place of a node."""
        return self._new.get(id(original_node), updated_node)


def with_method(module: cst.Module, node: cst.ClassDef, code: str) -> cst.ClassDef:
    """Return the class with another method, where authors usually have it."""
    (new,) = parsed(module, code)
    function = cst.ensure_type(new, cst.FunctionDef)
    body = list(members(node))
    at = _place(body, function.name.value)
    blank = cst.EmptyLine(indent=False)
    if at > 0:
        function = function.with_changes(leading_lines=[blank])
    if at < len(body):
        follower = body[at]
        lines = getattr(follower, "leading_lines", ())
        if not any(line.comment is None for line in lines):
            body[at] = follower.with_changes(leading_lines=[blank, *lines])
    body.insert(at, function)
    return changed(node, node.body, node.body.with_changes(body=body))


def _place(body: Sequence[cst.BaseStatement], name: str) -> int:
    """Return the index at which a method goes: behind all that come before it."""
    before = ORDER[: ORDER.index(name)] if name in ORDER else ORDER
    after = ORDER[ORDER.index(name) + 1 :] if name in ORDER else ()
    at = len(body)
    for index, each in enumerate(body):
        if isinstance(each, cst.FunctionDef) and each.name.value in before:
            at = index + 1
    if at == len(body):
        followers = [
            index
            for index, each in enumerate(body)
            if isinstance(each, cst.FunctionDef) and each.name.value in after
        ]
        later = [index for index in followers if all(index > b for b in _befores(body, before))]
        at = min(later, default=at)
    return at


def _befores(body: Sequence[cst.BaseStatement], names: Sequence[str]) -> list[int]:
    return [
        index
        for index, each in enumerate(body)
        if isinstance(each, cst.FunctionDef) and each.name.value in names
    ]


def _is(each: cst.FunctionDef, name: str) -> bool:
    return each.name.value == name


def after_super(function: cst.FunctionDef) -> int:
    """Return the index behind the call of the base's constructor, else behind the docstring."""
    body = statements(function)
    calls = [i for i, each in enumerate(body) if m.findall(each, SUPER_INIT)]
    return calls[-1] + 1 if calls else after_docstring(function)


def after_docstring(function: cst.FunctionDef) -> int:
    """Return the index of the first statement that is no docstring."""
    body = statements(function)
    has = body and m.matches(body[0], m.SimpleStatementLine([m.Expr(m.SimpleString())]))
    return int(bool(has))


CONSTRUCTOR = """\
def __init__(self, **kwargs):
    super().__init__(**kwargs)
"""


def with_declaration(module: cst.Module, node: cst.ClassDef, code: str) -> cst.ClassDef | None:
    """Return the class with statements behind the call of the base's constructor."""
    init = method(node, "__init__")
    if init is None:
        return with_constructor_lines(module, node, code)
    return changed(node, init, inserted(module, init, code, after_super(init)))


def with_constructor_lines(
    module: cst.Module, node: cst.ClassDef, code: str
) -> cst.ClassDef | None:
    """Return the class with statements at the end of its constructor, which may be new."""
    init = method(node, "__init__")
    if init is None:
        lines = "".join(f"    {line}\n" for line in code.splitlines())
        return with_method(module, node, CONSTRUCTOR + lines)
    if not statements(init):
        return None
    return changed(node, init, inserted(module, init, code, len(statements(init))))


def with_parameter(function: cst.FunctionDef, name: str, default: str) -> cst.FunctionDef:
    """Return the function with another parameter behind the positional ones, unless it has it."""
    parameters = function.params
    own = [*parameters.posonly_params, *parameters.params, *parameters.kwonly_params]
    if any(each.name.value == name for each in own) or not parameters.params:
        return function
    *before, last = parameters.params
    apart = before[-1].comma if before else cst.MaybeSentinel.DEFAULT
    new = cst.Param(
        name=cst.Name(name),
        default=cst.parse_expression(default),
        equal=cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace("")),
        comma=last.comma,
        whitespace_after_param=last.whitespace_after_param,
    )
    last = last.with_changes(comma=apart, whitespace_after_param=cst.SimpleWhitespace(""))
    return function.with_deep_changes(parameters, params=[*before, last, new])
