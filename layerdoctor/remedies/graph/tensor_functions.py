"""LD202, LD401, LD404, LD405: TensorFlow's functions for what needs the values of a tensor."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from libcst import matchers as m

from layerdoctor.remedies.case import Case, Remedy
from layerdoctor.remedies.editing.calls import text
from layerdoctor.remedies.editing.names import Names, with_import

NUMPY = {
    "amax": "reduce_max",
    "amin": "reduce_min",
    "any": "reduce_any",
    "all": "reduce_all",
    "max": "reduce_max",
    "mean": "reduce_mean",
    "min": "reduce_min",
    "prod": "reduce_prod",
    "std": "math.reduce_std",
    "sum": "reduce_sum",
    "var": "math.reduce_variance",
    "concatenate": "concat",
    "clip": "clip_by_value",
    "expand_dims": "expand_dims",
    "log": "math.log",
    "power": "pow",
    "absolute": "abs",
}
"""The functions of NumPy that TensorFlow calls otherwise; those of one name are not here."""

SAME = {
    "abs", "argmax", "argmin", "cos", "cumsum", "einsum", "exp", "eye", "floor", "linspace",
    "matmul", "maximum", "minimum", "ones_like", "reshape", "round", "sign", "sin", "sqrt",
    "square", "squeeze", "stack", "tanh", "tile", "transpose", "where", "zeros_like", "ones",
    "zeros", "split", "sort", "argsort", "repeat", "roll",
}  # fmt: skip

METHODS = {"max", "min", "mean", "sum", "prod", "any", "all", "std", "var"}
"""The methods of arrays that are functions of tensors."""
AWAY = ("tensorflow.numpy_function", "tensorflow.py_function")
"""What calls a function of NumPy from a graph, where no gradient comes back."""

BUILTIN = {"max": "maximum", "min": "minimum"}
CONVERSIONS = ("float", "int", "bool")


def candidates(case: Case) -> Iterator[cst.Module | None]:
    """Change the function that fails: first the failing line alone, then all of its kind."""
    function = case.places.function_around(case.line)
    if function is None:
        return
    statement = case.places.statement(case.line)
    for scope in (statement, function):
        if scope is not None:
            yield _changed(case, scope)


def _changed(case: Case, scope: cst.CSTNode) -> cst.Module | None:
    rewriting = Rewriting(case.names)
    new = scope.visit(rewriting)
    if not isinstance(new, cst.CSTNode) or not rewriting.changed:
        return None
    module = cst.ensure_type(case.module.deep_replace(scope, new), cst.Module)
    return with_import(module, rewriting.package)


class Rewriting(cst.CSTTransformer):
    """Writes what works on values as operations of TensorFlow."""

    def __init__(self, names: Names) -> None:
        super().__init__()
        self._names = names
        self._tf, self._package = names.known("tensorflow")
        self.changed = False
        self._imports = False

    @property
    def package(self) -> str | None:
        """The package to import for what was written."""
        return self._package if self._imports else None

    def _made(self, node: cst.BaseExpression, *, tensorflow: bool = True) -> cst.BaseExpression:
        self.changed = True
        self._imports |= tensorflow
        return node

    def leave_Call(  # noqa: N802 - LibCST's name
        self, original_node: cst.Call, updated_node: cst.Call
    ) -> cst.BaseExpression:
        """Rewrite one call."""
        del original_node
        ways = (self._value, self._size, self._brought_back, self._method, self._renamed)
        found = (way(updated_node) for way in ways)
        return next((each for each in found if each is not None), updated_node)

    def _value(self, call: cst.Call) -> cst.BaseExpression | None:
        """Leave ``.numpy()`` and ``float(x)`` out; ``int(x)`` becomes a cast, but for a size."""
        taking = m.Attribute(attr=m.Name("numpy") | m.Name("item"))
        if m.matches(call.func, taking) and not call.args:
            return self._made(cst.ensure_type(call.func, cst.Attribute).value, tensorflow=False)
        meaning = self._names.meaning(call.func)
        if meaning not in CONVERSIONS or len(call.args) != 1:
            return None
        value = call.args[0].value
        if meaning == "int" and not m.matches(value, m.Subscript()):
            cast = f"{self._tf}.cast({text(value)}, {self._tf}.int32)"
            return self._made(cst.parse_expression(cast))
        return self._made(value, tensorflow=False)

    def _size(self, call: cst.Call) -> cst.BaseExpression | None:
        """``tf.shape(x)[0]`` in place of ``len(x)``."""
        if self._names.meaning(call.func) != "len" or len(call.args) != 1:
            return None
        written = f"{self._tf}.shape({text(call.args[0].value)})[0]"
        return self._made(cst.parse_expression(written))

    def _renamed(self, call: cst.Call) -> cst.BaseExpression | None:
        """Call TensorFlow's function in place of one of Python's or NumPy's."""
        meaning = self._names.meaning(call.func)
        package, _, name = meaning.partition(".")
        if meaning in BUILTIN and len(call.args) == 2 and not any(a.keyword for a in call.args):
            return self._made(call.with_changes(func=self._function(BUILTIN[meaning])))
        if package == "numpy" and (name in NUMPY or name in SAME):
            return self._made(call.with_changes(func=self._function(NUMPY.get(name, name))))
        return None

    def _brought_back(self, call: cst.Call) -> cst.BaseExpression | None:
        """``tf.sort(x)`` in place of ``tf.numpy_function(np.sort, [x], x.dtype)``."""
        values = [arg.value for arg in call.args]
        if self._names.meaning(call.func) not in AWAY or len(values) < 2:
            return None
        if not isinstance(values[1], cst.List):
            return None
        package, _, name = self._names.meaning(values[0]).partition(".")
        if package != "numpy" or not (name in NUMPY or name in SAME):
            return None
        given = ", ".join(text(each.value) for each in values[1].elements)
        return self._made(cst.parse_expression(f"{self._tf}.{NUMPY.get(name, name)}({given})"))

    def _method(self, call: cst.Call) -> cst.BaseExpression | None:
        """``tf.reduce_max(tf.abs(x))`` in place of ``tf.abs(x).max()``, which was an array."""
        function = call.func
        if not isinstance(function, cst.Attribute) or function.attr.value not in METHODS:
            return None
        owner = function.value
        if not isinstance(owner, cst.Call) or not text(owner.func).startswith(f"{self._tf}."):
            return None
        name = NUMPY[function.attr.value]
        given = "".join(f", {text(arg).rstrip(', ')}" for arg in call.args)
        return self._made(cst.parse_expression(f"{self._tf}.{name}({text(owner)}{given})"))

    def _function(self, name: str) -> cst.BaseExpression:
        return cst.parse_expression(f"{self._tf}.{name}")


REMEDY = Remedy(codes=("LD202", "LD401", "LD404", "LD405"), candidates=candidates)
