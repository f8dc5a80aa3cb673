"""The checks, in the order in which they are made."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

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
    symbolic,
    training,
    xla,
)
from layerdoctor.probe.contract.context import Context
from layerdoctor.probe.contract.outcome import made
from layerdoctor.probe.contract.reload.hash_seed import other_hash_seed
from layerdoctor.probe.contract.reload.record import Observations, Record
from layerdoctor.probe.contract.reload.saving import save
from layerdoctor.protocol import CheckBegan, Saved, Tell, observed

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
    "mixed_precision": mixed_precision.check,
    "mask": mask.check,
    "freeze": freeze.check,
}


LAST: CheckName = "state"
"""The check that another process ends."""


def make_checks(
    context: Context, already: Iterable[Check], tell: Tell, observations: Observations | None
) -> None:
    """Make the checks one by one, and tell which begins, which are left and how others ended.

    The last is begun here, and goes on in another process where the layer could be saved. What that
    has to know are the ``observations``; there are none where no other process can make the layer.
    """
    done = list(already)
    names = {check.name for check in done}
    left = [name for name in (*CHECKS, LAST) if name not in names]
    while left:
        name = left.pop(0)
        tell(CheckBegan(check=name, remaining=tuple(left)))
        if name == LAST:
            _save(context, done, tell, observations)
        else:
            done.append(made(name, CHECKS[name], context))
            tell(observed(checks=done))


def _save(
    context: Context, done: Sequence[Check], tell: Tell, observations: Observations | None
) -> None:
    """Save the layer, and tell where; where that fails, the check has ended.

    Another process is needed for the constants that are to be compared, too.
    """
    folder = Path(tempfile.mkdtemp())
    check = made(LAST, partial(save, folder=folder, observations=observations), context)
    if check.status != "passed":
        tell(observed(checks=[*done, check]))
        if observations is None or not observations.compares:
            shutil.rmtree(folder, ignore_errors=True)
            return
        Record(observations).write(folder)
    tell(Saved(str(folder), other_hash_seed(context.kind)))
