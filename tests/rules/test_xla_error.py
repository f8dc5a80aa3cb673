"""LD406 xla-error: the training step works, and XLA cannot compile it."""

from __future__ import annotations

from dataclasses import replace

from layerdoctor.facts import Gradient
from tests.hand_made import at, weight
from tests.rules.seeing import breach, broken, found, only, raised


def test_the_operation_and_its_line_are_told() -> None:
    refused = replace(raised(), exception=None, message="it has no kernel for `Eig`")
    facts = broken(breach("xla", "xla", op="Eig", failure=refused, location=at(30)))
    problem = only("xla-error", facts)
    assert problem.at == at(30)
    assert problem.message == (
        "the training step works, and XLA cannot compile it: it has no kernel for `Eig`"
    )


def test_an_operation_that_cuts_a_gradient_is_told_as_that_alone() -> None:
    cut = Gradient(status="none", cause="left-tensorflow", op="numpy_function", location=at(30))
    facts = replace(
        broken(breach("xla", "xla", op="PyFunc", failure=raised(), location=at(30))),
        weights=(weight(gradient=cut),),
    )
    assert found(facts) == ["cut-gradient"]


def test_a_lookup_belongs_before_the_model() -> None:
    words = "it has no kernel for `LookupTableFindV2`"
    refused = replace(raised(), exception=None, message=words)
    facts = broken(breach("xla", "xla", op="LookupTableFindV2", failure=refused, location=at(30)))
    problem = only("xla-error", facts)
    assert problem.message.endswith(words)
    assert "`dataset.map`" in (problem.help or "")


def test_a_tensor_that_is_kept_explains_what_xla_refuses() -> None:
    leak = breach("graph", "leaked", subject="self.pad", failure=raised(), location=at(14))
    refused = breach("xla", "xla", op="Pad", failure=raised(), location=at(30))
    assert found(broken(leak, refused)) == ["leaked-tensor"]
    lacking = replace(raised(), exception=None, message="it has no kernel for `Eig`")
    other = breach("xla", "xla", op="Eig", failure=lacking, location=at(30))
    assert sorted(found(broken(leak, other))) == ["leaked-tensor", "xla-error"]
