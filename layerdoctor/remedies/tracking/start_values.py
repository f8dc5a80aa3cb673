"""How a weight is to be started so that it starts as an expression of the author's does."""

from __future__ import annotations

from dataclasses import dataclass, replace

import libcst as cst
from libcst import matchers as m

from layerdoctor.remedies.case import Case
from layerdoctor.remedies.editing.calls import keyword, positional, text

NORMAL = {"mean": "mean", "stddev": "stddev"}
UNIFORM = {"minval": "minval", "maxval": "maxval"}
DRAWS = {
    "tensorflow.random.normal": ("RandomNormal", NORMAL),
    "tensorflow.random.truncated_normal": ("TruncatedNormal", NORMAL),
    "tensorflow.random.uniform": ("RandomUniform", UNIFORM),
    "keras.random.normal": ("RandomNormal", NORMAL),
    "keras.random.truncated_normal": ("TruncatedNormal", NORMAL),
    "keras.random.uniform": ("RandomUniform", UNIFORM),
}
USUAL = {
    "RandomNormal": {"stddev": "1.0"},
    "TruncatedNormal": {"stddev": "1.0"},
    "RandomUniform": {"minval": "0.0", "maxval": "1.0"},
}
"""The defaults of the functions, which are not those of the initializers."""
FILLS = {
    f"{package}.{name}": name
    for package in ("tensorflow", "numpy", "keras.ops")
    for name in ("zeros", "ones")
}
FULL = ("tensorflow.fill", "numpy.full", "keras.ops.full")


@dataclass(frozen=True, slots=True)
class Start:
    """The shape and the initializer of a weight, as they are written."""

    shape: str
    initializer: str
    package: str | None = None
    """What has to be imported for it."""
    spent: cst.SimpleStatementLine | None = None
    """The statement that computed the values, where nothing else reads them."""


def start_of(case: Case, value: cst.BaseExpression) -> Start | None:
    """Return how to start a weight as the expression does; None where it is no known way."""
    if isinstance(value, cst.Name):
        return _through_name(case, value)
    return _through_call(case, value) if isinstance(value, cst.Call) else None


def _through_call(case: Case, value: cst.Call) -> Start | None:
    """Return how a call makes values of the shape that it is given."""
    meaning = case.names.meaning(value.func)
    shape = keyword(value, "shape") or keyword(value, "dims") or next(iter(positional(value)), None)
    if shape is None:
        return None
    written = text(shape.value)
    if meaning in DRAWS:
        return _drawn(case, value, written, *DRAWS[meaning])
    if meaning in FULL and len(value.args) == 2:
        name, package = case.names.known("keras.initializers.Constant")
        return Start(written, f"{name}({text(value.args[1].value)})", package)
    initializer = f'"{FILLS[meaning]}"' if meaning in FILLS else _initializer(case, value.func)
    return Start(written, initializer) if initializer else None


def _drawn(
    case: Case, value: cst.Call, shape: str, kind: str, parameters: dict[str, str]
) -> Start | None:
    others = {arg.keyword.value for arg in value.args if arg.keyword}
    if others - {*parameters, "shape", "seed", "dtype"} or len(positional(value)) > 1:
        return None
    said = dict(USUAL[kind])
    for theirs, ours in parameters.items():
        if (arg := keyword(value, theirs)) is not None:
            said[ours] = text(arg.value)
    words = ", ".join(f"{key}={written}" for key, written in said.items())
    name, package = case.names.known(f"keras.initializers.{kind}")
    return Start(shape, f"{name}({words})", package)


def _initializer(case: Case, function: cst.BaseExpression) -> str | None:
    """Return what is called to make the values, where it is an initializer."""
    made = function
    if isinstance(function, cst.Name):
        statement = _assignment(case, function)
        made = statement[1] if statement else function
    if not isinstance(made, cst.Call):
        return None
    meaning = case.names.meaning(made.func)
    is_one = meaning.startswith(("keras.initializers.", "tensorflow.initializers."))
    return text(function) if is_one or meaning.endswith("_initializer") else None


def _through_name(case: Case, name: cst.Name) -> Start | None:
    """Return how a local name's values are made."""
    found = _assignment(case, name)
    if found is None:
        return None
    statement, value = found
    start = start_of(case, value)
    function = case.places.around(name, cst.FunctionDef)
    assert function is not None
    reads = [each for each in m.findall(function, m.Name(name.value)) if each is not name]
    return start and replace(start, spent=statement if len(reads) == 1 else None)


def _assignment(
    case: Case, name: cst.Name
) -> tuple[cst.SimpleStatementLine, cst.BaseExpression] | None:
    """Return the one statement of the function that gives a local name its value."""
    function = case.places.around(name, cst.FunctionDef)
    if function is None:
        return None
    found = [
        (line, each.value)
        for line in case.places.inside(cst.SimpleStatementLine, function)
        for each in line.body
        if isinstance(each, cst.Assign) and text(each.targets[0].target) == name.value
    ]
    return found[0] if len(found) == 1 else None
