"""What the README shows is what layerdoctor does."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

from layerdoctor.rules import RULES

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def between(start: str, end: str) -> str:
    """Return what stands in the README between two texts."""
    return README.split(start, 1)[1].split(end, 1)[0].strip()


def rules_table() -> str:
    """Return the table of rules as the README shows it."""
    rows = [
        f"| {rule.code} | {rule.name} | {rule.severity.value} | {rule.summary} |" for rule in RULES
    ]
    return "\n".join(["| code | name | severity | says |", "|---|---|---|---|", *rows])


def test_the_table_of_rules_is_made_from_the_rules() -> None:
    assert between("<!-- rules -->", "<!-- end of rules -->") == rules_table()


def test_the_transcript_is_what_inspect_prints() -> None:
    transcript = between("<!-- transcript -->\n```", "```")
    command, _, shown = transcript.partition("\n")
    arguments = shlex.split(command.removeprefix("$ layerdoctor "))
    printed = subprocess.run(
        [sys.executable, "-m", "layerdoctor", *arguments],
        capture_output=True,
        check=False,
        cwd=ROOT,
        encoding="utf-8",
    ).stdout
    assert without_times(printed) == without_times(shown)


def without_times(report: str) -> str:
    """Return a report without what differs from run to run."""
    return re.sub(r"\d+\.\d+ s\b", "… s", report).strip()


def test_the_two_commands_are_one_line_each() -> None:
    commands = re.findall(r"```sh\n(.*?)\n```", README, flags=re.DOTALL)
    assert ["inspect" in commands[0], "pytest" in commands[1]] == [True, True]
    for command in commands[:2]:
        assert "\n" not in command
        assert command.startswith("python3 -m venv .venv && ")
