"""What is told of gradients, on layers of every kind."""

from __future__ import annotations

import pytest
import tensorflow as tf

from layerdoctor.facts import Gradient, LayerFacts
from layerdoctor.probe.layer.subject import Subject
from tests.probe.marked_layers import amiss, layers_of, observed_here

MODULES = ("functions", "keras_ops", "eager", "selectors", "zeros", "modes", "sound", "drawn")
LAYERS = [(module, name) for module in MODULES for name in layers_of(module)]


@pytest.mark.parametrize(("module", "name"), LAYERS)
def test_exactly_what_the_source_announces_is_found(module: str, name: str) -> None:
    facts = observed_here(module, name)
    assert amiss(module, [facts]) == [], facts.failures


def the(wanted: str) -> LayerFacts:
    (module,) = [module for module, name in LAYERS if name == wanted]
    return observed_here(module, wanted)


def gradient_of(facts: LayerFacts, attribute: str) -> Gradient:
    (weight,) = [weight for weight in facts.weights if weight.attribute == attribute]
    return weight.gradient


def test_each_output_tells_the_weights_whose_gradient_reaches_it() -> None:
    outputs = the("DictOutput").outputs
    assert outputs is not None
    assert [output.reached_by for output in outputs] == [(), ("self.v",), (), ("self.w",)]


def test_what_reaches_only_one_of_two_outputs_is_told_apart() -> None:
    outputs = the("TwoOutputs").outputs
    assert outputs is not None
    assert [output.reached_by for output in outputs] == [("self.w",), ("self.v",)]


def test_a_weight_that_trains_in_one_mode_says_so() -> None:
    assert gradient_of(the("CutInTraining"), "self.w").modes == {
        "training": "none",
        "inference": "flows",
    }


def test_a_function_of_keras_ops_is_one_call() -> None:
    assert gradient_of(the("OpsArgmax"), "self.w").op == "ops.argmax"


@pytest.mark.parametrize(
    "name", ["NumpyMethod", "NumpyAsarray", "NumpySort", "PythonFloat", "PythonIf", "NumpyMemory"]
)
def test_a_value_that_leaves_is_told_as_such(name: str) -> None:
    assert gradient_of(the(name), "self.w").cause == "left-tensorflow"


def test_the_path_goes_from_the_weight_to_the_cut() -> None:
    path = gradient_of(the("CustomAfterCut"), "self.w").path
    assert [(step.op, step.cut) for step in path] == [("Mul", False), ("Round", True)]


def test_the_path_ends_at_the_first_of_many_cuts_and_names_it_once() -> None:
    gates = [item for item in the("Blocks").weights if item.attribute.endswith(".gate")]
    paths = [[(step.op, step.cut) for step in gate.gradient.path] for gate in gates]
    assert paths == [[("Mul", False), ("ops.argmax", True)]] * 4


@pytest.mark.parametrize("name", ["Spectral", "OldCounted", "TwoOutputs", "EmbeddedPad"])
def test_a_clean_layer_costs_few_passes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    def counted(kind: type, method: str) -> None:
        original = getattr(kind, method)

        def noted(*args: object, **kwargs: object) -> object:
            calls.append(method)
            return original(*args, **kwargs)

        monkeypatch.setattr(kind, method, noted)

    counted(Subject, "run")
    counted(tf.GradientTape, "gradient")
    the(name)
    assert calls.count("run") <= 8
    assert calls.count("gradient") <= 3
