"""LD405 fit-error: a real training step fails, although call and gradient work."""

from __future__ import annotations

from dataclasses import replace

import pytest

from layerdoctor.facts import BreachKind, CheckName, Location
from layerdoctor.rule import Severity
from tests.hand_made import at, layer, weight
from tests.rules.seeing import breach, broken, found, lost, only, raised

MODELS: tuple[BreachKind, ...] = ("functional-fit", "subclassed-fit")


def test_one_failure_of_both_models_is_told_once() -> None:
    facts = broken(
        *(breach("training", kind, failure=raised(), location=at(30)) for kind in MODELS)
    )
    problem = only("fit-error", facts)
    assert problem.at == at(30)
    assert problem.message == (
        "`fit` of a functional model around the layer and of a subclassed model that holds the "
        "layer fails: ValueError: the sizes differ"
    )


def test_only_the_model_that_fails_is_named() -> None:
    facts = broken(breach("training", "subclassed-fit", failure=raised(), location=at(30)))
    message = only("fit-error", facts).message
    assert message.startswith("`fit` of a subclassed model that holds the layer fails")


@pytest.mark.parametrize(
    ("check", "kind"),
    [("graph", "eager-only"), ("symbolic", "raised"), ("batch_size", "raised")],
)
def test_what_another_check_has_met_on_this_line_is_not_told_again(
    check: CheckName, kind: BreachKind
) -> None:
    facts = broken(
        breach(check, kind, failure=raised()),
        breach("training", "subclassed-fit", failure=raised(), location=at(30)),
    )
    assert "fit-error" not in found(facts)


def test_another_line_is_another_defect() -> None:
    elsewhere = replace(raised(), location=at(44))
    facts = broken(
        breach("symbolic", "raised", failure=raised()),
        breach("training", "subclassed-fit", failure=elsewhere, location=at(44)),
    )
    assert found(facts) == ["fit-error", "symbolic-error"]


def test_a_failure_without_a_line_follows_from_what_is_known() -> None:
    nowhere = replace(raised(), location=None, message="unknown rank")
    facts = broken(
        breach("batch_size", "shape", expected="(1, 5)", received="(5,)"),
        breach("training", "subclassed-fit", failure=nowhere, location=at(10)),
    )
    assert found(facts) == ["fixed-batch-size"]


@pytest.mark.parametrize(("place", "told"), [(None, False), (at(44), True)])
def test_the_way_back_through_what_left_tensorflow_fails_on_no_line(
    place: Location | None, told: bool
) -> None:
    failure = replace(raised(), location=place)
    checks = (breach("training", "functional-fit", failure=failure, location=at(10)),)
    left = weight(gradient=lost("left-tensorflow", "numpy", at(30)))
    names = found(layer(weights=(left,), checks=checks))
    assert "cut-gradient" in names
    assert ("fit-error" in names) is told


def test_a_kept_tensor_explains_the_failure() -> None:
    facts = broken(
        breach("graph", "leaked", subject="self.ramp", failure=raised()),
        breach("training", "subclassed-fit", failure=raised(), location=at(30)),
    )
    assert found(facts) == ["leaked-tensor"]


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("own-step", "once compiled with an optimizer and a loss: ValueError: the sizes differ"),
        ("idle-step", "moves no trainable weight in several steps"),
    ],
)
def test_a_training_step_of_the_authors_own_is_a_note_on_its_line(
    kind: BreachKind, says: str
) -> None:
    failure = raised() if kind == "own-step" else None
    problem = only("fit-error", broken(breach("training", kind, failure=failure, location=at(30))))
    assert problem.message.startswith("the model's own `train_step` ")
    assert problem.message.endswith(says)
    assert problem.severity is Severity.NOTE
    assert problem.at == at(30)


def test_a_regularizer_that_build_makes_belongs_into_the_constructor() -> None:
    failure = raised(exception="TypeError", message="is out of scope")
    fitted = breach(
        "training", "subclassed-fit", subject="self.w.regularizer", failure=failure, location=at(9)
    )
    problem = only("fit-error", broken(fitted))
    assert (problem.subject, problem.at) == ("self.w.regularizer", at(9))
    assert (problem.help or "").startswith("make `self.w.regularizer` in `__init__`")
