"""What stands at the head of a layer: its name, how it was made and what went in and came out."""

from __future__ import annotations

from layerdoctor.facts import LayerFacts, Stage
from layerdoctor.target import Input
from layerdoctor.wording import shape_of

FRAMEWORKS = {"keras": "Keras 3", "tf_keras": "Keras 2", "tf.Module": "tf.Module"}


def name(facts: LayerFacts) -> str:
    """Return the full name of the class, or what was asked for where it was not found."""
    return facts.class_name or facts.target


def arguments(facts: LayerFacts) -> str:
    """Return the arguments of the constructor as they are written in a call."""
    return ", ".join(f"{key}={value!r}" for key, value in facts.args.items())


def framework(facts: LayerFacts) -> str | None:
    """Return the framework as people call it."""
    return FRAMEWORKS.get(facts.framework or "", facts.framework)


def place(facts: LayerFacts) -> str | None:
    """Return ``file:line`` of the class."""
    return f"{facts.file}:{facts.line}" if facts.file and facts.line else facts.file


def inputs(facts: LayerFacts) -> str:
    """Return shape, type and range of each input."""
    return ", ".join(_input(given) for given in facts.inputs) or "no input"


def outputs(facts: LayerFacts) -> str:
    """Return shape and type of each output."""
    if facts.outputs is None:
        return "not run"
    return ", ".join(f"{shape_of(out.shape)} {out.dtype}" for out in facts.outputs) or "none"


def not_run(facts: LayerFacts) -> list[str]:
    """Return the stages that did not end."""
    return [stage.value for stage in Stage if stage not in facts.completed]


def _input(given: Input) -> str:
    shape = "" if given.shape is None else shape_of(given.shape)
    words = f"{f'{given.name}=' if given.name else ''}{given.npy or shape} {given.dtype}"
    if given.low is not None or given.high is not None:
        words += f" {_bound(given.low)}..{_bound(given.high)}"
    return f"{words} (guessed)" if given.inferred else words


def _bound(number: float | None) -> str:
    return "" if number is None else f"{number:g}"
