"""LD203 stopped-gradient: a trainable weight reaches the output only through `tf.stop_gradient`."""

from __future__ import annotations

from tests.hand_made import at
from tests.rules.seeing import lost, only, with_gradient


def test_a_stopped_gradient_names_the_line_of_the_stop() -> None:
    facts = with_gradient(lost("stopped", "tf.stop_gradient", at(33)))
    problem = only("stopped-gradient", facts)
    assert problem.at == at(33)
    assert "`tf.stop_gradient` stops it" in problem.message


def test_a_sub_layer_is_frozen_by_its_own_argument() -> None:
    facts = with_gradient(lost("stopped", "tf.stop_gradient", at(33)), owner="self.trunk")
    help_ = only("stopped-gradient", facts).help or ""
    assert "where `self.trunk` shall learn" in help_
    assert "make it with `trainable=False`" in help_
