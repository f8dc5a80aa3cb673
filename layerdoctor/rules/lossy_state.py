"""LD502: state that a save and a load do not bring back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.rules.reading import (
    breaches,
    class_line,
    grouped,
    is_of_build,
    makes_variables,
    same_failure,
)
from layerdoctor.wording import by_how_much, listed, told

if TYPE_CHECKING:
    from layerdoctor.facts import Breach, BreachKind, LayerFacts, SavedFormat


def check(facts: LayerFacts) -> Iterator[Problem]:
    for group in grouped(breaches(facts, "state", "lost"), key=place):
        names = tuple(breach.subject for breach in group if breach.subject)
        if late_for_a_cause(facts, names):
            continue
        if names or not has_a_cause(facts):
            subject = names[0] if names else None
            lost_at = group[0].location or class_line(facts)
            words = message(group[0], names)
            help_, low = instead(facts, group[0], names), severity(group[0])
            yield Problem(subject, words, at=lost_at, help=help_, severity=low, about=names)
    symbolic = [each.failure for each in breaches(facts, "symbolic", "raised")]
    for breach in breaches(facts, "state", *RAISING):
        if any(same_failure(breach.failure, failure) for failure in symbolic):
            continue
        if fails_to_build_in_a_graph(facts, breach):
            continue
        if not raises_for_a_cause(facts) and not makes_variables(facts.growth):
            where = breach.location or (breach.failure and breach.failure.location)
            does = RAISING[breach.kind].format(model=model_of(breach))
            words = f"{does} {told(breach.failure)}{left_out(breach)}"
            yield Problem(
                breach.subject,
                words,
                at=where or class_line(facts),
                help=remedy(breach),
                severity=severity(breach),
            )


def instead(facts: LayerFacts, breach: Breach, names: Sequence[str]) -> str | None:
    """What to do about values that no weight of the layer's own holds."""
    if breach.expected is not None:
        return f"take None as the default of `{breach.subject}`, and make the object in `__init__`"
    owners = {weight.attribute: weight.owner for weight in facts.weights}
    if names and all(owners.get(name, "self") != "self" for name in names):
        late = {weight.attribute for weight in facts.weights if weight.created_in == "call"}
        return BUILT_LATE if late.issuperset(names) else SUBLAYERS
    known = {*owners, *(variable.attribute for variable in facts.untracked_variables)}
    return ORDERED if known.isdisjoint(names) and names else None


BUILT_LATE = (
    "build the sub-layer in `build`: loading a subclassed model does not call the layer, so what "
    "only its first call builds is left as it starts"
)
SUBLAYERS = (
    "hold sub-layers in attributes, in one list, or in one dictionary that is filled in the same "
    "order in each process, `sorted(names)` in place of a set of names; what is in a set is not "
    "saved, and in Keras 2 what is in a list inside a list"
)
ORDERED = (
    "make it the same in each process, `sorted(names)` in place of the order of a set, return it "
    "from `get_config`, or hold it in a weight, `self.add_weight(..., trainable=False)`"
)
RAISING: dict[BreachKind, str] = {
    "unsaved": "saving {model} raises",
    "unloadable": "loading {model} raises",
    "uncallable": "loaded in {model}, the layer raises",
}
NOT_LOADED = (
    "save the layer in a model, and load it in another process, until that works: `model.save("
    '"model.keras")`, then `keras.saving.load_model("model.keras")`'
)
REBUILDS = "in build_from_config"
"""How a traceback names Keras's method that calls `build` with the shapes of an archive."""
AS_LISTS = (
    "loading calls `build` with the shapes that were saved, and JSON makes lists of tuples: take "
    "both in `build`, `tuple(input_shape)` for one shape, and a list of lists for several"
)


OLDER: dict[SavedFormat | None, str] = {
    ".h5": "`.h5`",
    "checkpoint": "a checkpoint",
    "SavedModel": "a SavedModel",
}
"""The formats that only some users of Keras 2 need: what they refuse is worth a note."""
NAMED = 'give each weight a name of its own: `self.add_weight(name="scale", ...)`'
TRACKED = (
    "hold sub-layers and weights in attributes, in lists that are only appended to, or in "
    "dictionaries whose keys are strings"
)


def severity(breach: Breach) -> Severity | None:
    return Severity.NOTE if breach.format in OLDER else None


def left_out(breach: Breach) -> str:
    if breach.op:
        return f"; `{breach.op}` leaves `{breach.subject}` out"
    if breach.received:
        return f"; `{breach.subject}` has no name of its own: it is called `{breach.received}`"
    return f"; it cannot keep track of `{breach.subject}`" if breach.subject else ""


def remedy(breach: Breach) -> str:
    if breach.format in OLDER and breach.subject:
        return named(breach.subject) if breach.received else TRACKED
    if breach.op is None:
        rebuilt = breach.failure is not None and REBUILDS in (breach.failure.traceback or "")
        return AS_LISTS if rebuilt else NOT_LOADED
    return (
        f"write `save_own_variables` and `load_own_variables`, which store and load "
        f"`{breach.subject}` too; that of the base class knows its own weights only"
    )


def named(weight: str) -> str:
    """How a weight of Keras 2 gets a name of its own; one of a sub-layer has it from there."""
    owner = weight.rpartition(".")[0]
    if owner in ("", "self"):
        return NAMED
    return (
        f"build each sub-layer under its own name: `with tf.name_scope({owner}.name): "
        f"{owner}.build(input_shape)`"
    )


def model_of(breach: Breach) -> str:
    """The model whose archive was read."""
    if breach.model is None:
        return "its weights"
    if breach.model == "itself":
        return f"it, a model,{as_format(breach)}"
    return f"a {breach.model} model around it{as_format(breach)}"


def as_format(breach: Breach) -> str:
    """The format in words, where it is one of the older ones."""
    return f" as {OLDER[breach.format]}" if breach.format in OLDER else ""


def place(breach: Breach) -> object:
    """What all that one line loses has in common."""
    return breach.location or breach.subject


def has_a_cause(facts: LayerFacts) -> bool:
    """Whether another defect explains an output that differs, where no attribute was named."""
    return bool(
        any(variable.used for variable in facts.untracked_variables)
        or any(layer.called for layer in facts.untracked_layers)
        or any(one.used and (one.stable is False or one.derived_from) for one in facts.constants)
        or any(breaches(facts, "config"))
        or any(breaches(facts, "graph"))
        or any(breaches(facts, "determinism"))
    )


def raises_for_a_cause(facts: LayerFacts) -> bool:
    """Whether another defect explains that a model can be neither saved nor loaded, nor called."""
    return bool(
        any(variable.used for variable in facts.untracked_variables)
        or any(layer.called for layer in facts.untracked_layers)
        or any(breaches(facts, "config"))
        or any(breach.failure for breach in breaches(facts, "graph"))
    )


def late_for_a_cause(facts: LayerFacts, names: Sequence[str]) -> bool:
    """Whether Keras, which builds by a call in a graph, cannot build what was not restored."""
    late = {weight.attribute for weight in facts.weights if weight.created_in == "call"}
    failing = breaches(facts, "graph", "eager-only")
    return bool(names) and late.issuperset(names) and not facts.builds_itself and any(failing)


def fails_to_build_in_a_graph(facts: LayerFacts, breach: Breach) -> bool:
    """Whether ``fit`` has met what keeps Keras from building a subclassed model that it loads."""
    fits = breaches(facts, "training", "subclassed-fit")
    failures = (fit.failure for fit in fits if fit.failure)
    return breach.model == "subclassed" and any(map(is_of_build, failures))


def message(breach: Breach, names: Sequence[str]) -> str:
    saved = f"a save and a load{as_format(breach)}"
    if breach.expected is not None:
        return (
            f"after {saved} the output differs{by_how_much(breach)}: the default of "
            f"`{breach.subject}`, `{breach.expected}`, is one object for every layer, and is "
            "changed"
        )
    if not names:
        return f"after {saved} the output differs{by_how_much(breach)}"
    differs = "" if breach.difference is None else f", and the output differs{by_how_much(breach)}"
    do = "does" if len(names) == 1 else "do"
    return f"{listed(names)} {do} not come back after {saved}{differs}"


BAD = '''\
import keras


class Example(keras.layers.Layer):
    """Scales and shifts every feature; saves under short names."""

    def build(self, input_shape):
        shape = (input_shape[-1],)
        self.scale = self.add_weight(name="scale", shape=shape, initializer="random_normal")
        self.shift = self.add_weight(name="shift", shape=shape, initializer="random_normal")

    def call(self, inputs):
        return inputs * self.scale + self.shift

    def save_own_variables(self, store):
        store["a"] = self.scale.numpy()

    def load_own_variables(self, store):
        self.scale.assign(store["a"])
'''

GOOD = '''\
import keras


class Example(keras.layers.Layer):
    """Scales and shifts every feature; saves under short names."""

    def build(self, input_shape):
        shape = (input_shape[-1],)
        self.scale = self.add_weight(name="scale", shape=shape, initializer="random_normal")
        self.shift = self.add_weight(name="shift", shape=shape, initializer="random_normal")

    def call(self, inputs):
        return inputs * self.scale + self.shift

    def save_own_variables(self, store):
        store["a"] = self.scale.numpy()
        store["b"] = self.shift.numpy()

    def load_own_variables(self, store):
        self.scale.assign(store["a"])
        self.shift.assign(store["b"])
'''

RULE = Rule(
    code="LD502",
    name="lossy-state",
    severity=Severity.ERROR,
    needs="state",
    summary="after a save and a load the same input gives another output",
    why=(
        "Something that the output depends on is neither in the weights file nor in the config. "
        "The loaded model answers differently from the one that was trained, and as saving and "
        "loading both succeed, it shows only in the results. The layer was saved in models, with "
        "values that differ from its start values; another process imported its module anew, "
        "loaded them, and called it again. Where saving, loading or that call raises, it is told. "
        "Keras 2 saves a functional model as `.h5`, as a checkpoint and, where it is light, as a "
        "SavedModel too; what only these refuse is a note."
    ),
    help=(
        "hold the state in a weight, `self.add_weight(..., trainable=False)`; where the layer "
        "has `save_own_variables`, store and load every weight there"
    ),
    bad=Example(source=BAD),
    good=Example(source=GOOD),
    check=check,
)
