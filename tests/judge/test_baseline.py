"""What a baseline accepts, keeps and drops, judged by hand-made diagnoses."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from layerdoctor.facts import Failure, Stage
from layerdoctor.judge.baseline import Ledger
from layerdoctor.judge.diagnosis import Diagnosis, diagnose
from layerdoctor.rule import Problem
from layerdoctor.target import BadInput
from tests.hand_made import layer, rule


def found(name: str, *subjects: str, **changes: Any) -> Diagnosis:
    """Return a layer with an untracked variable for each of the subjects."""
    problems = [Problem(f"self.{subject}", "m", at=None) for subject in subjects]
    facts = layer(class_name=f"layers.{name}", file=None, **changes)
    return diagnose(facts, [rule("LD101", "untracked-variable", *problems)])


def entries(file: Path) -> list[tuple[str, str]]:
    listed = json.loads(file.read_text())["findings"]
    return [(entry["layer"], entry["subject"]) for entry in listed]


def written(file: Path, *diagnoses: Diagnosis, everything: bool = True, **options: bool) -> Any:
    Ledger(use=None, write=file, prune=None, **options).update(diagnoses, everything=everything)
    return entries(file)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A baseline of two layers."""
    written(tmp_path / "known.json", found("One", "a", "b"), found("Two", "c"))
    return tmp_path / "known.json"


def test_a_partial_run_that_writes_keeps_the_rest(file: Path) -> None:
    assert written(file, found("One", "b", "d"), everything=False) == [
        ("layers.One", "self.b"),
        ("layers.One", "self.d"),
        ("layers.Two", "self.c"),
    ]
    assert written(file, found("One", "b")) == [("layers.One", "self.b")]


def test_a_run_of_some_rules_keeps_the_entries_of_the_others(file: Path) -> None:
    assert written(file, found("One"), found("Two", "e"), every_rule=False) == [
        ("layers.One", "self.a"),
        ("layers.One", "self.b"),
        ("layers.Two", "self.c"),
        ("layers.Two", "self.e"),
    ]


def test_a_run_of_one_target_keeps_what_another_of_the_class_has(tmp_path: Path) -> None:
    file = tmp_path / "known.json"
    short, long = found("One", "a", id="short"), found("One", "a", "b", id="long")
    written(file, short, long)
    listed = json.loads(file.read_text())["findings"]
    assert [entry["targets"] for entry in listed] == [["long", "short"], ["long"]]
    assert written(file, short, everything=False) == [
        ("layers.One", "self.a"),
        ("layers.One", "self.b"),
    ]
    mended = found("One", "a", id="long")
    assert written(file, mended, everything=False) == [("layers.One", "self.a")]


def test_a_layer_that_was_cut_short_keeps_its_entries(file: Path) -> None:
    failure = Failure(stage=Stage.CALL, kind="timeout", message="m")
    cut = found("One", "a", failures=(failure,))
    assert written(file, cut, found("Two")) == [("layers.One", "self.a"), ("layers.One", "self.b")]


def test_stale_entries_are_named_and_stay(file: Path) -> None:
    ledger = Ledger(use=file, write=None, prune=None)
    ledger.update([found("One", "a")], everything=False)
    assert [entry.words() for entry in ledger.stale] == ["LD101 self.b of layers.One"]
    ledger.update([found("One", "a")], everything=True)
    assert len(ledger.stale) == 2
    assert len(entries(file)) == 3
    pruning = Ledger(use=None, write=None, prune=file)
    pruning.update([found("One", "a")], everything=True)
    assert (pruning.stale, entries(file)) == ((), [("layers.One", "self.a")])


def test_nothing_is_stale_where_rules_were_left_out(file: Path) -> None:
    ledger = Ledger(use=file, write=None, prune=None, every_rule=False)
    ledger.update([found("One"), found("Two")], everything=True)
    assert ledger.stale == ()


def test_a_reason_stands_beside_an_entry_and_is_kept(file: Path) -> None:
    document = json.loads(file.read_text())
    document["findings"][0]["reason"] = "to be mended with the next model"
    file.write_text(json.dumps(document))
    written(file, found("One", "a", "b"), found("Two", "c"))
    listed = json.loads(file.read_text())["findings"]
    assert listed[0]["reason"] == "to be mended with the next model"
    assert "reason" not in listed[1]
    (accepted,) = Ledger(use=file, write=None, prune=None).accept([found("One", "a")])
    (finding,) = accepted.findings
    assert (finding.suppressed, finding.reason) == ("baseline", listed[0]["reason"])


def test_two_layers_of_one_name_have_entries_of_their_own(tmp_path: Path) -> None:
    file = tmp_path / "known.json"
    both = [replace(found("One", "a"), layer=layer) for layer in ("x/layers.One", "y/layers.One")]
    findings = both[1].findings
    both[1] = replace(both[1], findings=(replace(findings[0], fingerprint="other"),))
    written(file, *both)
    mended = replace(both[0], findings=())
    assert written(file, mended, everything=False) == [("y/layers.One", "self.a")]


def test_what_is_no_baseline_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "notes.json").write_text("[]")
    with pytest.raises(BadInput, match="is no baseline"):
        Ledger(use=None, write=tmp_path / "notes.json", prune=None)
