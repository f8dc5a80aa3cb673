"""Looking for candidates that hold, with trials that answer as a test says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import libcst as cst
import pytest

from layerdoctor.facts import LayerFacts
from layerdoctor.fix import search
from layerdoctor.fix.search import Search, Wanted
from layerdoctor.fix.source import Source, read
from layerdoctor.fix.trial import ChangeTrials, Claim, Verdict
from layerdoctor.judge.diagnosis import Diagnosis
from layerdoctor.remedies.case import Candidates, Case, Remedy
from tests.hand_made import finding

TEXT = "a = 1\nb = 2\n"


class Answers(ChangeTrials):
    """Trials in which a file holds unless it has one of the words that speak against it."""

    def __init__(self, against: Sequence[str]) -> None:
        self.against = against
        self.tried: list[str] = []

    def try_out(
        self, source: Source, data: bytes, claims: Sequence[Claim], names: Sequence[str]
    ) -> Verdict:
        """Answer, and keep what was asked."""
        del source, claims, names
        text = data.decode()
        self.tried.append(text)
        wrong = [word for word in self.against if word in text]
        return Verdict(reason=f"`{wrong[0]}` is wrong") if wrong else Verdict()


def writing(*words: str) -> Candidates:
    """Return a remedy that writes one of the words behind the finding's line."""

    def candidates(case: Case) -> Iterator[cst.Module | None]:
        lines = case.module.code.splitlines()
        for word in words:
            yield cst.parse_module(
                "\n".join([*lines[: case.line], word, *lines[case.line :]]) + "\n"
            )

    return candidates


def failing(case: Case) -> Iterator[cst.Module | None]:
    """Be a remedy with a bug."""
    raise IndexError("no such node")
    yield case.module


def wanted(code: str, line: int) -> Wanted:
    return Wanted(finding(code, line), (Diagnosis(LayerFacts(id="layer", target="")),))


def cured(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    remedies: dict[str, Candidates],
    against: Sequence[str],
) -> tuple[str, dict[str, str | None], Answers]:
    """Return the text, why each finding was left, and what was tried."""
    monkeypatch.chdir(folder)
    Path("layers.py").write_text(TEXT, encoding="utf-8")
    table = tuple(Remedy(codes=(code,), candidates=each) for code, each in remedies.items())
    monkeypatch.setattr(search, "REMEDIES", table)
    source = read("layers.py")
    assert isinstance(source, Source)
    trials = Answers(against)
    asked = [wanted(code, line) for line, code in enumerate(remedies, 1)]
    cure = Search(source, trials, ["layer"]).cure(asked)
    why = {
        each.finding.code: each.verdict.reason if each.verdict else "none" for each in cure.outcomes
    }
    return cure.data.decode(), why, trials


def test_all_are_cured_at_once_where_that_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remedies = {"LD101": writing("x = 1"), "LD102": writing("y = 1")}
    text, why, trials = cured(tmp_path, monkeypatch, remedies, [])
    assert text == "a = 1\nx = 1\nb = 2\ny = 1\n"
    assert why == {"LD101": None, "LD102": None}
    assert len(trials.tried) == 1


def test_what_does_not_hold_is_left_out_and_the_next_best_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remedies = {"LD101": writing("bad = 1", "x = 1"), "LD102": writing("bad = 2")}
    text, why, _ = cured(tmp_path, monkeypatch, remedies, ["bad"])
    assert text == "a = 1\nx = 1\nb = 2\n"
    assert why == {"LD101": None, "LD102": "`bad` is wrong"}


def test_a_remedy_with_a_bug_does_not_keep_others_from_theirs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remedies = {"LD101": failing, "LD102": writing("y = 1")}
    text, why, _ = cured(tmp_path, monkeypatch, remedies, [])
    assert text == "a = 1\nb = 2\ny = 1\n"
    assert why["LD101"] is not None
    assert "IndexError: no such node" in why["LD101"]
    assert why["LD102"] is None
