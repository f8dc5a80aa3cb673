"""Examines one layer in this process, where a debugger can stop inside the probe.

``python -m pdb -m tests.examine sample_layers.expert_router:ExpertRouter 8,5`` runs all stages and
prints the findings. Output is not captured and there is no time limit; what the layer raises inside
a stage is told as a finding, as in a worker.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Container
from typing import get_args

import msgspec

from layerdoctor.facts import Check, CheckName, LayerFacts, Stage
from layerdoctor.judge.diagnosis import diagnose
from layerdoctor.probe.examination.examination import Examination
from layerdoctor.protocol import Message, Observed, StageBegan
from layerdoctor.rules import RULES
from layerdoctor.target import Target, parse_input


def examined(
    target: Target, until: Stage | None = None, checks: Container[CheckName] | None = None
) -> LayerFacts:
    """Return the facts of a target, of the stages before ``until``.

    Where ``checks`` are given, these checks of the contract are made after one call, and no more.
    Raises ``NothingToExamine`` where there is no layer.
    """
    fields: dict[str, object] = {"id": target.id, "target": target.target}

    def note(message: Message) -> None:
        if until is not None and message == StageBegan(until):
            raise Enough
        if isinstance(message, Observed):
            fields.update(msgspec.to_builtins(message.fields))

    with contextlib.suppress(Enough):
        Examination(target, note, left_out(checks)).run()
    return msgspec.convert(fields, LayerFacts)


def left_out(checks: Container[CheckName] | None) -> list[Check]:
    """Return all checks but these as made already; none where no checks are named."""
    names: tuple[CheckName, ...] = get_args(CheckName) if checks is not None else ()
    return [Check(name=name, status="skipped") for name in names if name not in (checks or ())]


class Enough(BaseException):
    """What is looked at has been observed."""


def main() -> None:
    """Examine what the command line names."""
    spec, *inputs = sys.argv[1:]
    given = tuple(map(parse_input, inputs))
    facts = examined(Target(id=spec, target=spec, inputs=given, app_dirs=(os.getcwd(),)))
    for finding in diagnose(facts, RULES).findings:
        at = finding.location
        place = f"{at.file}:{at.line}" if at else facts.file
        print(f"{place}: {finding.code} {finding.rule} {finding.message}")


if __name__ == "__main__":
    main()
