"""LD301: variables made by every call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.rules.reading import container, grouped, makes_variables
from layerdoctor.stages import Stage
from layerdoctor.wording import counted, sequence

if TYPE_CHECKING:
    from layerdoctor.facts import Growth, LayerFacts, NewVariable


def check(facts: LayerFacts) -> Iterator[Problem]:
    growth = facts.growth
    if growth is None or not makes_variables(growth):
        return
    calls = "every call makes" if all(growth.variables_per_call[1:]) else "repeated calls make"
    about = made_in_call(facts)
    repeated = [variable for variable in growth.new_variables if variable.call > 1]
    for group in grouped(repeated, key=lambda variable: variable.location):
        yield problem(growth, group, about, calls)
    if not repeated:
        message = f"{calls} new variables: {sequence(growth.variables_per_call)}"
        yield Problem(None, message, at=None, about=about)


def problem(
    growth: Growth, group: list[NewVariable], about: tuple[str, ...], calls: str
) -> Problem:
    first = group[0]
    number = sum(variable.call == first.call for variable in group)
    made = f"a new `{first.sublayer}` with " if first.sublayer else ""
    return Problem(
        first.assigned_to,
        f"{calls} {made}{counted(number, 'new variable')}; the {growth.calls} calls "
        f"made {sequence(growth.variables_per_call)} in all",
        at=first.location,
        help=(
            f"make the `{first.sublayer}` once, in `__init__`, and call it in `call`"
            if first.sublayer
            else None
        ),
        about=about,
    )


def made_in_call(facts: LayerFacts) -> tuple[str, ...]:
    """The attributes of what exists because a call made it."""
    variables = [
        variable.attribute
        for variable in facts.untracked_variables
        if "call" in (variable.holder, variable.created_in)
    ]
    layers = [layer.attribute for layer in facts.untracked_layers if layer.holder == "call"]
    late = [weight for weight in facts.weights if weight.created_in == "call"]
    weights = [weight.attribute for weight in late]
    owners = [weight.owner for weight in late if weight.owner != "self"]
    names = variables + layers + weights + owners
    return tuple(dict.fromkeys([*names, *map(container, names)]))


BAD = '''\
import keras


class Example(keras.layers.Layer):
    """Adds a dense branch to the input."""

    def build(self, input_shape):
        self.gate = self.add_weight(name="gate", shape=(), initializer="ones")

    def call(self, inputs):
        branch = keras.layers.Dense(inputs.shape[-1])
        return inputs + self.gate * branch(inputs)
'''

GOOD = '''\
import keras


class Example(keras.layers.Layer):
    """Adds a dense branch to the input."""

    def build(self, input_shape):
        self.gate = self.add_weight(name="gate", shape=(), initializer="ones")
        self.branch = keras.layers.Dense(input_shape[-1])
        self.branch.build(input_shape)

    def call(self, inputs):
        return inputs + self.gate * self.branch(inputs)
'''

RULE = Rule(
    code="LD301",
    name="growing-variables",
    severity=Severity.ERROR,
    needs=Stage.REPEAT,
    summary="every call makes new variables or sub-layers",
    why=(
        "What a call makes is new at every call: it starts again at its initial value, so it "
        "never learns, and nothing saves it. The memory grows until the process dies. Inside "
        "`tf.function`, and so in `fit`, TensorFlow refuses variables that are made after the "
        "first call."
    ),
    help=(
        "make variables once, with `self.add_weight(...)` in `build`, and sub-layers in "
        "`__init__`; `call` only uses them"
    ),
    bad=Example(source=BAD),
    good=Example(source=GOOD),
    check=check,
    help_for_module=(
        "make variables and parts once, in `__init__` or where the first call finds none, and hold "
        "them in attributes; every other call only uses them"
    ),
    covers=("LD101", "LD102", "LD107", "LD201", "LD210", "LD302", "LD502"),
    covers_all=("LD303", "LD405"),
)
