"""What an expression of `call` is where there are no inputs yet, but their shapes."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from libcst import matchers as m

from layerdoctor.remedies.case import Case
from layerdoctor.remedies.editing.calls import keyword, positional, text
from layerdoctor.remedies.editing.methods import all_replaced, method
from layerdoctor.remedies.editing.names import dotted
from layerdoctor.remedies.editing.statements import assignments, names_read
from layerdoctor.remedies.tracking.attribute import assigned

SHAPES = ("tensorflow.shape", "keras.ops.shape", "keras.backend.int_shape")
ELEMENTWISE = {
    "abs", "cast", "dropout", "elu", "exp", "gelu", "identity", "l2_normalize", "leaky_relu",
    "log", "relu", "selu", "sigmoid", "silu", "softmax", "softplus", "sqrt", "square", "swish",
    "tanh",
}  # fmt: skip
REDUCING = {
    f"{prefix}{name}" for prefix in ("", "reduce_") for name in ("max", "mean", "min", "sum")
}


class FromCall:
    """Reads the method `call` of a class for its constructor and its `build`."""

    def __init__(self, case: Case, owner: cst.ClassDef, call: cst.FunctionDef) -> None:
        self._case = case
        self._owner = owner
        self._call = call
        self.inputs = [each.name.value for each in call.params.params[1:] if each.default is None]
        given = {each.name.value for each in call.params.params[1:]}
        lines = m.findall(call, m.SimpleStatementLine())
        targets = {path for line in lines for path in assigned(line)}
        self._local = given | {each.strip() for path in targets for each in path.split(",")}

    def shape_names(self) -> dict[str, str]:
        """Return what `build` calls, or may call, the shape of each input."""
        build = method(self._owner, "build")
        if build is not None:
            own = [each.name.value for each in build.params.params[1:]]
            return dict(zip(self.inputs, own, strict=False))
        if len(self.inputs) == 1:
            return {self.inputs[0]: "input_shape"}
        return {name: f"{name}_shape" for name in self.inputs}

    def is_free(self, expression: cst.BaseExpression) -> bool:
        """Whether an expression means the same outside `call`."""
        return not names_read(expression) & self._local

    def in_build(self, expression: cst.BaseExpression) -> str | None:
        """Return what an expression is in `build`; None for one that needs an input itself."""
        if self.is_free(expression):
            return text(expression)
        written = self._resolved(expression)
        if isinstance(expression, cst.Name):  # alone, it needs no parentheses
            written = written.with_changes(lpar=[], rpar=[])
        return text(written) if self.is_free(written) else None

    def _resolved(self, expression: cst.BaseExpression, depth: int = 5) -> cst.BaseExpression:
        module = cst.Module([cst.SimpleStatementLine([cst.Expr(expression)])])
        module = all_replaced(module, [*self._shapes_in(module)])
        expression = _only(module)
        if depth and not self.is_free(expression):
            pairs: list[tuple[cst.CSTNode, cst.CSTNode]] = []
            for found in m.findall(module, m.Name()):
                name = cst.ensure_type(found, cst.Name)
                if name.value in names_read(expression) & self._local:
                    value = self._value_of(name.value)
                    if value is not None:
                        pairs.append((found, value))
            if pairs:
                return self._resolved(_only(all_replaced(module, pairs)), depth - 1)
        return expression

    def _shapes_in(self, module: cst.Module) -> Iterator[tuple[cst.CSTNode, cst.CSTNode]]:
        """Yield the shapes and types of inputs, and what they are in `build`."""
        names = self.shape_names()
        for found in m.findall(module, m.Attribute(attr=m.Name("dtype"), value=m.Name())):
            if dotted(found).partition(".")[0] in self._local:
                yield found, cst.parse_expression("self.variable_dtype")
        for found in m.findall(module, m.Attribute(attr=m.Name("shape"), value=m.Name())):
            name = dotted(found).partition(".")[0]
            if name in names:
                yield found, cst.Name(names[name])
        for found in m.findall(module, m.Call()):
            call = cst.ensure_type(found, cst.Call)
            name = dotted(call.func).removesuffix(".get_shape")
            if name in names and name != dotted(call.func):
                yield call, cst.Name(names[name])
            is_shape = self._case.names.meaning(call.func) in SHAPES and len(call.args) == 1
            if is_shape and dotted(call.args[0].value) in names:
                yield call, cst.Name(names[dotted(call.args[0].value)])

    def _value_of(self, name: str) -> cst.BaseExpression | None:
        """Return what the one assignment of a local name gives to it."""
        values = [value for _, each, value in assignments(self._call) if each == name]
        unpacked = [*self._unpacked(name)]
        if len(values) + len(unpacked) != 1 or name in self.inputs:
            return None
        code = text((values or unpacked)[0])
        return cst.parse_expression(
            code if m.matches((values or unpacked)[0], ATOMS) else f"({code})"
        )

    def _unpacked(self, name: str) -> Iterator[cst.BaseExpression]:
        """Yield ``x.shape[2]`` for ``c`` in ``a, b, c = x.shape``."""
        tuples = m.Assign(targets=[m.AssignTarget(target=m.Tuple())])
        for found in m.findall(self._call, tuples):
            assign = cst.ensure_type(found, cst.Assign)
            elements = cst.ensure_type(assign.targets[0].target, cst.Tuple).elements
            for index, element in enumerate(elements):
                if not m.matches(element.value, m.Name(name)):
                    continue
                if isinstance(assign.value, cst.Tuple) and len(assign.value.elements) > index:
                    yield assign.value.elements[index].value
                else:
                    at = -1 if index == len(elements) - 1 else index
                    yield cst.parse_expression(f"{text(assign.value)}[{at}]")

    def shape_of(self, expression: cst.BaseExpression, line: int) -> str | None:
        """Return the shape in `build` of a tensor in `call`; None where that is not known."""
        if isinstance(expression, cst.Name):
            return self._shape_of_name(expression.value, line)
        if isinstance(expression, cst.BinaryOperation):
            left = self.shape_of(expression.left, line)
            return left or self.shape_of(expression.right, line)
        if isinstance(expression, cst.Call) and expression.args:
            first = self.shape_of(expression.args[0].value, line)
            return None if first is None else self._after_call(expression, first)
        return None

    def _after_call(self, call: cst.Call, shape: str) -> str | None:
        """Return the shape of what a function, or a layer, makes of a tensor of a shape."""
        name = self._case.names.meaning(call.func).rpartition(".")[2]
        if name in ELEMENTWISE:
            return shape
        if name in REDUCING:
            return self._reduced(call, shape)
        units = self._units(call.func)
        if units is not None:
            return _with_last(shape, units)
        layer = dotted(call.func)
        is_kept = layer.startswith("self.") and self._made(layer) is not None
        return f"{layer}.compute_output_shape({shape})" if is_kept else None

    def _shape_of_name(self, name: str, line: int) -> str | None:
        range_of = self._case.places.range
        before = [
            (range_of(statement).start.line, value)
            for statement, each, value in assignments(self._call)
            if each == name and range_of(statement).start.line < line
        ]
        if before:
            at, value = before[-1]
            return self.shape_of(value, at)
        return self.shape_names().get(name)

    def _reduced(self, call: cst.Call, shape: str) -> str | None:
        """Return a shape without the axes that are reduced, for an input of known rank."""
        given = keyword(call, "axis") or next(iter(positional(call)[1:]), None)
        inputs = self._case.facts.inputs
        rank = len(inputs[0].shape or ()) if inputs else 0
        if not rank or given is None or keyword(call, "keepdims") or not shape.isidentifier():
            return None
        axes = {int(each) % rank for each in text(given.value).strip("[]()").split(",") if each}
        kept = [axis for axis in range(rank) if axis not in axes]
        sizes = [f"{shape}[{-1 if axis == rank - 1 else axis}]" for axis in kept]
        return f"({', '.join(sizes)}{',' * (len(sizes) == 1)})"

    def _units(self, made: cst.BaseExpression) -> str | None:
        """Return the units of a dense layer, made in place or before."""
        making = made if isinstance(made, cst.Call) else self._made(dotted(made))
        if making is None or not self._case.names.meaning(making.func).endswith("Dense"):
            return None
        units = keyword(making, "units") or next(iter(positional(making)), None)
        return self.in_build(units.value) if units else None

    def _made(self, attribute: str) -> cst.Call | None:
        for line in m.findall(self._owner, m.SimpleStatementLine()):
            if attribute in assigned(line):
                value = m.findall(line, m.Assign(value=m.Call()))
                if value:
                    return cst.ensure_type(cst.ensure_type(value[0], cst.Assign).value, cst.Call)
        return None


ATOMS = m.Name() | m.Attribute() | m.Subscript() | m.Call() | m.Integer()


def _only(module: cst.Module) -> cst.BaseExpression:
    line = cst.ensure_type(module.body[0], cst.SimpleStatementLine)
    return cst.ensure_type(line.body[0], cst.Expr).value


def _with_last(shape: str, size: str) -> str:
    """Return a shape with another last size."""
    if shape.startswith("("):
        sizes = shape.strip("()").split(", ")
        return f"({', '.join([*sizes[:-1], size])})"
    return f"(*{shape}[:-1], {size})"
