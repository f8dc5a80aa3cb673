"""LD102: a sub-layer that the layer does not know of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.rules.reading import container, grouped
from layerdoctor.stages import Stage
from layerdoctor.wording import counted, framework, listed

if TYPE_CHECKING:
    from layerdoctor.facts import LayerFacts, UntrackedLayer


def check(facts: LayerFacts) -> Iterator[Problem]:
    used = filter(is_told, facts.untracked_layers)
    for group in grouped(used, key=lambda one: (container(one.attribute), one.location)):
        first = group[0]
        subject = first.attribute if len(group) == 1 else container(first.attribute)
        on_purpose = all(is_frozen_on_purpose(one) for one in group)
        yield Problem(
            subject,
            message(facts, subject, group),
            at=first.location,
            help=remedy(facts, first),
            severity=Severity.NOTE if on_purpose else None,
            about=tuple(one.attribute for one in group),
        )
    nameless = (variable for variable in facts.untracked_variables if variable.made_by)
    for variables in grouped(nameless, key=lambda one: (one.made_by, one.location)):
        names = tuple(variable.attribute for variable in variables)
        yield Problem(
            variables[0].made_by,
            f"no attribute leads to a `{variables[0].made_by}` that is used: {listed(names)} "
            f"{'is' if len(names) == 1 else 'are'} neither trained nor saved",
            at=variables[0].location,
            about=names,
        )


def is_told(layer: UntrackedLayer) -> bool:
    return layer.weights > 0 and layer.called is not False


def is_frozen_on_purpose(layer: UntrackedLayer) -> bool:
    made_elsewhere = layer.given or layer.holder in ("closure", "global", "class")
    return layer.frozen and made_elsewhere


def message(facts: LayerFacts, subject: str, group: list[UntrackedLayer]) -> str:
    first = group[0]
    tracker = framework(facts.framework)
    foreign = f"{framework(first.framework)} " if first.framework != facts.framework else ""
    kinds = {one.class_name for one in group}
    kind = f"`{first.class_name}`" if len(kinds) == 1 else "sub-layer"
    what = f"is a {foreign}{kind}" if len(group) == 1 else f"holds {len(group)} {foreign}{kind}"
    weights = sum(one.weights for one in group)
    are = "is" if weights == 1 else "are"
    if first.reserved:
        return (
            f"`{subject}` {what} under a name that {tracker} uses itself and does not save, "
            f"so its {counted(weights, 'weight')} {are} lost on reloading"
        )
    lost = "not saved" if all(one.frozen for one in group) else "neither trained nor saved"
    return (
        f"`{subject}` {what} that {tracker} does not track, "
        f"so its {counted(weights, 'weight')} {are} {lost}"
    )


def remedy(facts: LayerFacts, layer: UntrackedLayer) -> str | None:
    if layer.reserved:
        return "give the attribute another name, one that no layer has of itself"
    if layer.framework == facts.framework:
        return None
    wanted = {"keras": "keras.layers", "tf_keras": "tf_keras.layers"}.get(facts.framework or "")
    return f"use `{wanted}.{layer.class_name}`" if wanted else None


BAD = '''\
import keras


class Example(keras.layers.Layer):
    """Sums what several experts say."""

    def __init__(self, experts=2, units=3, **kwargs):
        super().__init__(**kwargs)
        self.experts = [None] * experts
        for index in range(experts):
            self.experts[index] = keras.layers.Dense(units)

    def build(self, input_shape):
        for expert in self.experts:
            expert.build(input_shape)

    def call(self, inputs):
        return sum(expert(inputs) for expert in self.experts)
'''

GOOD = '''\
import keras


class Example(keras.layers.Layer):
    """Sums what several experts say."""

    def __init__(self, experts=2, units=3, **kwargs):
        super().__init__(**kwargs)
        self.experts = [keras.layers.Dense(units) for _ in range(experts)]

    def build(self, input_shape):
        for expert in self.experts:
            expert.build(input_shape)

    def call(self, inputs):
        return sum(expert(inputs) for expert in self.experts)
'''

RULE = Rule(
    code="LD102",
    name="untracked-layer",
    severity=Severity.ERROR,
    needs=Stage.GRADIENT,
    summary="a sub-layer with weights is called and not tracked",
    why=(
        "The sub-layer takes part in the output, but its weights are none of this layer's: they "
        "are not trained, not saved, and not frozen with the layer. Keras 3 finds sub-layers "
        "that are set as attributes, or are in a list or dictionary when that is set. It does "
        "not see those in a helper object, in a deque, behind `list[0] = layer`, appended to a "
        "list inside a list, or those of the other Keras: a `tf_keras` layer in a Keras 3 layer."
    ),
    help=(
        "set it as an attribute of the layer in `__init__`, or set the whole list at once: "
        "`self.experts = [keras.layers.Dense(units) for _ in range(count)]`"
    ),
    bad=Example(source=BAD),
    good=Example(source=GOOD),
    check=check,
    covers=("LD101", "LD107", "LD502"),
    covers_all=("LD505",),
)
