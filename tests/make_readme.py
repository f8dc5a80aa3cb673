"""Makes what the README shows of layerdoctor: ``python -m tests.make_readme`` writes it anew.

The transcript and the picture come from examining a sample layer, the table and the handbook from
the rules, the two schemas from the types that configs and reports are read by. Tests hold what is
on disk against what would be made.
"""

from __future__ import annotations

import shlex

from layerdoctor.config import schema
from layerdoctor.report import document, handbook
from layerdoctor.report.formats import json
from layerdoctor.report.formats.html import svg
from layerdoctor.report.picture.drawing import drawing
from layerdoctor.report.picture.flow import picture
from layerdoctor.rules import RULES
from tests.command import ROOT, layerdoctor

README = ROOT / "README.md"
HANDBOOK = ROOT / ".github" / "handbook"
PICTURE = ROOT / ".github" / "flow.svg"

COMMAND = "layerdoctor inspect sample_layers.expert_router:ExpertRouter --shape 8,5"


def transcript() -> str:
    """Return the command and what it prints."""
    return f"```console\n$ {COMMAND}\n{printed()}\n```"


def printed(*options: str) -> str:
    """Return what the command prints with these options added."""
    arguments = shlex.split(COMMAND.removeprefix("layerdoctor "))
    done = layerdoctor(*arguments, *options, cwd=ROOT, COLUMNS="100", NO_COLOR="1")
    return done.stdout.strip()


def rules_table() -> str:
    """Return the table of rules, each linked to its page of the handbook."""
    where = HANDBOOK.relative_to(ROOT).as_posix()
    rows = [
        f"| [{rule.code}]({where}/{rule.code}.md) | {rule.name} | {rule.severity.value} "
        f"| {rule.summary} |"
        for rule in RULES
    ]
    return "\n".join(["| code | name | severity | says |", "|---|---|---|---|", *rows])


def flow() -> str:
    """Return the picture of the flow of the sample layer as an SVG."""
    report = json.decode(printed("--format", "json").encode())
    shown = picture(report.diagnoses[0].facts)
    assert shown is not None
    return svg(drawing(shown))


def filled(text: str) -> str:
    """Return the README with the parts that are made put between their marks."""
    for name, made in (("transcript", transcript()), ("rules", rules_table())):
        before, rest = text.split(f"<!-- {name} -->\n", 1)
        after = rest.split(f"\n<!-- end of {name} -->", 1)[1]
        text = f"{before}<!-- {name} -->\n{made}\n<!-- end of {name} -->{after}"
    return text


def main() -> None:
    """Write everything that is made."""
    README.write_text(filled(README.read_text(encoding="utf-8")), encoding="utf-8")
    PICTURE.write_text(flow(), encoding="utf-8")
    HANDBOOK.mkdir(parents=True, exist_ok=True)
    for name, page in handbook.book(RULES).items():
        (HANDBOOK / name).write_text(page, encoding="utf-8")
    for made in (schema, document):
        made.FILE.write_text(made.text(), encoding="utf-8")


if __name__ == "__main__":
    main()
