"""Whole models: one cut is one finding, on the line of the operation that cuts."""

from __future__ import annotations

import importlib

import pytest

from layerdoctor.facts import LayerFacts, Stage
from layerdoctor.judge.diagnosis import diagnose
from layerdoctor.rule import Finding
from layerdoctor.rules import RULES
from tests.examine import examined
from tests.probe.observing import line, target

MODULE = "whole_models"


def observed(name: str) -> LayerFacts:
    return examined(target(MODULE, name, 4, 6), until=Stage.CONTRACT)


def findings(facts: LayerFacts) -> list[Finding]:
    return [each for each in diagnose(facts, RULES).findings if each.code != "LD901"]


@pytest.mark.parametrize(
    ("name", "marker", "says"),
    [
        ("rounded", "cuts everything", "nothing before it trains: 14 weights of 4 layers"),
        ("rounded_beside", "cuts the blocks", "12 weights of 3 layers before it do not train"),
    ],
)
def test_what_one_operation_of_a_functional_model_cuts_is_one_finding_on_its_line(
    name: str, marker: str, says: str
) -> None:
    (finding,) = findings(observed(name))
    assert finding.code == "LD202"
    assert finding.location is not None
    assert finding.location.line == line(MODULE, marker)
    assert finding.message == (
        f"every path to the output is cut at `ops.round`, which has no gradient: {says}"
    )
    assert len(finding.about) == int(says.split(" weights", maxsplit=1)[0].rsplit(maxsplit=1)[-1])


def test_what_cuts_a_functional_model_of_keras_2_is_on_its_line_too() -> None:
    importlib.import_module("tf_keras")  # as workers do where a target's source names it
    module = "whole_models_keras_2"
    facts = examined(target(module, "rounded", 4, 6), until=Stage.CONTRACT)
    (finding,) = findings(facts)
    assert finding.code == "LD202"
    assert finding.location is not None
    assert finding.location.line == line(module, "cuts everything")


def test_what_a_layer_of_keras_raises_in_a_model_is_on_the_line_that_put_it_there() -> None:
    facts = examined(target(MODULE, "shapeless", 4, 6))
    (found,) = [each for each in findings(facts) if each.code == "LD401"]
    assert found.location is not None
    assert found.location.line == line(MODULE, "asks for a shape")


def test_a_model_of_keras_2_is_taken_as_a_whole_too() -> None:
    importlib.import_module("tf_keras")
    facts = examined(target("whole_models_keras_2", "rounded", 4, 6))
    told = {each.name: each for each in facts.checks}
    assert told["training"].status == "passed"
    assert told["output_shape"].status == "passed"
    assert told["xla"].reason == "only Keras 3 compiles without being asked"
    assert told["mixed_precision"].reason == (
        "not run of a whole model: its layers are Keras's own"
    )


def test_what_a_functional_model_computes_is_drawn_line_by_line() -> None:
    facts = observed("stack")
    assert not findings(facts)
    assert facts.flow is not None
    drawn = {node.location.line for node in facts.flow.nodes if node.location}
    assert drawn == {line(MODULE, marker) for marker in ("the first", "in the block", "the last")}


def test_what_is_asked_of_one_layer_is_not_asked_of_all_of_a_model_again() -> None:
    facts = examined(target(MODULE, "stack", 4, 6))
    told = {each.name: each for each in facts.checks}
    assert told["training"].status == "passed"
    assert told["graph"].status == "passed"
    assert told["xla"].reason == "not run of a whole model: examine `Block` alone"
    assert told["mixed_precision"].status == "skipped"
    assert told["config"].reason is not None
    assert "`state`" in told["config"].reason


def test_the_layers_of_a_model_are_told_in_the_order_of_the_data() -> None:
    facts = observed("rounded")
    assert facts.layers is not None
    assert (facts.layers[0].name, facts.layers[-1].name) == ("first", "last")
    block = facts.layers[1]
    assert (block.class_name, block.output_shape) == ("Block", (4, 6))
    assert (block.weights, block.inside) == (4, 2)
    assert block.location is not None
    assert block.location.file.endswith("whole_models.py")
    assert [each.status for each in facts.layers] == ["none"] * 4 + ["flows"]
    assert [each.norm is None for each in facts.layers] == [True] * 4 + [False]


def test_the_layers_of_a_subclassed_model_are_in_the_order_of_its_calls() -> None:
    facts = examined(target(MODULE, "Subclassed", 4, 6), until=Stage.CONTRACT)
    assert facts.layers is not None
    assert [each.attribute for each in facts.layers] == [
        "self.before", "self.blocks[0]", "self.blocks[1]", "self.after", "self.idle",
    ]  # fmt: skip
    assert facts.layers[-1].output_shape is None
    assert all(each.norm for each in facts.layers[:-1])


def test_a_large_model_is_not_trained_where_it_is_made_of_known_layers() -> None:
    facts = examined(target(MODULE, "tall", 4, 6))
    told = {each.name: each for each in facts.checks}
    assert told["training"].reason == "not run of a large model: its layers are Keras's own"
    assert told["graph"].status == "passed"
    assert facts.layers is not None
    assert len(facts.layers) == 130
    assert not findings(facts)


def test_a_functional_model_with_a_step_of_its_own_is_a_whole_one_trained_by_that() -> None:
    facts = examined(target(MODULE, "stepping", 4, 6))
    told = {each.name: each for each in facts.checks}
    assert told["xla"].reason == "not run of a whole model: examine `Block` alone"
    (finding,) = findings(facts)
    assert finding.code == "LD405"
    assert "moves no trainable weight" in finding.message
    assert finding.location is not None
    assert finding.location.line == line(MODULE, "never moves") - 2
