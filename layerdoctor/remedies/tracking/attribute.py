"""An attribute of the layer itself for what it holds elsewhere, so that it is tracked."""

from __future__ import annotations

import re

import libcst as cst
from libcst import matchers as m

from layerdoctor.facts import Constant, UntrackedVariable
from layerdoctor.remedies.case import Case
from layerdoctor.remedies.editing.calls import text
from layerdoctor.remedies.editing.methods import (
    inserted,
    method,
    replaced,
    statements,
    with_constructor_lines,
)


def with_attribute(case: Case, module: cst.Module, path: str) -> cst.Module | None:
    """Return the module with an attribute for what a helper, a module or a closure holds."""
    owner = _same_class(case, module)
    if owner is None or not re.fullmatch(r"[A-Za-z_][\w.]*", path) or "<" in path:
        return None
    if path.startswith("self."):
        attribute = path.removeprefix("self.").replace(".", "_")
        return _behind_holder(module, owner, path, f"self.{attribute} = {path}")
    if "." in path:
        return None
    name = path.lower().strip("_")
    new = with_constructor_lines(module, owner, f"self.{name} = {path}")
    return None if new is None else replaced(module, owner, new)


def _same_class(case: Case, module: cst.Module) -> cst.ClassDef | None:
    """Return the layer's class in a module that was changed already, outside the class."""
    if case.layer_class is None:
        return None
    name = case.layer_class.name.value
    found = list(m.findall(module, m.ClassDef(name=m.Name(name))))
    return cst.ensure_type(found[0], cst.ClassDef) if len(found) == 1 else None


def _behind_holder(
    module: cst.Module, owner: cst.ClassDef, path: str, code: str
) -> cst.Module | None:
    """Return the module with a statement behind the one that sets a path, or its first part."""
    for written in (path, ".".join(path.split(".")[:2])):
        for name in ("__init__", "build"):
            function = method(owner, name)
            for index, each in enumerate(statements(function) if function else ()):
                if function is not None and written in assigned(each):
                    return replaced(module, function, inserted(module, function, code, index + 1))
    return None


def assigned(statement: cst.CSTNode) -> list[str]:
    """Return what a simple statement assigns to, as it is written."""
    if not isinstance(statement, cst.SimpleStatementLine):
        return []
    found = []
    for each in statement.body:
        if isinstance(each, cst.Assign):
            found += [text(target.target) for target in each.targets]
        elif isinstance(each, cst.AnnAssign) and each.value is not None:
            found.append(text(each.target))
    return found


def attribute_name(constant: Constant | UntrackedVariable) -> str:
    """Return a plain name for what is held somewhere: ``table`` for ``self.table``."""
    path = constant.name if isinstance(constant, Constant) else constant.attribute
    return re.sub(r"\W+", "_", path.removeprefix("self.")).strip("_").lower()
