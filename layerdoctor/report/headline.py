"""What stands at the head of a layer: its name, how it was made and what went in and came out."""

from __future__ import annotations

import re

from layerdoctor.facts import LayerFacts, Stage
from layerdoctor.target import Input
from layerdoctor.wording import shape_of

QUIET = ("guessed: ", "left out: ")
"""What lines begin with that ask for nothing: what was taken, and what was not."""

FRAMEWORKS = {"keras": "Keras 3", "tf_keras": "Keras 2", "tf.Module": "tf.Module"}


def name(facts: LayerFacts) -> str:
    """Return the full name of the class, or what was asked for where that is none.

    What a function makes, or a module holds, is called by the name it has there.
    """
    own = facts.target.rpartition(":")[2]
    kind = facts.class_name
    return kind if kind and (kind == own or kind.endswith(f".{own}")) else facts.target


def arguments(facts: LayerFacts) -> str:
    """Return the arguments of the constructor as they are written in a call."""
    return ", ".join(f"{key}={value!r}" for key, value in facts.args.items())


def framework(facts: LayerFacts) -> str | None:
    """Return the framework as people call it."""
    return FRAMEWORKS.get(facts.framework or "", facts.framework)


def place(facts: LayerFacts) -> str | None:
    """Return ``file:line`` of the class."""
    if not facts.file:
        return None
    return f"{shown_file(facts.file)}:{facts.line}" if facts.line else shown_file(facts.file)


def inputs(facts: LayerFacts) -> str:
    """Return shape, type and range of each input."""
    return ", ".join(_input(given) for given in facts.inputs) or "no input"


def outputs(facts: LayerFacts) -> str:
    """Return shape and type of each output."""
    if facts.outputs is None:
        return "not run"
    return ", ".join(f"{shape_of(out.shape)} {out.dtype}" for out in facts.outputs) or "none"


def asks(facts: LayerFacts, *, all_of_them: bool) -> list[str]:
    """Return what would have to be given; entries for a config only where all is asked for."""
    return [ask for ask in facts.asks if all_of_them or "\n" not in ask]


def shown_file(file: str) -> str:
    """Return a file as people know it: of an installed library ``keras/src/…``."""
    parts = re.split(r"[\\/](?:site|dist)-packages[\\/]", file)
    return parts[-1].replace("\\", "/") if len(parts) > 1 else file


def not_run(facts: LayerFacts) -> list[str]:
    """Return the stages that did not end."""
    return [stage.value for stage in Stage if stage not in facts.completed]


def _input(given: Input) -> str:
    shape = "" if given.shape is None else shape_of(given.shape)
    words = " ".join(filter(None, (given.npy, shape, given.dtype)))
    words = f"{given.name}={words}" if given.name else words
    if given.low is not None or given.high is not None:
        words += f" {_bound(given.low)}..{_bound(given.high)}"
    return f"{words} (guessed)" if given.inferred else words


def _bound(number: float | None) -> str:
    return "" if number is None else f"{number:g}"
