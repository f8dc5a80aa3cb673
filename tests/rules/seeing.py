"""What one rule sees in facts, and what all rules together find."""

from __future__ import annotations

from typing import Any

from layerdoctor.facts import (
    Breach,
    BreachKind,
    Cause,
    Check,
    CheckName,
    Failure,
    FailureKind,
    Gradient,
    LayerFacts,
    Location,
    Stage,
)
from layerdoctor.judge.diagnosis import diagnose
from layerdoctor.rule import Problem
from layerdoctor.rules import RULES
from tests.hand_made import at, layer, weight

BY_NAME = {rule.name: rule for rule in RULES}


def see(name: str, facts: LayerFacts) -> list[Problem]:
    """Return what the rule of that name sees; every message must be worded as promised."""
    problems = list(BY_NAME[name].check(facts))
    for problem in problems:
        assert problem.message[0].islower() or problem.message[0] == "`", problem.message
        assert not problem.message.endswith("."), problem.message
        assert "\n" not in problem.message, problem.message
        assert "None" not in problem.message, problem.message
    return problems


def only(name: str, facts: LayerFacts) -> Problem:
    """Return the single problem that the rule sees."""
    (problem,) = see(name, facts)
    return problem


def found(facts: LayerFacts) -> list[str]:
    """Return the names of the rules whose findings are left when the consequences are gone."""
    return sorted(finding.rule for finding in diagnose(facts, RULES).findings)


def breach(check: CheckName, kind: BreachKind, **given: Any) -> Check:
    """Return a check of the contract that failed in one way."""
    return Check(name=check, status="failed", breaches=(Breach(kind=kind, **given),))


def broken(*checks: Check) -> LayerFacts:
    """Return a layer that is healthy but for these checks."""
    return layer(checks=checks)


def raised(
    stage: Stage = Stage.CALL,
    exception: str | None = "ValueError",
    message: str = "the sizes differ.",
    line: int = 30,
    kind: FailureKind = "raised",
    **given: Any,
) -> Failure:
    """Return an exception that the layer raised."""
    place = at(line)
    return Failure(
        stage=stage,
        kind=kind,
        exception=exception,
        message=message,
        location=place,
        **given,
    )


def lost(
    cause: Cause, op: str | None = None, where: Location | None = None, **given: Any
) -> Gradient:
    """Return a gradient that is missing."""
    return Gradient(status="none", cause=cause, op=op, location=where, **given)


def with_gradient(gradient: Gradient, **changes: Any) -> LayerFacts:
    """Return a layer with one weight that has such a gradient."""
    return layer(weights=(weight(gradient=gradient, **changes),))


def graph(*breaches: Breach) -> Check:
    """Return the comparison with a graph that failed in these ways."""
    return Check(name="graph", status="failed", breaches=breaches)
