"""Where in a config a target stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerdoctor.config.places import place_of
from layerdoctor.config.settings import load
from layerdoctor.facts import LayerFacts, Location, TargetError
from layerdoctor.judge.verdict import Judge

TEXT = """\
[targets.one]
target = "a:A"
[targets.one.inputs]
x = { shape = [2, 3] }

[tool.layerdoctor.targets."two three"]  # a remark
[ targets.four ]
"""


@pytest.mark.parametrize(
    ("name", "line"), [("one", 1), ("two three", 6), ("four", 7), ("inputs", None), ("o.e", None)]
)
def test_a_target_stands_at_its_header(name: str, line: int | None, tmp_path: Path) -> None:
    (tmp_path / "layerdoctor.toml").write_text(TEXT)
    found = place_of(name, tmp_path / "layerdoctor.toml")
    assert (found and found.line) == line


def test_a_target_that_is_not_there_is_told_at_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "layerdoctor.toml").write_text(TEXT.partition("[tool")[0])
    judge = Judge(load(tmp_path / "layerdoctor.toml"))
    gone = TargetError(kind="attribute", message="no attribute `A`")
    told = judge(LayerFacts(id="one", target="a:A", status="error", error=gone)).facts.error
    assert told is not None
    assert told.location == Location(file="layerdoctor.toml", line=1)
    own = TargetError(kind="import", message="m", location=Location(file="a.py", line=3))
    told = judge(LayerFacts(id="one", target="a:A", status="error", error=own)).facts.error
    assert told == own
