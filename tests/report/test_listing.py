"""The source with what was seen on its lines."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from layerdoctor.facts import NonFinite
from layerdoctor.report.source.listing import Gap, ListedLine, Listing, listings, unplaced
from layerdoctor.rule import Severity
from tests.hand_made import at, layer, weight, write
from tests.report.sample import MODULE, cut_layer


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, MODULE)
    return "layers.py"


def lines(listing: Listing) -> dict[int, ListedLine]:
    return {line.number: line for line in listing.lines if isinstance(line, ListedLine)}


def test_each_line_carries_what_was_seen_on_it(here: str) -> None:
    diagnosis = cut_layer(here)
    (listing,) = listings(diagnosis.facts, diagnosis.findings)
    shown = lines(listing)
    assert [mark.words for mark in shown[10].marks] == [
        "self.gamma (5, 4) gradient none: cut at ArgMax, line 16"
    ]
    assert shown[16].state == "cut"
    assert shown[16].marks[-1].words == "the gradient of `self.gamma` ends here at ArgMax"
    assert [finding.code for finding in shown[16].findings] == ["LD202"]
    start, end, severity = shown[16].spans[0]
    assert shown[16].text[start:end] == "tf.argmax(y, -1)"
    assert severity is Severity.ERROR


def test_a_finding_of_several_lines_stands_below_its_last(here: str) -> None:
    diagnosis = cut_layer(here)
    (listing,) = listings(diagnosis.facts, diagnosis.findings)
    assert [finding.code for finding in lines(listing)[12].findings] == ["LD104"]


def test_what_has_no_line_is_told_apart(here: str) -> None:
    diagnosis = cut_layer(here)
    shown = listings(diagnosis.facts, diagnosis.findings)
    assert [finding.code for finding in unplaced(shown, diagnosis.findings)] == ["LD504"]


def test_without_the_source_at_hand_every_finding_is_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    diagnosis = cut_layer()
    shown = listings(diagnosis.facts, diagnosis.findings)
    assert shown == ()
    assert unplaced(shown, diagnosis.findings) == list(diagnosis.findings)


def test_of_a_long_file_only_the_class_and_what_is_marked_is_shown(tmp_path: Path) -> None:
    text = "\n" * 7 + "class Sample:\n    def call(self):\n        pass\n" + "x = 1\n" * 190
    file = write(tmp_path, text)
    facts = layer(file=file, line=8, weights=(weight(location=at(100, None, file)),))
    (listing,) = listings(facts, ())
    assert sorted(lines(listing)) == [8, 9, 10, 98, 99, 100, 101, 102]
    assert listing.lines[-1] == Gap(103, 200)


def test_many_weights_of_one_line_share_a_mark(here: str) -> None:
    weights = tuple(
        weight(attribute=f"self.blocks[{number}].kernel", location=at(10)) for number in range(24)
    )
    (listing,) = listings(layer(weights=weights), ())
    assert [mark.words for mark in lines(listing)[10].marks] == [
        "24 weights self.blocks[*].kernel: 24 flow"
    ]


def test_a_value_that_is_not_finite_is_marked_where_it_arises(here: str) -> None:
    arisen = NonFinite(
        where="gradient",
        subject="self.gamma",
        inputs="zeros",
        value="NaN",
        op="Mul",
        location=at(15),
    )
    facts = replace(layer(), nonfinite=(arisen,))
    (listing,) = listings(facts, ())
    words = [mark.words for mark in lines(listing)[15].marks]
    assert words == ["NaN in the gradient of self.gamma for inputs of zeros"]
