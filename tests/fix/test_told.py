"""What `fix` says of findings that it tried nothing for."""

from __future__ import annotations

from layerdoctor.cli.fixing import closing, untried
from layerdoctor.judge.diagnosis import Diagnosis
from tests.hand_made import finding, layer
from tests.report.sample import report


def test_what_may_be_meant_is_asked_for_and_what_has_no_remedy_is_the_authors() -> None:
    found = (finding("LD104", 3, subject="self.mask"), finding("LD201", 5, subject="self.gate"))
    seen = report(Diagnosis(layer(), found), Diagnosis(layer(), found))
    assert untried(seen, []).splitlines() == [
        "LD104 self.mask: not tried, as it may be meant: ask for it by `--select LD104`",
        "LD201 self.gate: no remedy: what to write instead is the author's to decide",
    ]


def test_what_several_targets_show_is_counted_once() -> None:
    found = (finding("LD104", 3, subject="self.mask"),)
    seen = report(Diagnosis(layer(), found), Diagnosis(layer(), found))
    assert closing(seen, [], None) == "0 of 1 finding can be cured"
