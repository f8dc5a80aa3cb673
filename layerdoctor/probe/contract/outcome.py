"""How a check ends: passed, failed with what it saw, random, or skipped with the reason."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from typing import TypeVar

from layerdoctor.facts import Breach, BreachKind, Check, CheckName, CheckStatus

Context = TypeVar("Context")

WORDS: dict[BreachKind, str] = {
    "eager-only": "fails inside `tf.function`",
    "leaked": "tracing leaves a symbolic tensor on the layer",
    "mismatch": "graph and eager runs differ",
    "kept-trace": "a `tf.function` of the layer keeps a trace without its weights",
    "forgotten": "what `build` assigns is lost where it runs in a graph",
    "misfit": "the mask does not fit the output",
    "dropped": "is lost on the way",
    "changed": "comes back changed",
    "swallowed": "the constructor takes it and ignores it",
    "refused": "saving and loading raise",
    "claimed": "its name is registered for another class",
    "lost": "the output differs after a save and a load",
    "unbuilt": "is built only when it is called, so a load does not bring it back",
    "unsaved": "saving raises",
    "unloadable": "loading raises",
    "uncallable": "the loaded layer raises",
    "compute-output-shape": "`compute_output_shape` disagrees with the output",
    "symbolic": "the symbolic output disagrees with the output",
    "functional-fit": "`fit` of a functional model fails",
    "subclassed-fit": "`fit` of a subclassed model fails",
    "own-step": "the model's own `train_step` raises",
    "idle-step": "the model's own `train_step` moves no weight",
    "xla": "XLA cannot compile the training step",
    "per-sample": "a loss has a value for each sample",
    "shape": "the first size of the output does not follow the batch",
    "dtype": "the output has another type than the policy's",
    "differs": "two calls with the same input differ",
    "random": "the layer draws anew in each call, and says so",
    "mutated": "the call changes its input",
    "mutated-array": "the call changes its input, a NumPy array",
    "ignored": "weights stay trainable",
    "unfrozen": "the call makes weights trainable",
    "raised": "the call raises",
    "crash": "the process ended",
    "timeout": "no answer within the time limit",
}


class Skipped(Exception):
    """A check cannot be made; its words say why."""


def made(name: CheckName, check: Callable[[Context], Iterable[Breach]], context: Context) -> Check:
    """Make one check of the layer on the context and return how it ended."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            breaches = tuple(check(context))
    except Skipped as skipped:
        return Check(name=name, status="skipped", reason=str(skipped))
    except (Exception, SystemExit) as error:
        reason = f"it could not be made: {type(error).__name__}: {first_line(error)}"
        return Check(name=name, status="skipped", reason=reason)
    if not breaches:
        return Check(name=name, status="passed")
    status: CheckStatus = (
        "random" if all(breach.kind == "random" for breach in breaches) else "failed"
    )
    return Check(name=name, status=status, reason=reason_of(breaches[0]), breaches=breaches)


def reason_of(breach: Breach) -> str:
    """Return in words what a breach is."""
    subject = f"`{breach.subject}`: " if breach.subject else ""
    failure = breach.failure
    raised = ": ".join(filter(None, (failure.exception, failure.message))) if failure else ""
    first = raised.strip().partition("\n")[0]
    return subject + WORDS[breach.kind] + (f": {first}" if first else "")


def first_line(error: BaseException) -> str:
    """Return the first line of an exception's words."""
    return str(error).strip().partition("\n")[0][:300]
