"""The layers of a model as rows: what repeats is folded, and where the gradient ends is told."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest

from layerdoctor.facts import Check, ModelLayer
from layerdoctor.judge.diagnosis import Diagnosis
from layerdoctor.report import Style, render
from layerdoctor.report.model_rows import along_the_depth, bar, model_rows
from layerdoctor.report.tables import tables
from tests.hand_made import layer, part, untracked
from tests.report.sample import report


def names(layers: Sequence[ModelLayer], *, folded: bool = True) -> list[tuple[str, int]]:
    return [(row.name, row.count) for row in model_rows(layers, folded=folded)]


def test_equal_layers_one_behind_the_other_are_one_row() -> None:
    parts = [part("stem", output_shape=(2, 4)), *(part(f"block_{n}") for n in range(12))]
    assert names(parts) == [("stem", 1), ("block_0 … block_11", 12)]
    assert len(names(parts, folded=False)) == 13


def test_a_block_of_several_layers_that_repeats_is_one_row() -> None:
    parts = [
        each
        for n in range(3)
        for each in (
            part(f"dense{n}"),
            part(f"relu{n}", "ReLU", weights=0, trainable=0, status="not-applicable"),
        )
    ]
    (row,) = model_rows(parts, folded=True)
    assert (row.kind, row.count, row.weights, row.status) == ("Dense, ReLU", 3, 2, "flows")


def test_layers_whose_names_begin_alike_are_one_block() -> None:
    parts = [part(f"block_1_{what}") for what in ("expand", "depthwise", "project")]
    assert names([*parts, part("head", output_shape=(2, 3))]) == [("block_1_*", 1), ("head", 1)]


def test_a_row_is_as_bad_as_the_worst_in_it() -> None:
    parts = [part("b1_a"), part("b1_b", status="none", norm=None), part("b1_c")]
    assert [row.status for row in model_rows(parts, folded=True)] == ["none"]


@pytest.mark.parametrize(
    ("norms", "says"),
    [
        ([1.0, 1.1, 0.9, 1.0, 1.0], None),
        (
            [1e-6, 1e-5, 1e-4, 1e-3, 1e-2],
            "the gradient dies out on its way back: 0.01 at `d4`, 1e-06 at `d0`, a factor of 0.1 "
            "a block",
        ),
        (
            [1e4, 1e3, 1e2, 1e1, 1.0],
            "the gradient explodes on its way back: 1 at `d4`, 1e+04 at `d0`, a factor of 10 a "
            "block",
        ),
        (
            [None, 0.0, 0.0, 0.2, 1.0],
            "the last layer that the gradient reaches is `d3`: 3 layers with weights before it "
            "get none",
        ),
    ],
)
def test_where_the_gradient_ends_or_explodes_is_told(
    norms: list[float | None], says: str | None
) -> None:
    parts = tuple(part(f"d{number}", norm=norm) for number, norm in enumerate(norms))
    assert along_the_depth(layer(layers=parts)) == says


def test_the_table_stands_first_and_only_for_a_model() -> None:
    assert next(tables(layer(), folded=True)).title == "Weights"
    first = next(tables(layer(layers=(part("d"),)), folded=True))
    assert first.title == "Layers"
    assert [cell.words for cell in first.rows[0]] == [
        "d", "Dense", "(2, 8)", "2", "1", "██████", "trains",
    ]  # fmt: skip


def test_a_bar_is_longer_for_a_larger_gradient() -> None:
    lengths = [len(bar(norm, 1.0, 1e-4, 6)) for norm in (1.0, 1e-2, 1e-4)]
    assert lengths == [6, 3, 1]
    assert not bar(None, 1.0, 1.0, 6)
    assert not bar(0.0, 1.0, 1.0, 6)


def test_a_table_too_wide_for_the_terminal_does_without_bars_and_shapes() -> None:
    block: dict[str, Any] = {
        "class_name": "EncoderBlock",
        "output_shape": (32, 512, 1024),
        "weights": 16,
    }
    parts = tuple(part(f"encoder_block_{n}", **block, norm=10.0**n) for n in range(4))
    facts = layer(layers=(part("stem", status="none", norm=None), *parts))
    shown = {
        width: render("full", report(Diagnosis(facts)), Style(width=width)) for width in (120, 80)
    }
    heads = {width: re.search(r"\n  (layer .*)\n", text) for width, text in shown.items()}
    assert [head and head[1].split() for head in heads.values()] == [
        ["layer", "class", "output", "weights", "gradient", "verdict"],
        ["layer", "class", "weights", "gradient", "verdict"],
    ]
    assert "5, in the order of the data; no room for: output" in shown[80]
    assert ("█" in shown[120], "█" in shown[80]) == (True, False)
    assert max(map(len, shown[80].splitlines())) <= 80


def test_what_the_layers_of_a_list_hold_goes_by_their_names_everywhere() -> None:
    hidden = untracked(attribute="self.layers[3].scale")
    lost = Check(name="state", status="failed", reason="`self.layers[3].scale`: the output differs")
    parts = (part("block_2", attribute="self.layers[3]"),)
    facts = layer(layers=parts, untracked_variables=(hidden,), checks=(lost,))
    text = render("full", report(Diagnosis(facts, ())), Style(width=1000))
    assert "self.layers[3]" not in text
    assert "1 untracked (block_2.scale)" in text
    assert "state: `block_2.scale`: the output differs" in text
