"""LD402 leaked-tensor: tracing leaves a symbolic tensor on the layer."""

from __future__ import annotations

from layerdoctor.facts import Breach
from layerdoctor.judge.diagnosis import diagnose
from layerdoctor.rule import Severity
from layerdoctor.rules import RULES
from tests.hand_made import at, constant, layer, weight
from tests.rules.seeing import breach, broken, found, graph, only, raised

OUT_OF_SCOPE = raised(exception="TypeError", message="is out of scope")


LEAK = Breach(kind="leaked", subject="self.window", location=at(24), failure=OUT_OF_SCOPE)


def test_a_leak_that_raises_explains_the_failure_it_causes() -> None:
    facts = broken(
        graph(
            LEAK,
            Breach(kind="eager-only", failure=OUT_OF_SCOPE),
            Breach(kind="mismatch", difference=0.1),
        ),
        breach("symbolic", "raised", failure=OUT_OF_SCOPE),
    )
    problem = only("leaked-tensor", facts)
    assert "`self.window`, and a later call raises TypeError: is out of scope" in problem.message
    assert problem.severity is None
    assert problem.at == at(24)
    assert found(facts) == ["leaked-tensor"]


def test_another_failure_beside_a_leak_is_still_told() -> None:
    facts = broken(graph(LEAK, Breach(kind="eager-only", failure=raised(line=40))))
    assert found(facts) == ["eager-only", "leaked-tensor"]


def test_a_tensor_that_is_only_kept_is_a_note_and_hides_nothing() -> None:
    facts = broken(
        graph(
            Breach(kind="leaked", subject="self.seen", location=at(24)),
            Breach(kind="mismatch", subject="self.done", difference=0.1),
        )
    )
    assert only("leaked-tensor", facts).severity is Severity.NOTE
    assert found(facts) == ["graph-mismatch", "leaked-tensor"]


def test_what_a_leak_does_not_explain_stays_a_finding_beside_it() -> None:
    frozen = Breach(kind="mismatch", subject="self.count", location=at(26))
    checks = (graph(LEAK, frozen), breach("symbolic", "raised", failure=raised(line=50)))
    assert found(broken(*checks)) == ["graph-mismatch", "leaked-tensor", "symbolic-error"]


def test_a_mismatch_of_unknown_cause_follows_from_a_leak() -> None:
    unknown = Breach(kind="mismatch", difference=0.2, location=at(20))
    assert found(broken(graph(LEAK, unknown))) == ["leaked-tensor"]


def test_all_tensors_that_a_layer_keeps_are_one_finding() -> None:
    kept = (
        Breach(kind="leaked", subject=f"self.{name}", location=at(line))
        for name, line in (("scores", 24), ("last", 25), ("part.seen", 26))
    )
    own, of_part = diagnose(broken(graph(*kept)), RULES).findings
    assert (own.subject, own.location and own.location.line) == ("self.scores", 24)
    assert own.message.endswith("in `self.scores`, which has no value (and 1 more: `self.last`)")
    assert of_part.subject == "self.part.seen"


def test_one_kept_tensor_that_is_to_be_a_weight_hides_no_other() -> None:
    drawn = constant("self.window", stable=False, used=True, location=at(24))
    ramp = Breach(kind="leaked", subject="self.ramp", location=at(25))
    facts = layer(constants=(drawn,), checks=(graph(LEAK, ramp),))
    assert "leaked-tensor" in found(facts)


def test_a_tensor_in_the_place_of_a_weight_is_to_be_assigned() -> None:
    facts = layer(weights=(weight("window", attribute="self.window"),), checks=(graph(LEAK),))
    assert "`self.window.assign(value)`" in (only("leaked-tensor", facts).help or "")
