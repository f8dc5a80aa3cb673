"""What a rule is and what it yields."""

from __future__ import annotations

import difflib
import enum
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from layerdoctor.stages import Stage

if TYPE_CHECKING:
    from layerdoctor.facts import CheckName, LayerFacts, Location


class Severity(enum.Enum):
    """How much a finding matters; see ``rank`` for the order."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """0 for a note, 1 for a warning, 2 for an error."""
        return ("note", "warning", "error").index(self.value)


@dataclass(frozen=True, slots=True)
class Problem:
    """What one rule saw in one layer: only what varies from finding to finding."""

    subject: str | None
    """The attribute or weight as the author writes it; None where the layer as a whole is meant."""
    message: str
    at: Location | None
    help: str | None = None
    """What to write instead, where it is more exact than the rule's own help."""
    severity: Severity | None = None
    """Where it differs from the rule's."""
    about: tuple[str, ...] = ()
    """Further attributes this problem explains: their findings under the rules that this one
    covers are its consequences."""
    shared: str | None = None
    """What it has in common with other problems of its rule that are one defect with it, on
    whatever lines they are: the first of them is told, and names the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A whole, runnable module with one layer, and how to examine it."""

    source: str
    shape: str = "4,5"
    """An ``--input`` of the command line; several are separated by a space."""
    target: str = "Example"
    options: tuple[str, ...] = ()
    """Further options of ``layerdoctor inspect``."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rule:
    """One defect: how it is told from the facts, and how it is explained.

    There is one of each, so that a rule equals itself alone.
    """

    code: str
    name: str
    severity: Severity
    summary: str
    why: str
    help: str
    bad: Example
    good: Example
    check: Callable[[LayerFacts], Iterator[Problem]]
    help_for_module: str | None = None
    """What to write instead in a ``tf.Module``, where the help says what only Keras has."""
    needs: Stage | CheckName | None = None
    """The stage that has to end, or the check of the contract that has to be made, before the
    rule's silence means anything; None where it always does."""
    covers: tuple[str, ...] = ()
    """The codes of the rules whose findings on the same subject merely follow from this one's."""
    covers_all: tuple[str, ...] = ()
    """The codes of the rules whose findings on any subject of the layer merely follow."""

    def has_run(self, facts: LayerFacts) -> bool:
        """Whether what the rule needs was observed: only then does its silence mean anything."""
        if self.needs is None or isinstance(self.needs, Stage):
            return self.needs is None or self.needs in facts.completed
        return any(check.name == self.needs and check.status != "skipped" for check in facts.checks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Where in the source; columns count from 1, None where the source is not at hand."""

    file: str
    line: int
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """A change of the source that was tried in a process of its own, and holds."""

    file: str
    diff: str
    """A unified diff of the file, which it names as findings do."""
    outputs: Literal["equal", "changed"]
    """Whether the changed layer computes what it computed, from the same weights and inputs;
    ``changed`` where that was what was wrong, or where it could not be called before."""
    tried: str
    """What was seen, in words: ``gone, nothing new, outputs equal``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A problem with everything a reader needs."""

    code: str
    rule: str
    severity: Severity
    subject: str | None
    message: str
    help: str
    location: Span | None
    fingerprint: str
    """Made from code, layer and subject, so that edits elsewhere do not change it."""
    suppressed: str | None = None
    """``inline`` or ``baseline``, or None."""
    about: tuple[str, ...] = ()
    """The attributes that it is about or explains, where these are several."""
    reason: str | None = None
    """Why it is suppressed, in the author's words."""
    fix: Fix | None = None
    """None where no remedy was asked for, or none holds."""

    @property
    def problem(self) -> tuple[str, str | None, Span | None]:
        """What findings share that one change of the source cures, whichever targets show them."""
        return self.code, self.subject, self.location

    @property
    def remedy(self) -> str:
        """The change that was tried, where there is one, else the help; under its heading."""
        if self.fix is None:
            return f"help: {self.help}"
        return f"help, tried: {self.fix.tried}\n{self.fix.diff.rstrip()}"

    def is_about(self, attribute: str) -> bool:
        """Whether it is about what an attribute holds."""
        return self.subject is not None and is_within(attribute, self.subject)


def is_within(attribute: str, subject: str) -> bool:
    """Whether an attribute is the subject, or an attribute or an item of it."""
    return attribute == subject or attribute.startswith((f"{subject}.", f"{subject}["))


def matches(entry: str, code: str, name: str) -> bool:
    """Say whether an entry, a code, a prefix of codes or a name, means the rule."""
    return entry == name or (entry != "" and code.startswith(entry.upper()))


def nearest_rule(entry: str, rules: Sequence[Rule]) -> str:
    """Return ``; did you mean `LD101`?`` for an entry that is close to a rule, else nothing."""
    if entry[:2].upper() == "LD":
        form = re.sub(r"[^A-Z0-9]", "", entry.upper())
        codes = [rule.code for rule in rules]
        near = difflib.get_close_matches(form, codes, n=len(codes), cutoff=0.5)
        found = min(near, key=lambda code: _unlike(code, form), default=None)
    else:
        names = [rule.name for rule in rules]
        found = next(iter(difflib.get_close_matches(entry, names, n=1)), None)
    return f"; did you mean `{found}`?" if found else ""


def _unlike(one: str, other: str) -> int:
    """Return in how many places two codes differ, which tells a slip of one key best."""
    return sum(a != b for a, b in itertools.zip_longest(one, other))
