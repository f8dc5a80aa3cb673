"""The checks, in the order in which they are made."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from layerdoctor.facts import Breach, Check, CheckName
from layerdoctor.probe.contract.checks import (
    batch_size,
    config,
    constructor,
    determinism,
    freeze,
    graph,
    inputs,
    losses,
    mask,
    mixed_precision,
    output_shape,
    state,
    symbolic,
    training,
    xla,
)
from layerdoctor.probe.contract.context import Context
from layerdoctor.probe.contract.outcome import made
from layerdoctor.protocol import CheckBegan, Tell, observed

CHECKS: dict[CheckName, Callable[[Context], Iterable[Breach]]] = {
    "graph": graph.check,
    "determinism": determinism.check,
    "inputs": inputs.check,
    "symbolic": symbolic.check,
    "batch_size": batch_size.check,
    "training": training.check,
    "xla": xla.check,
    "losses": losses.check,
    "output_shape": output_shape.check,
    "constructor": constructor.check,
    "config": config.check,
    "state": state.check,
    "mixed_precision": mixed_precision.check,
    "mask": mask.check,
    "freeze": freeze.check,
}


def make_checks(context: Context, already: Iterable[Check], tell: Tell) -> None:
    """Make the checks one by one, and tell which begins, which are left and how others ended."""
    done = list(already)
    names = {check.name for check in done}
    left = [name for name in CHECKS if name not in names]
    while left:
        name = left.pop(0)
        tell(CheckBegan(check=name, remaining=tuple(left)))
        done.append(made(name, CHECKS[name], context))
        tell(observed(checks=done))
