"""LD303 retracing: `tf.function` traces again on each call with the same input shapes and types."""

from __future__ import annotations

import pytest

from layerdoctor.facts import Growth, LayerFacts, Retrace
from tests.hand_made import at, layer
from tests.rules.seeing import only, see


def retraced(traces: tuple[int, ...]) -> LayerFacts:
    again = Retrace(function="fold_pairs", location=at(23), traces=traces)
    return layer(
        growth=Growth(
            calls=3, variables_per_call=(1, 0, 0), tracked_per_call=(1, 1, 1), retraced=(again,)
        )
    )


def test_retracing_in_every_call_is_told() -> None:
    problem = only("retracing", retraced((2, 1, 1)))
    assert problem.subject == "fold_pairs"
    assert "2, 1, 1 traces" in problem.message


@pytest.mark.parametrize("traces", [(2, 0, 0), (1,), (1, 1, 0)])
def test_tracing_once_is_fine(traces: tuple[int, ...]) -> None:
    assert see("retracing", retraced(traces)) == []
