"""One self-contained page: the source with what was seen drawn on it, and the flow beside it."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from pygments.lexers.python import PythonLexer
from pygments.token import Token, _TokenType

from layerdoctor.judge.diagnosis import Diagnosis
from layerdoctor.judge.run import Report
from layerdoctor.report import Style, evidence, gravest_first, headline, verdict, worst_first
from layerdoctor.report.escaping import visible
from layerdoctor.report.picture.drawing import Drawing, drawing
from layerdoctor.report.picture.flow import STATES, picture
from layerdoctor.report.source.listing import Gap, ListedLine, Listing, listings, unplaced
from layerdoctor.report.tables import LAYERS, MOST_ROWS, Table, layers_table, tables
from layerdoctor.rule import Finding, Rule, Severity
from layerdoctor.rules import RULES
from layerdoctor.version import VERSION

BROAD = 620
"""The width in pixels from which on a picture stands above the source, not beside it."""

TOKENS: dict[_TokenType, str] = {
    Token.Comment: "c",
    Token.Literal.String.Doc: "c",
    Token.Literal.String: "s",
    Token.Literal.Number: "v",
    Token.Keyword: "k",
    Token.Operator.Word: "k",
    Token.Name.Decorator: "d",
    Token.Name.Function: "f",
    Token.Name.Class: "f",
}
"""The classes of the page for what is worth a colour."""


def render(report: Report, _style: Style) -> str:
    """Return a page of HTML that loads nothing and whose scripts are its own alone.

    Its layers are in the order of the gravest finding of each, then by name.
    """
    templates = environment()
    stylesheet, early, script = (
        asset(templates, name) for name in ("page.css", "early.js", "page.js")
    )
    ordered = worst_first(report)
    slugs = _slugs([diagnosis.facts.id for diagnosis in ordered])
    layers = [_Layer(diagnosis, slug) for diagnosis, slug in zip(ordered, slugs, strict=True)]
    found = {finding.code for diagnosis in report.diagnoses for finding in diagnosis.findings}
    return templates.get_template("page.html").render(
        report=report,
        layers=layers,
        rules=[rule for rule in RULES if rule.code in found],
        severities=[severity for severity in Severity if report.count(severity)],
        stylesheet=Markup(stylesheet),
        early=Markup(early),
        script=Markup(script),
        style_hash=_hash(stylesheet),
        early_hash=_hash(early),
        script_hash=_hash(script),
        version=VERSION,
    )


def svg(shown: Drawing) -> str:
    """Return a picture as a file of its own, which follows the reader's light or dark."""
    templates = environment()
    stylesheet = asset(templates, "picture.css")
    template = templates.get_template("picture.svg")
    return template.render(drawing=shown, slug=None, stylesheet=Markup(stylesheet)) + "\n"


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Return the templates, with what they ask for."""
    environment = Environment(
        loader=PackageLoader("layerdoctor.report", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"prose": prose, "plain": visible, "highlighted": highlighted}
    environment.globals |= {"states": STATES, "headline": headline, "answers": verdict.answers}
    environment.tests["gap"] = lambda line: isinstance(line, Gap)
    return environment


def asset(environment: Environment, name: str) -> str:
    """Return a file beside the templates, ``@include``s of others resolved."""
    loader = environment.loader
    text = "" if loader is None else loader.get_source(environment, name)[0]
    return re.sub(r"/\* include (\S+) \*/\n", lambda m: asset(environment, m[1]), text)


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _slugs(names: list[str]) -> list[str]:
    """Return a distinct name for each layer that an address can end in."""
    slugs: list[str] = []
    for name in names:
        slug = re.sub(r"[^A-Za-z0-9_.]+", "-", name).strip("-") or "layer"
        count = 2
        unique = slug
        while unique in slugs:
            unique, count = f"{slug}-{count}", count + 1
        slugs.append(unique)
    return slugs


@dataclass(frozen=True)
class _Layer:
    """One layer as the templates ask for it."""

    diagnosis: Diagnosis
    slug: str

    @property
    def short_name(self) -> str:
        """The name of the class without its module."""
        return re.split(r"[.:/]", headline.name(self.diagnosis.facts))[-1]

    @cached_property
    def findings(self) -> list[Finding]:
        """What counts, the worst first."""
        return gravest_first(self.diagnosis)

    @property
    def severity(self) -> str:
        """The worst severity; ``skipped`` or ``error`` where there was nothing to examine."""
        if self.diagnosis.facts.error is not None:
            return "skipped" if self.diagnosis.facts.status == "skipped" else "refused"
        return self.findings[0].severity.value if self.findings else "clean"

    @property
    def rank(self) -> int:
        """Smaller for what is worse."""
        order = ("refused", "error", "warning", "note", "skipped", "clean")
        return order.index(self.severity)

    @cached_property
    def drawing(self) -> Drawing | None:
        shown = picture(self.diagnosis.facts)
        return drawing(shown) if shown else None

    @property
    def is_broad(self) -> bool:
        return self.drawing is not None and self.drawing.width > BROAD

    @cached_property
    def listings(self) -> tuple[Listing, ...]:
        return listings(self.diagnosis.facts, self.diagnosis.findings)

    @cached_property
    def unplaced(self) -> list[Finding]:
        return unplaced(self.listings, self.diagnosis.findings)

    @property
    def tables(self) -> Iterator[Table]:
        """All but that of a model's layers, which stands by itself."""
        return (each for each in tables(self.diagnosis.facts, folded=True) if each.title != LAYERS)

    @property
    def layers(self) -> Table | None:
        """The layers of a model."""
        facts = self.diagnosis.facts
        return layers_table(facts, facts.layers, folded=True) if facts.layers else None

    @property
    def all_weights(self) -> Table | None:
        """All weights, where the first table folds them."""
        facts = self.diagnosis.facts
        if len(facts.weights) <= MOST_ROWS:
            return None
        return next(each for each in tables(facts, folded=False) if each.title != LAYERS)

    @property
    def gradients(self) -> dict[str, int]:
        """How many trainable weights have which state of gradient."""
        counts = dict.fromkeys(("flows", "zero", "none", "nonfinite"), 0)
        for weight in self.diagnosis.facts.weights:
            if weight.trainable and weight.gradient.status in counts:
                counts[weight.gradient.status] += 1
        return {status: count for status, count in counts.items() if count}

    @property
    def trainable(self) -> int:
        return sum(weight.trainable for weight in self.diagnosis.facts.weights)

    def line_id(self, listing: Listing, number: int) -> str:
        """Return the name of a line in addresses: ``router:21``, ``router:other.py:3``."""
        own = listing.source.file == self.diagnosis.facts.file
        file = "" if own else re.sub(r"[^A-Za-z0-9_.]+", "-", listing.source.file) + ":"
        return f"{self.slug}:{file}{number}"

    def station_id(self, file: str, number: int) -> str | None:
        """Return the name of a line that a station stands for; None where it is not shown."""
        for listing in self.listings:
            if listing.source.file == file:
                return self.line_id(listing, number)
        return None

    def path(self, finding: Finding) -> list[tuple[str, bool]]:
        """Return the cut path that a finding tells of, or nothing."""
        cut = evidence.cut_path(finding, self.diagnosis.facts)
        return evidence.steps(*cut, finding.location) if cut else []

    def traceback(self, finding: Finding) -> str | None:
        """Return the traceback of the failure that a finding tells of."""
        failed = evidence.failure(finding, self.diagnosis.facts)
        return failed.traceback if failed else None

    def pieces(self, listing: Listing, line: ListedLine) -> Iterator[tuple[str, str, str]]:
        """Yield the line in pieces: text, class of its token, severity that points at it."""
        tokens = _tokens(listing.source.text)
        start = tokens.starts[line.number - 1]
        kinds = tokens.kinds[start : start + len(line.text)]
        marks = [""] * len(line.text)
        for first, last, severity in sorted(line.spans, key=lambda span: span[2].rank):
            marks[first:last] = [severity.value] * len(marks[first:last])
        yield from _runs(line.text, kinds, marks)

    def rule(self, finding: Finding) -> Rule | None:
        return next((rule for rule in RULES if rule.code == finding.code), None)


@dataclass(frozen=True, slots=True)
class _Tokens:
    kinds: list[str]
    """For each character the class of its token."""
    starts: list[int]
    """Where each line begins."""


@lru_cache(maxsize=32)
def _tokens(text: str) -> _Tokens:
    kinds = [""] * len(text)
    lexer = PythonLexer(stripnl=False, ensurenl=False)
    for position, token, words in lexer.get_tokens_unprocessed(text):
        kind = next((TOKENS[t] for t in reversed(token.split()) if t in TOKENS), "")
        kinds[position : position + len(words)] = [kind] * len(words)
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    return _Tokens(kinds, starts)


def _runs(text: str, kinds: list[str], marks: list[str]) -> Iterator[tuple[str, str, str]]:
    start = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or (kinds[end], marks[end]) != (kinds[start], marks[start]):
            yield visible(text[start:end], keep="\t\n"), kinds[start], marks[start]
            start = end


def highlighted(text: str) -> Markup:
    """Return source of Python as markup."""
    return Markup("").join(
        Markup('<span class="{}">{}</span>').format(kind, words) if kind else escape(words)
        for words, kind, _ in _runs(text, _tokens(text).kinds, [""] * len(text))
    )


def prose(text: str) -> Markup:
    """Return words in which what stands between backticks is set as code."""
    parts = re.split(r"`([^`]+)`", visible(text, keep="\n"))
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else escape(part)
        for number, part in enumerate(parts)
    )
