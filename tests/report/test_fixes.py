"""Changes that were tried, as each format shows them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from sarif_pydantic import Sarif  # type: ignore[import-untyped]

from layerdoctor.judge.run import Report
from layerdoctor.output import FORMATS
from layerdoctor.report import Style, render
from layerdoctor.report.formats.json import decode
from layerdoctor.report.source.patches import replacements
from layerdoctor.rule import Fix
from tests.hand_made import write
from tests.report.sample import MODULE, everything

BEFORE = "a\nb\nc\nd\ne\nf"
DIFF = """\
--- layers.py
+++ layers.py
@@ -1,4 +1,5 @@
+import x
 a
-b
-c
+B
 d
@@ -6 +7 @@
-f
\\ No newline at end of file
+F
\\ No newline at end of file
"""
FIX = Fix(file="layers.py", diff=DIFF, outputs="equal", tried="gone, nothing new, outputs equal")


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Report:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, MODULE)
    plain = everything()
    diagnoses = [
        replace(each, findings=tuple(replace(f, fix=FIX) for f in each.findings))
        for each in plain.diagnoses
    ]
    return replace(plain, diagnoses=tuple(diagnoses))


def test_replacements_put_into_the_old_file_make_the_new_one() -> None:
    lines = BEFORE.splitlines(keepends=True)
    for each in reversed(list(replacements(FIX))):
        lines[each.line - 1 : each.line - 1 + each.taken] = each.lines
    assert "".join(lines) == "import x\na\nB\nd\ne\nF"


def test_json_carries_the_change_and_reads_it_back(report: Report) -> None:
    text = render("json", report, Style())
    found = json.loads(text)["targets"][0]["findings"][0]["fix"]
    assert found == {
        "file": "layers.py",
        "diff": DIFF,
        "outputs": "equal",
        "tried": "gone, nothing new, outputs equal",
    }
    again = decode(text.encode())
    assert next(again.findings())[1].fix == FIX


def test_sarif_deletes_and_inserts_whole_lines(report: Report) -> None:
    text = render("sarif", report, Style())
    Sarif.model_validate_json(text)
    (change,) = json.loads(text)["runs"][0]["results"][0]["fixes"][0]["artifactChanges"]
    assert change["artifactLocation"]["uri"].endswith("layers.py")
    assert [each["deletedRegion"]["startLine"] for each in change["replacements"]] == [1, 2, 6]
    assert change["replacements"][1]["insertedContent"] == {"text": "B\n"}


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "concise"])
def test_every_format_but_one_line_a_finding_shows_it(report: Report, name: str) -> None:
    text = render(name, report, Style(width=100))
    assert "gone, nothing new, outputs equal" in text
    assert "import x" in text


@pytest.mark.parametrize("name", ["full", "github", "junit", "markdown"])
def test_what_was_tried_stands_in_the_place_of_the_help(report: Report, name: str) -> None:
    text = render(name, report, Style(width=1000))
    assert "help, tried: gone" in text or "help: tried: gone" in text
    assert not [each.help for _, each in report.findings() if each.help.partition("`")[0] in text]


def test_gitlab_is_given_a_fence_of_its_own(report: Report) -> None:
    issue = json.loads(render("gitlab", report, Style()))[0]
    assert issue["content"]["body"].endswith(f"```diff\n{DIFF}```\n")
