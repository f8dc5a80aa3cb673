"""What people type for a layer, for help and for a file, and what they are told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from layerdoctor.config.settings import Settings, overridden
from layerdoctor.config.which_layer import spec_of
from layerdoctor.judge.diagnosis import Diagnosis
from layerdoctor.judge.verdict import Judge
from layerdoctor.output import FORMATS
from layerdoctor.report import Style, render
from layerdoctor.report.progress import Lines
from layerdoctor.run import _judged
from layerdoctor.target import BadInput
from tests.command import SOUND, layerdoctor
from tests.hand_made import layer, write
from tests.report.sample import report

TWO = SOUND + SOUND.replace("Sound", "Sounder")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, SOUND, "one.py")
    write(tmp_path, TWO, "two.py")
    write(tmp_path, "x = 1\n", "none.py")
    return overridden(Settings(), {"app_dir": [str(tmp_path)]})


def test_a_file_with_one_layer_is_that_layer(settings: Settings) -> None:
    assert spec_of("one.py", settings) == "one.py:Sound"


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("two.py", "`two.py` has 2 layers: choose `two.py:Sound` or `two.py:Sounder`"),
        ("none.py", "no layer class found in `none.py`"),
        ("gone.py", "there is no file `gone.py`"),
        ("keras.layers.Dense", "did you mean `keras.layers:Dense`?"),
        ("Sounder", "did you mean `two:Sounder`?"),
        ("Sounderr", "did you mean `two:Sounder`?"),
        ("Dense", "expected `package.module:Class`"),
    ],
)
def test_another_word_is_told_what_to_type(settings: Settings, word: str, told: str) -> None:
    with pytest.raises(BadInput, match=re.escape(told)):
        spec_of(word, settings)


def test_the_help_names_groups_formats_values_and_examples(tmp_path: Path) -> None:
    text = layerdoctor("inspect", "--help", cwd=tmp_path).stdout
    for title in ("The layer:", "Rules:", "Report:", "Examples:"):
        assert f"\n{title}\n" in text
    words = " ".join(text.split())
    assert ", ".join(FORMATS) in words
    assert "VALUE is a TOML literal" in words
    assert "--shape SHAPE" in text.partition("The layer:")[2].partition("Rules:")[0]


def test_a_prefix_lists_the_rules_of_its_group(tmp_path: Path) -> None:
    text = layerdoctor("rule", "ld3", cwd=tmp_path).stdout
    assert re.findall(r"LD\d\d\d", text) == ["LD301", "LD302", "LD303"]


@pytest.mark.parametrize(
    ("name", "begins"), [("r.html", "<!DOCTYPE html>"), ("r.json", "{"), ("r.md", "### ")]
)
def test_the_name_of_a_file_says_its_format(tmp_path: Path, name: str, begins: str) -> None:
    source = tmp_path / "whole.json"
    source.write_text(whole(), encoding="utf-8")
    layerdoctor("merge", str(source), "-o", name, cwd=tmp_path)
    assert (tmp_path / name).read_text(encoding="utf-8").startswith(begins)


def whole() -> str:
    return render("json", report(Diagnosis(layer())), Style())


def test_progress_counts_a_layer_once_that_was_examined_twice() -> None:
    said: list[str] = []
    facts = [layer(id="a"), layer(id="a"), layer(id="b")]
    missing = {each.id for each in facts}
    _judged(facts, Judge(Settings()), missing, Lines(len(missing), said.append))
    assert said == ["1 of 2 layers examined", "2 of 2 layers examined"]
