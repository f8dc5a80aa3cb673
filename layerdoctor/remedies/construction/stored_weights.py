"""LD502: every weight in what the layer saves and loads itself, or that left to Keras."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst
from libcst import matchers as m

from layerdoctor.remedies.case import Case, Remedy
from layerdoctor.remedies.editing.calls import text
from layerdoctor.remedies.editing.methods import inserted, method, statements
from layerdoctor.remedies.editing.statements import Pair, plain, restated

SAVING, LOADING = "save_own_variables", "load_own_variables"


def candidates(case: Case) -> Iterator[cst.Module | None]:
    """Store and load what was left out as another weight is, else leave all to Keras."""
    owner = case.enclosing_class
    saving = method(owner, SAVING) if owner else None
    loading = method(owner, LOADING) if owner else None
    if saving is not None and loading is not None:
        yield _stored(case, saving, loading)
    found: list[Pair] = [(each, []) for each in (saving, loading) if each is not None]
    yield restated(case.module, found) if found else None


def _stored(case: Case, saving: cst.FunctionDef, loading: cst.FunctionDef) -> cst.Module | None:
    """Write a statement for each weight that is left out as that for another is written."""
    lost = [each for each in (case.finding.subject, *case.finding.about) if each]
    names = list(dict.fromkeys(path.removeprefix("self.") for path in lost))
    pattern = _Pattern.of(saving)
    if pattern is None or not all(name.isidentifier() for name in names):
        return None
    new_saving, new_loading = (
        pattern.followed(case.module, function, names) for function in (saving, loading)
    )
    if new_saving is None or new_loading is None:
        return None
    return restated(case.module, [(saving, [new_saving]), (loading, [new_loading])])


class _Pattern:
    """How a weight is stored: under which key, and as which attribute."""

    def __init__(self, key: str, attribute: str) -> None:
        self._key = key
        self._attribute = attribute

    @classmethod
    def of(cls, saving: cst.FunctionDef) -> _Pattern | None:
        """Return the pattern of the last weight that is stored on a line of its own."""
        stored = m.AssignTarget(m.Subscript(slice=[m.SubscriptElement(m.Index(m.SimpleString()))]))
        for line in reversed(m.findall(saving, m.Assign(targets=[stored]))):
            keys = m.findall(line, m.SimpleString())
            own = m.findall(line, m.Attribute(value=m.Name("self")))
            if len(keys) == 1 and len(own) == 1:
                return cls(text(keys[0]), text(own[0]))
        return None

    def followed(
        self, module: cst.Module, function: cst.FunctionDef, names: Sequence[str]
    ) -> cst.FunctionDef | None:
        """Return a method with a statement a weight behind that of the one that is stored."""
        for index, line in enumerate(statements(function)):
            code = plain(line) if isinstance(line, cst.SimpleStatementLine) else ""
            if self._key not in code:
                continue
            quote = self._key[-1]
            lines = (
                code.replace(self._key, f"{quote}{name}{quote}").replace(
                    self._attribute, f"self.{name}"
                )
                for name in names
            )
            added = "".join(f"{each}\n" for each in lines)
            return inserted(module, function, added, index + 1)
        return None


REMEDY = Remedy(codes=("LD502",), candidates=candidates)
