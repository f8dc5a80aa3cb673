"""LD107: sub-layers built in ``build``, with the shapes that they get."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import libcst as cst

from layerdoctor.remedies.case import Case, Remedy
from layerdoctor.remedies.editing.calls import text
from layerdoctor.remedies.editing.methods import (
    changed,
    inserted,
    members,
    method,
    replaced,
    statements,
    with_method,
)


def candidates(case: Case) -> Iterator[cst.Module | None]:
    """Build each with the shape of the input, or with what the one before it gives.

    Where a method of the layer's own keeps Keras from building them, leave that to Keras.
    """
    owner = case.layer_class
    late = owners(case)
    if owner is None or not late:
        return
    call = method(owner, "call") or method(owner, "__call__")
    order = _in_order(call, late)
    for lines in (_each(order), _chained(order), _each(order[:1]) + _rest(order)):
        yield _built(case.module, owner, lines)
    for name in ("compute_output_shape", "compute_output_spec"):
        yield _left_to_keras(case.module, owner, name)


def owners(case: Case) -> list[str]:
    """Return the sub-layers, and the lists and tables of them, that nothing builds but a call."""
    paths = [
        each.owner
        for each in case.facts.weights
        if each.created_in == "call" and each.owner != "self"
    ]
    heads = (re.match(r"self\.\w+(?:\[[^\]]*\])?", path) for path in paths or _found_unbuilt(case))
    plain = [re.sub(r"\[\d+\]$", "[]", head[0]) for head in heads if head]
    plain = [re.sub(r"\['[^']*'\]$", ".values()[]", path) for path in plain]
    return [each for each in dict.fromkeys(plain) if not each.endswith("]") or "[]" in each]


def _found_unbuilt(case: Case) -> list[str]:
    """Return the sub-layers that a load has found unbuilt."""
    breaches = (each for check in case.facts.checks for each in check.breaches)
    return [path for each in breaches if each.kind == "unbuilt" for path in each.subjects]


def _in_order(call: cst.FunctionDef | None, late: Sequence[str]) -> list[str]:
    """Return the sub-layers in the order in which the call runs them."""
    order = _CallOrder()
    if call is not None:
        call.visit(order)

    def place(path: str) -> int:
        own = path.removesuffix("[]")
        return next((n for n, name in enumerate(order.names) if name == own), len(order.names))

    return sorted(late, key=place)


class _CallOrder(cst.CSTVisitor):
    """Collects the attributes of ``self`` that are called or gone through, the inner first."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def leave_Call(self, original_node: cst.Call) -> None:  # noqa: N802 - LibCST's name
        """Take note of what is called, behind its arguments."""
        self.names.append(text(original_node.func))

    def visit_For(self, node: cst.For) -> None:  # noqa: N802 - LibCST's name
        """Take note of what is gone through."""
        self.names.append(text(node.iter))


def _each(order: Sequence[str]) -> str:
    lines = ""
    for path in order:
        if path.endswith("[]"):
            lines += f"for layer in {path[:-2]}:\n    layer.build(SHAPE)\n"
        else:
            lines += f"{path}.build(SHAPE)\n"
    return lines


def _chained(order: Sequence[str]) -> str:
    """Build one behind the other."""
    if len(order) == 1 and not order[0].endswith("[]"):
        return ""
    shape, lines = "SHAPE", ""
    for path in order:
        if path.endswith("[]"):
            lines += f"shape = {shape}\n" if shape == "SHAPE" else ""
            lines += (
                f"for layer in {path[:-2]}:\n    layer.build(shape)\n"
                "    shape = layer.compute_output_shape(shape)\n"
            )
        else:
            lines += f"{path}.build({shape})\nshape = {path}.compute_output_shape({shape})\n"
        shape = "shape"
    body, _, last = lines.rstrip("\n").rpartition("\n")
    return f"{body}\n" if last.startswith("shape =") else lines


def _rest(order: Sequence[str]) -> str:
    """Build all but the first with what the first gives."""
    if len(order) < 2 or order[0].endswith("[]"):
        return ""
    rest = _each(order[1:]).replace("SHAPE", "shape")
    return f"shape = {order[0]}.compute_output_shape(SHAPE)\n{rest}"


def _built(module: cst.Module, owner: cst.ClassDef, lines: str) -> cst.Module | None:
    if not lines:
        return None
    build = method(owner, "build")
    if build is None:
        body = "".join(
            f"    {line}\n" for line in lines.replace("SHAPE", "input_shape").splitlines()
        )
        code = f"def build(self, input_shape):\n{body}"
        return replaced(module, owner, with_method(module, owner, code))
    if len(build.params.params) < 2:
        return None
    shape = build.params.params[1].name.value
    own = statements(build)
    at = len(own) - 1 if own and _is_end(own[-1]) else len(own)
    code = lines.replace("SHAPE", shape).replace("shape = shape\n", "")
    new = inserted(module, build, code, at)
    return replaced(module, owner, changed(owner, build, new))


def _is_end(statement: cst.CSTNode) -> bool:
    """Whether it ends ``build``, as ``super().build(...)`` and ``self.built = True`` do."""
    words = text(statement).strip()
    return words.startswith(("super()", "self.built =", "return"))


def _left_to_keras(module: cst.Module, owner: cst.ClassDef, name: str) -> cst.Module | None:
    """Return the module without a method: Keras then runs the call symbolically, and builds."""
    function = method(owner, name)
    if function is None:
        return None
    body = [each for each in members(owner) if each is not function]
    return replaced(module, owner, owner.with_deep_changes(owner.body, body=body))


REMEDY = Remedy(codes=("LD107",), candidates=candidates)
