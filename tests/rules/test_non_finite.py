"""LD205 non-finite: an output or a gradient is NaN or infinite for ordinary inputs or for zeros."""

from __future__ import annotations

from layerdoctor.facts import InputValues, NonFinite, Where
from tests.hand_made import at, layer
from tests.rules.seeing import only


def non_finite(
    where: Where,
    inputs: InputValues,
    op: str = "tf.norm",
    line: int = 31,
    subject: str = "output 0",
) -> NonFinite:
    return NonFinite(
        where=where, subject=subject, inputs=inputs, value="NaN", op=op, location=at(line)
    )


def test_a_nan_for_zeros_says_so() -> None:
    facts = layer(nonfinite=(non_finite("gradient", "zeros", subject="self.gain"),))
    message = only("non-finite", facts).message
    assert (
        message == "the gradient of `self.gain` has NaN for an input of zeros, first in `tf.norm`"
    )


def test_a_gradient_is_not_blamed_where_the_output_is_nan_already() -> None:
    facts = layer(
        nonfinite=(
            non_finite("output", "zeros", op="truediv"),
            non_finite("gradient", "zeros", line=30, subject="self.gain"),
        )
    )
    assert only("non-finite", facts).message.startswith("the output is not finite (NaN)")


def test_the_same_place_is_told_once_for_ordinary_inputs() -> None:
    facts = layer(nonfinite=(non_finite("output", "zeros"), non_finite("output", "ordinary")))
    assert "for ordinary inputs" in only("non-finite", facts).message
