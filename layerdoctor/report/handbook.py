"""The rules explained: a table of all, and a page for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from layerdoctor.report import Style
from layerdoctor.report.typesetting import COLORS, Typesetter
from layerdoctor.rule import Example, Rule


def table(rules: Sequence[Rule], style: Style) -> str:
    """Return a table of the rules: code, name, severity and what each says."""
    from layerdoctor.report.tables import Column

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


def markdown(rule: Rule) -> str:
    """Return one rule as a page of Markdown."""
    return "\n".join(
        [
            f"# {rule.code} {rule.name}",
            "",
            f"*{rule.severity.value}*: {rule.summary}",
            "",
            "## Why",
            "",
            rule.why,
            "",
            "## What to write",
            "",
            rule.help,
            *_examples(rule),
            "",
            "## To silence it",
            "",
            f"`# layerdoctor: ignore[{rule.code}]` on the line that the finding points at, or on "
            f'the `class` line; `ignore = ["{rule.code}"]` in the config.',
            "",
        ]
    )


def book(rules: Sequence[Rule]) -> dict[str, str]:
    """Return the handbook: name and text of each page, before those of several their contents."""
    rows = [
        f"| [{rule.code}]({rule.code}.md) | {rule.name} | {rule.severity.value} | {rule.summary} |"
        for rule in rules
    ]
    contents = ["# The rules", "", "| code | name | severity | says |", "|---|---|---|---|", *rows]
    pages = {f"{rule.code}.md": markdown(rule) for rule in rules}
    return pages if len(rules) == 1 else {"README.md": "\n".join([*contents, ""])} | pages


def _examples(rule: Rule) -> Iterator[str]:
    for heading, example in (("Bad", rule.bad), ("Good", rule.good)):
        yield from ("", f"## {heading}", "")
        yield from ("```python", example.source.strip("\n"), "```", "")
        yield f"`layerdoctor inspect example.py:{example.target} {_options(example)}`"


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
    return f"tried with {_options(example)}"


def _options(example: Example) -> str:
    inputs = [f"--input {shape}" for shape in example.shape.split()]
    return " ".join([*inputs, *example.options])


def _code(example: Example, typesetter: Typesetter) -> RenderableType:
    source = example.source.strip("\n")
    if not typesetter.style.color:
        return typesetter.text(source)
    from rich.syntax import Syntax

    return Syntax(source, "python", theme="ansi_dark", background_color="default", word_wrap=True)
