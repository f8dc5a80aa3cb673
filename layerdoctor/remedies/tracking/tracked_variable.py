"""LD101: a variable that the framework tracks, with the values it has now."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from layerdoctor.facts import UntrackedVariable
from layerdoctor.remedies.case import Case, Remedy
from layerdoctor.remedies.editing.calls import (
    keyword,
    positional,
    renamed_keyword,
    text,
    with_keyword,
    without_keywords,
)
from layerdoctor.remedies.editing.methods import all_replaced
from layerdoctor.remedies.editing.names import with_import
from layerdoctor.remedies.tracking.attribute import with_attribute
from layerdoctor.remedies.tracking.start_values import start_of

MEANT = ("tensorflow.Variable", "tensorflow.compat.v2.Variable")
UNKNOWN = (
    "validate_shape",
    "caching_device",
    "import_scope",
    "experimental_enable_variable_lifting",
)
"""What a ``tf.Variable`` takes and a ``keras.Variable`` does not."""


def candidates(case: Case) -> Iterator[cst.Module | None]:
    """Make it a variable of Keras 3, trainable as it is and then not; else an attribute."""
    known = case.facts.untracked_variables
    held = [each for each in known if case.finding.is_about(each.attribute)]
    if not held:
        return
    calls = variable_calls(case) if case.facts.framework == "keras" else []
    if not calls:
        yield with_attribute(case, case.module, held[0].attribute)
        return
    frozen = not held[0].dtype.startswith(("float", "bfloat", "complex"))
    for trainable in (False,) if frozen else (None, False):
        ways = [
            _by_value(case, calls, held[0], trainable),
            _by_start(case, calls, held[0], trainable),
        ]
        for changed in reversed(ways) if held[0].created_in == "build" else ways:
            if changed is not None and not is_direct(held[0]):
                yield with_attribute(case, changed, held[0].attribute)
            else:
                yield changed


def is_direct(variable: UntrackedVariable) -> bool:
    """Whether it is held by an attribute, or a container, of the layer itself."""
    path = variable.attribute.removeprefix("self.")
    return variable.holder in ("attribute", "call") and "." not in path.partition("[")[0]


def variable_calls(case: Case) -> list[cst.Call]:
    """Return the calls on the finding's line that make a ``tf.Variable``."""
    statement = case.places.statement(case.line)
    if statement is None:
        return []
    calls = case.places.inside(cst.Call, statement)
    return [call for call in calls if case.names.meaning(call.func) in MEANT]


def _by_value(
    case: Case, calls: list[cst.Call], variable: UntrackedVariable, trainable: bool | None
) -> cst.Module | None:
    """Return the module with variables of Keras 3 in place of those of TensorFlow."""
    name, package = case.names.known("keras.Variable")
    pairs = []
    for call in calls:
        new = _converted(call, name, variable)
        if new is None:
            return None
        if trainable is not None:
            new = with_keyword(new, "trainable", str(trainable))
        pairs.append((call, new))
    return with_import(all_replaced(case.module, pairs), package)


def _by_start(
    case: Case, calls: list[cst.Call], variable: UntrackedVariable, trainable: bool | None
) -> cst.Module | None:
    """Return the module with weights that are started by initializers, as Keras would rather."""
    name, package = case.names.known("keras.Variable")
    pairs: list[tuple[cst.CSTNode, cst.CSTNode | cst.RemovalSentinel]] = []
    for call in calls:
        value = keyword(call, "initial_value") or next(iter(positional(call)), None)
        start = start_of(case, value.value) if value else None
        if start is None:
            return None
        said = {"initializer": start.initializer, "shape": start.shape}
        if (given := keyword(call, "name")) is not None:
            said["name"] = text(given.value)
        if variable.dtype != "float32":
            said["dtype"] = f'"{variable.dtype}"'
        if (fixed := keyword(call, "trainable")) is not None or trainable is not None:
            said["trainable"] = text(fixed.value) if trainable is None and fixed else "False"
        is_own = case.places.around(call, cst.ClassDef) is case.layer_class
        function = "self.add_weight" if is_own else name
        words = ", ".join(f"{key}={written}" for key, written in said.items())
        pairs.append((call, cst.parse_expression(f"{function}({words})")))
        if start.spent is not None:
            pairs.append((start.spent, cst.RemoveFromParent()))
        package = start.package or (None if is_own else package)
    return with_import(all_replaced(case.module, pairs), package)


def _converted(call: cst.Call, name: str, variable: UntrackedVariable) -> cst.Call | None:
    """Return the call of ``keras.Variable``; None for arguments that it does not take."""
    values = positional(call)
    if len(values) > 1 or any(arg.star for arg in call.args):
        return None
    new = renamed_keyword(call, "initial_value", "initializer")
    new = without_keywords(new, *UNKNOWN).with_changes(func=cst.parse_expression(name))
    value = keyword(new, "initializer") or next(iter(positional(new)), None)
    if value is None:
        return None
    if isinstance(value.value, cst.Lambda):
        new = new.with_deep_changes(value, value=value.value.body)
    is_number = text(value.value).lstrip("-").replace(".", "", 1).isdigit()
    if is_number and keyword(new, "dtype") is None:
        new = with_keyword(new, "dtype", f'"{variable.dtype}"')
    return new


REMEDY = Remedy(codes=("LD101",), candidates=candidates)
