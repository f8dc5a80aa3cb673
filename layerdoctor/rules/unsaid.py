"""What of a call that failed nobody had said: guessed inputs and arguments, others left out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerdoctor.stages import Stage
from layerdoctor.wording import listed

if TYPE_CHECKING:
    from layerdoctor.facts import Failure, LayerFacts


@dataclass(frozen=True, slots=True)
class Unsaid:
    """What was guessed or left out, and may be why the call failed."""

    inputs: bool
    arguments: tuple[str, ...]
    """Those of the constructor that were guessed."""
    left_out: tuple[str, ...]
    """Those of the call that were None."""

    @property
    def is_guessed(self) -> bool:
        """Whether anything that the call was made with had to be guessed."""
        return self.inputs or bool(self.arguments)

    @property
    def words(self) -> str:
        """The end of a sentence that tells of the failure; nothing where all was said."""
        guessed = ["the inputs"] if self.inputs else []
        guessed += [listed(self.arguments)] if self.arguments else []
        words = f", where {' and '.join(guessed)} had to be guessed" if guessed else ""
        return words + (f", with {listed(self.left_out)} left out" if self.left_out else "")

    @property
    def help(self) -> str | None:
        """The options that say it; None where all was said."""
        options = ["--shape SIZES"] if self.inputs else []
        options += [f"--arg {name}=VALUE" for name in self.arguments]
        options += [f"--input {name}=SHAPE" for name in self.left_out]
        return f"say what it is called with: {listed(options)}" if options else None


WHATEVER_IS_GIVEN = re.compile(
    r"module '[\w.]+' has no attribute|object has no attribute '_(?!_)|has no setter"
    r"|No module named|name '\w+' is not defined|is out of scope|must be passed as a keyword"
)
"""How exceptions are worded that no input and no argument can keep a layer from raising."""


def unsaid(facts: LayerFacts, failure: Failure) -> Unsaid:
    """Return what nobody had said of the call in which a layer failed, and may be why it did."""
    if WHATEVER_IS_GIVEN.search(failure.message):
        return Unsaid(inputs=False, arguments=(), left_out=())
    arguments = facts.guessed_args
    if failure.stage is Stage.CONSTRUCT:
        return Unsaid(inputs=False, arguments=arguments, left_out=())
    inferred = not facts.inputs or any(given.inferred for given in facts.inputs)
    left_out = tuple(name for name in facts.left_out if _may_matter(name, failure))
    return Unsaid(inputs=inferred, arguments=arguments, left_out=left_out)


def _may_matter(name: str, failure: Failure) -> bool:
    """Whether an argument that is None may be why: an exception names it, or None."""
    named = re.search(rf"\bNone|\b{re.escape(name)}\b", failure.message)
    return failure.kind != "raised" or named is not None
