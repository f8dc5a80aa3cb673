"""The rules explained: a table of all, and a page for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.syntax import Syntax
from rich.text import Text

from layerdoctor.report import Style
from layerdoctor.report.tables import Column
from layerdoctor.report.typesetting import COLORS, Typesetter
from layerdoctor.rule import Example, Rule


def table(rules: Sequence[Rule], style: Style) -> str:
    """Return a table of the rules: code, name, severity and what each says."""
    typesetter = Typesetter(style)
    columns = [Column("code"), Column("name"), Column("severity"), Column("says", 0)]
    rows = [
        [
            typesetter.text(rule.code),
            typesetter.text(rule.name),
            typesetter.text(rule.severity.value, COLORS[rule.severity]),
            typesetter.prose(rule.summary),
        ]
        for rule in rules
    ]
    more = [Text("learn more: layerdoctor rule CODE", "dim")]
    return typesetter.rendered([typesetter.table(Text("Rules", "bold"), columns, rows, more)])


def page(rule: Rule, style: Style) -> str:
    """Return one rule: what it says, why it matters, what to write, a bad and a good example."""
    typesetter = Typesetter(style)
    return typesetter.rendered(_parts(rule, typesetter))


def _parts(rule: Rule, typesetter: Typesetter) -> Iterator[RenderableType]:
    title = Text.assemble(
        (f"{rule.code} {rule.name}", "bold"), "  ", (rule.severity.value, COLORS[rule.severity])
    )
    yield title
    yield typesetter.prose(rule.summary)
    for heading, words in (("Why", rule.why), ("What to write", rule.help)):
        yield ""
        yield Text(heading, "bold")
        yield typesetter.indented(typesetter.prose(words))
    for heading, example in (("Bad", rule.bad), ("Good", rule.good)):
        yield ""
        yield Text.assemble((heading, "bold"), "  ", (_tried_on(example), "dim"))
        yield typesetter.indented(_code(example, typesetter))


def _tried_on(example: Example) -> str:
    options = " ".join(f"--input {shape}" for shape in example.shape.split())
    return " ".join(["tried with", options, *example.options])


def _code(example: Example, typesetter: Typesetter) -> RenderableType:
    source = example.source.strip("\n")
    if not typesetter.style.color:
        return typesetter.text(source)
    return Syntax(source, "python", theme="ansi_dark", background_color="default", word_wrap=True)
