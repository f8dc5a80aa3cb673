"""Every word of a vocabulary of the facts is produced by some layer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from layerdoctor import facts as declared
from layerdoctor.facts import LayerFacts, Location, Stage
from layerdoctor.probe.examination.before_and_after import BeforeAndAfter
from layerdoctor.protocol import Comparison, Message, Observed
from layerdoctor.target import Target
from tests.examine import examined
from tests.probe.marked_layers import observed_here, target_of
from tests.probe.observing import LAYERS, as_in_a_worker, observe, target
from tests.probe.words import Vocabulary, vocabularies_in, vocabulary, words_in

pytestmark = pytest.mark.thorough

MARKED = {
    "configs": ("ClaimedByAnother",),
    "frozen": ("CompilesItsCall",),
    "growing": ("VarKept", "Tensors"),
    "masks": ("DropsSteps",),
    "model_steps": ("NeverApplies", "Misspells"),
    "older_formats": ("NumberedParts",),
    "pointed": ("UnfreezesInCall",),
    "random_draws": ("AlwaysDrops",),
    "trained": ("AssignsInBuild",),
    "trained_keras_2": ("Code",),
}
"""Layers whose source says what they are called with."""
OTHERS = {
    "arguments": ("Narrow", "Penalised", "Spread", "Swallows"),
    "contract_keras": (
        "Ends",
        "NeverFrozen",
        "SameRows",
        "TakesNoName",
        "WritesIntoInput",
        "WrongSpec",
    ),
    "contract_others": ("Forgets", "ScalingModule"),
    "reloading": ("DrawnAtImport", "LateModel", "RebuiltEmpty"),
}
"""Layers that take four rows of three features."""
NAMED = [{"name": "value", "shape": [4, 3]}, {"name": "weight", "shape": [4, 1]}]
PARTICULAR = (
    target("contract_keras", "Waits", timeout=10),
    target("contract_others", "PoppingModule", inputs=NAMED, inputs_as="dict"),
    target("contract_others", "DrawingModule", inputs_as="positional"),
    target("contract_others", "BranchingModule", inputs_as="list"),
    target("contract_keras", "nowhere"),
    target("contract_keras", "os"),
    target("no_such_module", "Anything"),
    target("other_backend", "Elsewhere"),
    target("slips", "OverTime", 8),
    target("unguessable", "FoundMystery", inputs=[], discovered=True),
)
BEFORE_CONTRACT = {
    "hidden_constants": ("LiteralTable", "FewLiterals", "RandInit"),
    "hidden_layers": ("HelperBlock",),
    "hidden_variables": ("AttrFixed", "ClassAttr", "InClosure", "InModule"),
}
IN_PROCESS = {
    "eager": ("NumpyMethod", "OnlyPrinted"),
    "functions": ("Stopped",),
    "masks": ("AveragesUnmasked",),
    "modes": (
        "CutInTraining",
        "DividedByZero",
        "IntegerOnly",
        "NanBackwards",
        "RaisesEagerlyOnly",
        "ZeroNorm",
    ),
    "selectors": ("Argmax", "CastInt"),
    "sound": ("Binary", "ReversalInSingle"),
    "zeros": ("AbsAtZero",),
}
VERSIONS = (
    ("Shifted", "Shifted"),
    ("Shifted", "ShiftedFurther"),
    ("Logarithm", "LogarithmOfSize"),
    ("Stale", "Current"),
)
"""Layers, and what became of each."""
OF_NO_LAYER = {"internal"}
"""What only a fault of layerdoctor's own brings about."""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, LayerFacts]:
    wanted = [target_of(module, name) for module, names in MARKED.items() for name in names]
    wanted += [target(module, name) for module, names in OTHERS.items() for name in names]
    here = [(module, name) for module, names in IN_PROCESS.items() for name in names]
    file = tmp_path_factory.mktemp("versions") / "record"
    return {
        **observe([*wanted, *PARTICULAR]),
        **{name: observed_here(module, name) for module, name in here},
        **dict(before_contract()),
        **{"/".join(pair): compared(*pair, file) for pair in VERSIONS},
    }


def before_contract() -> Iterator[tuple[str, LayerFacts]]:
    """Yield layers of which it is enough to look at them up to the contract, by their names."""
    with as_in_a_worker():
        for module, names in BEFORE_CONTRACT.items():
            for name in names:
                yield name, examined(target_of(module, name), until=Stage.CONTRACT)


def compared(before: str, after: str, file: Path) -> LayerFacts:
    """Return what a layer is seen to compute, beside what another one computes."""
    told: list[Message] = []
    for name, records in ((before, True), (after, False)):
        one: Target = target("versions", name)
        BeforeAndAfter(one, Comparison(str(file), records=records), told.append).run()
    *_, last = (message.fields for message in told if isinstance(message, Observed))
    return LayerFacts(id=after, target=after, **last)


def declarations() -> Iterator[tuple[str, Vocabulary]]:
    """Yield the vocabularies that the module of the facts declares, by their names."""
    for name, kind in vars(declared).items():
        if words := vocabulary(kind):
            yield name, words


VOCABULARIES = dict(declarations())


def test_the_facts_are_made_of_the_vocabularies_that_are_declared() -> None:
    used = set(vocabularies_in(LayerFacts))
    assert all(any(map(words.issubset, used)) for words in VOCABULARIES.values())
    assert all(any(map(words.issubset, VOCABULARIES.values())) for words in used)


@pytest.mark.parametrize("name", VOCABULARIES)
def test_every_word_is_produced(seen: dict[str, LayerFacts], name: str) -> None:
    wanted = VOCABULARIES[name]
    found = {
        word
        for facts in seen.values()
        for words, word in words_in(facts, LayerFacts)
        if wanted <= words
    }
    assert wanted - found - OF_NO_LAYER == set()


def test_a_literal_table_is_named_and_placed_where_it_is_written(
    seen: dict[str, LayerFacts],
) -> None:
    (table,) = (each for each in seen["LiteralTable"].constants if each.holder == "inline")
    lines = LAYERS.joinpath("hidden_constants.py").read_text(encoding="utf-8").splitlines()
    opening = lines.index("        mix = tf.constant(") + 2
    assert table.name == "mix"
    assert table.location == Location(file="tests/probe/layers/hidden_constants.py", line=opening)
    assert seen["FewLiterals"].constants == ()
