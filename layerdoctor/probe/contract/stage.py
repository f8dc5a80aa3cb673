"""The checks, in the order in which they are made."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
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
    "constructor": constructor.check,
    "config": config.check,
    "xla": xla.check,
    "losses": losses.check,
    "output_shape": output_shape.check,
    "mixed_precision": mixed_precision.check,
    "mask": mask.check,
    "freeze": freeze.check,
}


STATE: CheckName = "state"
"""The check that another process ends, while this one makes those behind it."""
BEFORE_STATE: CheckName = "config"
"""The check right before it: what goes wrong in both is told of this one."""


def make_checks(
    context: Context, already: Iterable[Check], tell: Tell, observations: Observations | None
) -> None:
    """Make the checks one by one, and tell which begins, which are left and how others ended.

    That of the state is only begun where the layer could be saved. What another process has to know
    for it are the ``observations``; there are none where no other process can make the layer.
    """
    done = {check.name: check for check in already}
    left = [name for name in _in_order() if name not in done]
    while left:
        name = left.pop(0)
        tell(CheckBegan(check=name, remaining=tuple(left)))
        if name == STATE:
            ended = _save(context, tell, observations)
        else:
            ended = made(name, CHECKS[name], context)
        if ended is not None:
            done[name] = ended
            tell(observed(checks=[done[each] for each in (*CHECKS, STATE) if each in done]))


def _in_order() -> Iterator[CheckName]:
    for name in CHECKS:
        yield name
        if name == BEFORE_STATE:
            yield STATE


def _save(context: Context, tell: Tell, observations: Observations | None) -> Check | None:
    """Save the layer, and tell where; return how the check has ended where that fails.

    Another process is needed for the constants that are to be compared, too.
    """
    folder = Path(tempfile.mkdtemp())
    check = made(STATE, partial(save, folder=folder, observations=observations), context)
    failed = check.status != "passed"
    if failed:
        if observations is None or not observations.compares:
            shutil.rmtree(folder, ignore_errors=True)
            return check
        Record(observations).write(folder)
    tell(Saved(str(folder), other_hash_seed(context.kind)))
    return check if failed else None
