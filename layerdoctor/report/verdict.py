"""The answers to the four questions that are asked of every layer, on one line.

Which weights it has, what it computes with that is none, where no gradient arrives, and whether
calling it again leaves it as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from layerdoctor.facts import Growth, LayerFacts, Stage
from layerdoctor.rules.hidden_constant import is_trifle
from layerdoctor.wording import STAGES, by_name, counted, sequence, shared_name

NAMED = 3
"""How many names an answer lists before it counts the rest."""

GRADIENTS = {"none": "no gradient", "zero": "zero gradient", "nonfinite": "NaN gradient"}


@dataclass(frozen=True, slots=True)
class Answer:
    """One of the answers."""

    words: str
    state: str
    """``good``, ``bad`` or ``not-run``."""


def line(facts: LayerFacts) -> str:
    """Return the answers in one line."""
    return " · ".join(answer.words for answer in answers(facts))


def answers(facts: LayerFacts) -> list[Answer]:
    """Return the answers in their order; nothing of a target that was not examined."""
    if facts.error is not None:
        return []
    if Stage.CALL not in facts.completed:
        return [Answer(_unobserved(facts), "not-run")]
    return [_weights(facts), _constants(facts), *_gradients(facts), _calls(facts)]


def _unobserved(facts: LayerFacts) -> str:
    """Return, in one line, that nothing could be seen, and which stage is the reason."""
    failed = facts.failures[0] if facts.failures else None
    if failed is None:
        return "nothing observed"
    did = {"raised": "raised", "timeout": "did not end", "crash": "ended the process"}
    return f"nothing observed: {STAGES[failed.stage]} {did[failed.kind]}"


def _weights(facts: LayerFacts) -> Answer:
    trainable = sum(weight.trainable for weight in facts.weights)
    words = (
        f"weights {len(facts.weights)}, {trainable} trainable" if facts.weights else "weights none"
    )
    untracked = [each.attribute for each in facts.untracked_variables if each.used is not False]
    if untracked:
        named = by_name(_named(untracked), facts)
        return Answer(f"{words}, {len(untracked)} untracked {named}", "bad")
    return Answer(words, "good")


def _constants(facts: LayerFacts) -> Answer:
    if Stage.GRADIENT not in facts.completed:
        return Answer("hidden constants not run", "not-run")
    hidden = [each.name for each in facts.constants if each.used and not is_trifle(each)]
    if not hidden:
        return Answer("hidden constants none", "good")
    return Answer(f"hidden constants {len(hidden)} {by_name(_named(hidden), facts)}", "bad")


def _gradients(facts: LayerFacts) -> Iterator[Answer]:
    if Stage.GRADIENT not in facts.completed:
        yield Answer("gradients not run", "not-run")
        return
    trained = [weight for weight in facts.weights if weight.trainable]
    for status, words in GRADIENTS.items():
        names = [
            weight.attribute
            for weight in trained
            if weight.gradient.status == status and weight.gradient.stuck is not False
        ]
        if names:
            named = by_name(_named(names), facts)
            yield Answer(f"{words} {len(names)} {named}", "bad")
        elif status == "none":
            yield Answer("no gradient none", "good")


def _calls(facts: LayerFacts) -> Answer:
    growth = facts.growth
    if growth is None:
        return Answer("repeated calls not run", "not-run")
    if growing := _growing(growth):
        return Answer(growing, "bad")
    return Answer(f"variables stable over {counted(growth.calls, 'call')}", "good")


def _growing(growth: Growth) -> str:
    """Return what calls after the first leave behind; empty where it is nothing."""
    made = growth.variables_per_call
    left = [state.attribute for state in growth.state]
    if any(made[1:]):
        return f"variables grow: the {counted(len(made), 'call')} made {sequence(made)}"
    return f"variables stable, {_named(left)} grows" if left else ""


def _named(names: Sequence[str]) -> str:
    shown = [*dict.fromkeys(names)]
    if len(shown) > NAMED + 1 and "[*]" in (shared := shared_name(shown)):
        return f"({shared})"
    rest = f" and {len(shown) - NAMED} more" if len(shown) > NAMED + 1 else ""
    return f"({', '.join(shown[:NAMED] if rest else shown)}{rest})"
