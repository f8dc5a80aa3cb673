"""LD103, LD104, LD105: a constant that is saved, as a weight that is not trained."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from libcst import matchers as m

from layerdoctor.facts import Constant
from layerdoctor.remedies.case import Case, Remedy
from layerdoctor.remedies.editing.calls import keyword, positional, text
from layerdoctor.remedies.editing.methods import members, replaced, with_constructor_lines
from layerdoctor.remedies.editing.names import with_import
from layerdoctor.remedies.tracking.attribute import assigned, attribute_name


def candidates(case: Case) -> Iterator[cst.Module | None]:
    """Make it a variable with the values that it has now, or a weight that is drawn alike."""
    constant = constant_of(case)
    if constant is None:
        return
    if constant.name.startswith("self.") and constant.holder != "class":
        value = assigned_value(case)
        if value is not None:
            if constant.created_in == "build":
                yield from (_drawn(case, constant, value), _wrapped(case, constant, value))
            else:
                yield from (_wrapped(case, constant, value), _drawn(case, constant, value))
    else:
        yield _taken_over(case, constant)


def constant_of(case: Case) -> Constant | None:
    """Return the constant that the finding is about."""
    named = (each for each in case.facts.constants if each.name == case.finding.subject)
    return next(named, None)


def assigned_value(case: Case) -> cst.BaseExpression | None:
    """Return the expression that the statement on the finding's line gives to one attribute."""
    statement = case.places.statement(case.line)
    if statement is None or len(assigned(statement)) != 1:
        return None
    (each, *_) = statement.body
    value = each.value if isinstance(each, (cst.Assign, cst.AnnAssign)) else None
    return None if isinstance(value, (cst.Tuple, cst.List, cst.Dict)) else value


def _wrapped(case: Case, constant: Constant, value: cst.BaseExpression) -> cst.Module | None:
    """``keras.Variable(VALUE, trainable=False, name="table")`` in place of ``VALUE``."""
    name, package = case.names.known(variable_class(case))
    own = attribute_name(constant)
    call = cst.parse_expression(f'{name}(x, trainable=False, name="{own}")')
    first = cst.ensure_type(call, cst.Call).args[0]
    new = cst.ensure_type(call, cst.Call).with_deep_changes(first, value=value)
    return with_import(replaced(case.module, value, new), package)


def variable_class(case: Case) -> str:
    """Return the variable that the layer's framework tracks."""
    return "keras.Variable" if case.facts.framework == "keras" else "tensorflow.Variable"


DRAWS = {
    "tensorflow.random.normal": ("RandomNormal", {"mean": "mean", "stddev": "stddev"}),
    "tensorflow.random.uniform": ("RandomUniform", {"minval": "minval", "maxval": "maxval"}),
    "tensorflow.random.truncated_normal": (
        "TruncatedNormal",
        {"mean": "mean", "stddev": "stddev"},
    ),
    "keras.random.normal": ("RandomNormal", {"mean": "mean", "stddev": "stddev"}),
    "keras.random.uniform": ("RandomUniform", {"minval": "minval", "maxval": "maxval"}),
}
USUAL = {
    "RandomNormal": {"stddev": "1.0"},
    "TruncatedNormal": {"stddev": "1.0"},
    "RandomUniform": {"minval": "0.0", "maxval": "1.0"},
}
"""The defaults of TensorFlow's functions, which are not those of the initializers."""


def _drawn(case: Case, constant: Constant, value: cst.BaseExpression) -> cst.Module | None:
    """``self.add_weight(..., initializer=..., trainable=False)`` in place of what is drawn."""
    known = DRAWS.get(case.names.meaning(value.func)) if isinstance(value, cst.Call) else None
    if known is None or not isinstance(value, cst.Call) or case.facts.framework == "tf.Module":
        return None
    kind, parameters = known
    given = keyword(value, "shape") or next(iter(positional(value)), None)
    others = {a.keyword.value for a in value.args if a.keyword} - {*parameters, "shape", "seed"}
    if given is None or others or len(positional(value)) > 1:
        return None
    said = dict(USUAL[kind])
    for theirs, ours in parameters.items():
        if (arg := keyword(value, theirs)) is not None:
            said[ours] = text(arg.value)
    name, package = case.names.known(f"keras.initializers.{kind}")
    words = ", ".join(f"{key}={written}" for key, written in said.items())
    code = (
        f'self.add_weight(name="{attribute_name(constant)}", shape={text(given.value)}, '
        f"initializer={name}({words}), trainable=False)"
    )
    new = cst.parse_expression(code)
    return with_import(replaced(case.module, value, new), package)


def _taken_over(case: Case, constant: Constant) -> cst.Module | None:
    """Give the layer a variable with the values of what its module or its class holds."""
    owner = case.layer_class
    if owner is None or not constant.name.removeprefix("self.").isidentifier():
        return None
    name, package = case.names.known(variable_class(case))
    own = attribute_name(constant)
    source = constant.name
    code = f'self.{own} = {name}({source}, trainable=False, name="{own}")'
    new = owner
    if not source.startswith("self."):
        body = [_with_attribute_read(each, source, f"self.{own}") for each in members(owner)]
        new = owner.with_deep_changes(owner.body, body=body)
    with_line = with_constructor_lines(case.module, new, code)
    if with_line is None:
        return None
    return with_import(replaced(case.module, owner, with_line), package)


def _with_attribute_read(each: cst.BaseStatement, name: str, attribute: str) -> cst.BaseStatement:
    """Return a method that reads the attribute where it read the name."""
    if not isinstance(each, cst.FunctionDef) or each.name.value == "__init__":
        return each
    new = cst.parse_expression(attribute)
    changed = m.replace(each, m.Name(name), new)
    return cst.ensure_type(changed, cst.FunctionDef)


REMEDY = Remedy(codes=("LD103",), candidates=candidates)
ASKED = Remedy(codes=("LD104", "LD105"), candidates=candidates, asked=True)
