"""The checks of the contract, on layers of Keras 3, Keras 2 and plain modules."""

from __future__ import annotations

import pytest

from layerdoctor.facts import Breach, LayerFacts, Stage
from tests.probe.marked_layers import target_of
from tests.probe.observing import breach, check, line, observe, target

KERAS, OTHERS = "contract_keras", "contract_others"
SLOPE = {"args": {"slope": 0.3}}
FEATURES = {"value": {"shape": [4, 3]}, "weight": {"shape": [4, 1]}}
NAMED = [{"name": name, **table} for name, table in FEATURES.items()]

NO_HALF = ("Spectral", "Complex")

TARGETS = [
    *(
        target(KERAS, name)
        for name in (
            "Sound",
            "NumpyOnly",
            "EagerGradient",
            "GraphGradient",
            "KeepsTensor",
            "KeepsFromBuild",
            "Looks",
            "Counts",
            "DrawsInTraining",
            "Declared",
            "Undeclared",
            "FixedReshape",
            "NoneOut",
            "Rounds",
            "Normalises",
            "TakesNoName",
            "ForgetsShift",
            "SavesNothing",
            "FilledTable",
            "WrongShape",
            "BuiltForBatch",
            "SameRows",
            "Refuses",
            "SinglePrecision",
            "HoldsModel",
            "CastsBack",
            "OwnType",
            "OwnTypeInside",
            "WritesIntoInput",
            "NeverFrozen",
            "instance",
        )
    ),
    target(KERAS, "Drops", **SLOPE),
    target(KERAS, "Gram", 3, 3),
    target(KERAS, "LosesMask", 2, 5, 3),
    target(KERAS, "InnerMask", 2, 5, 3),
    *(target(OTHERS, name) for name in ("Branches", "Dynamic", "Single", "BranchingModule")),
    *(target_of("usual", name) for name in NO_HALF),
    target(OTHERS, "DrawingModule"),
    target(OTHERS, "ScalingModule"),
    target_of("hidden_constants", "GlobalTable"),  # its module holds arrays
    target(OTHERS, "Forgets", args={"scale": 3.0}),
    target(OTHERS, "PoppingModule", inputs=NAMED, inputs_as="dict"),
]


@pytest.fixture(scope="module")
def observed() -> dict[str, LayerFacts]:
    return observe(TARGETS)


def failed(facts: LayerFacts) -> set[str]:
    return {found.name for found in facts.checks if found.status == "failed"}


def place(found: Breach) -> int | None:
    return found.location.line if found.location else None


@pytest.mark.parametrize(
    "name",
    [
        "Sound",
        "GraphGradient",
        "Declared",
        "Normalises",
        "Gram",
        "Refuses",
        "OwnType",
        "OwnTypeInside",
        "InnerMask",
        "instance",
    ],
)
def test_a_sound_layer_breaks_nothing(observed: dict[str, LayerFacts], name: str) -> None:
    assert failed(observed[name]) == set()


@pytest.mark.parametrize("name", ["Branches", "BranchingModule"])
def test_branches_that_autograph_rewrites_are_fine(
    observed: dict[str, LayerFacts], name: str
) -> None:
    assert failed(observed[name]) == set()


def test_what_does_not_pass_says_why(observed: dict[str, LayerFacts]) -> None:
    assert [
        (name, found.name)
        for name, facts in observed.items()
        for found in facts.checks
        if (found.status == "passed") != (found.reason is None)
    ] == []


def test_no_check_breaks_down(observed: dict[str, LayerFacts]) -> None:
    assert [
        (name, found.name, found.reason)
        for name, facts in observed.items()
        for found in facts.checks
        if (found.reason or "").startswith("it could not be made")
    ] == []


def test_eager_only_carries_the_true_exception(observed: dict[str, LayerFacts]) -> None:
    found = breach(observed["NumpyOnly"], "graph")
    assert found.kind == "eager-only"
    assert found.failure is not None
    assert found.failure.exception == "AttributeError"
    assert found.failure.location is not None
    assert found.failure.location.line == line(KERAS, "eager only")


def test_a_custom_gradient_that_needs_values_fails_in_a_graph(
    observed: dict[str, LayerFacts],
) -> None:
    found = breach(observed["EagerGradient"], "graph")
    assert found.kind == "eager-only"
    assert found.failure is not None
    assert (found.failure.stage, found.failure.exception) == (Stage.GRADIENT, "AttributeError")
    assert found.failure.location is not None
    assert found.failure.location.line == line(KERAS, "eager gradient")


def test_a_leak_that_makes_a_later_call_raise(observed: dict[str, LayerFacts]) -> None:
    found = breach(observed["KeepsTensor"], "graph")
    assert (found.kind, found.subject) == ("leaked", "self.ramp")
    assert place(found) == line(KERAS, "leaked")
    assert found.failure is not None
    assert "out of scope" in found.failure.message


def test_a_leak_of_the_build_that_the_first_traced_call_runs(
    observed: dict[str, LayerFacts],
) -> None:
    found = breach(observed["KeepsFromBuild"], "graph")
    assert (found.kind, found.subject) == ("leaked", "self.ramp")
    assert place(found) == line(KERAS, "built")
    assert found.failure is not None


def test_a_tensor_kept_to_look_at_raises_nothing(observed: dict[str, LayerFacts]) -> None:
    found = breach(observed["Looks"], "graph")
    assert (found.kind, found.subject, found.failure) == ("leaked", "self.seen", None)


def test_a_counter_is_frozen_by_tracing(observed: dict[str, LayerFacts]) -> None:
    found = breach(observed["Counts"], "graph")
    assert (found.kind, found.subject) == ("mismatch", "self.calls")
    assert place(found) == line(KERAS, "frozen")
    assert found.difference is not None
    assert found.difference > 1


def test_numpy_drawn_in_training_is_frozen_by_tracing(observed: dict[str, LayerFacts]) -> None:
    found = breach(observed["DrawsInTraining"], "graph")
    assert (found.kind, found.op) == ("mismatch", "np.random")
    assert place(found) == line(KERAS, "drawn")


def test_python_drawn_in_a_module_is_frozen_by_tracing(observed: dict[str, LayerFacts]) -> None:
    found = breach(observed["DrawingModule"], "graph")
    assert (found.kind, found.op) == ("mismatch", "random")
    assert place(found) == line(OTHERS, "drawn")


def test_an_undeclared_draw_of_tensorflow(observed: dict[str, LayerFacts]) -> None:
    found = breach(observed["Undeclared"], "determinism")
    assert (found.kind, found.op) == ("differs", "RandomStandardNormal")
    assert place(found) == line(KERAS, "undeclared")
    assert check(observed["Undeclared"], "graph").status == "skipped"


def test_declared_draws_are_random_and_the_same_from_the_same_state(
    observed: dict[str, LayerFacts],
) -> None:
    assert check(observed["Declared"], "determinism").status == "random"
    assert check(observed["Declared"], "graph").status == "passed"


def test_an_unknown_batch_size_in_a_symbolic_call(observed: dict[str, LayerFacts]) -> None:
    assert failed(observed["FixedReshape"]) == {"symbolic", "training"}
    found = breach(observed["FixedReshape"], "symbolic")
    assert place(found) == line(KERAS, "unknown")
    assert check(observed["FixedReshape"], "batch_size").status == "skipped"


def test_what_has_no_symbolic_form_is_skipped(observed: dict[str, LayerFacts]) -> None:
    found = check(observed["NoneOut"], "symbolic")
    assert (found.status, found.reason) == (
        "skipped",
        "it returns a NoneType, which has no symbolic form",
    )


@pytest.mark.parametrize(
    ("name", "module", "kind", "subject"),
    [
        ("Drops", KERAS, "dropped", "slope"),
        ("Rounds", KERAS, "changed", "rate"),
        ("Forgets", OTHERS, "dropped", "scale"),
    ],
)
def test_an_argument_is_lost_in_the_config(
    observed: dict[str, LayerFacts], name: str, module: str, kind: str, subject: str
) -> None:
    found = breach(observed[name], "config")
    assert (found.kind, found.subject) == (kind, subject)
    assert place(found) == line(module, kind)


def test_loading_that_raises_tells_the_cause(observed: dict[str, LayerFacts]) -> None:
    found = breach(observed["TakesNoName"], "config")
    assert found.kind == "refused"
    assert found.failure is not None
    assert found.failure.exception == "TypeError"
    assert "unexpected keyword argument" in found.failure.message


def test_a_weight_that_is_not_saved_is_lost(observed: dict[str, LayerFacts]) -> None:
    found = breach(observed["ForgetsShift"], "state")
    assert (found.kind, found.subject) == ("lost", "self.shift")
    assert place(found) == line(KERAS, "forgets")
    assert found.difference is not None


def test_weights_that_only_together_bring_the_output_back(
    observed: dict[str, LayerFacts],
) -> None:
    found = check(observed["SavesNothing"], "state").breaches
    assert [each.subject for each in found] == [f"self.factors[{number}]" for number in range(5)]
    assert {place(each) for each in found} == {line(KERAS, "nothing")}


def test_a_table_that_is_not_saved_is_lost(observed: dict[str, LayerFacts]) -> None:
    found = breach(observed["FilledTable"], "state")
    assert (found.kind, found.subject) == ("lost", "self.table")
    assert place(found) == line(KERAS, "table")


def test_what_the_config_drops_is_named_in_the_lost_state(observed: dict[str, LayerFacts]) -> None:
    assert breach(observed["Drops"], "state").subject == "self.slope"


@pytest.mark.parametrize(
    ("name", "module", "expected", "received"),
    [
        ("WrongShape", KERAS, "(4, 3)", "(4, 6)"),
        ("Forgets", OTHERS, "(4, 5)", "(4, 4)"),
    ],
)
def test_a_promised_shape_that_is_wrong(
    observed: dict[str, LayerFacts], name: str, module: str, expected: str, received: str
) -> None:
    found = breach(observed[name], "output_shape")
    assert found.kind == "compute-output-shape"
    assert (found.expected, found.received) == (expected, received)
    assert place(found) == line(module, "promise")


def test_a_weight_of_the_size_of_the_batch(observed: dict[str, LayerFacts]) -> None:
    found = breach(observed["BuiltForBatch"], "batch_size")
    assert (found.kind, found.expected, found.received) == ("raised", "4", "5")
    assert place(found) == line(KERAS, "fixed")


def test_an_output_that_keeps_the_first_batch_size(observed: dict[str, LayerFacts]) -> None:
    found = breach(observed["SameRows"], "batch_size")
    assert (found.kind, found.expected, found.received) == ("shape", "(5, 2)", "(4, 2)")


def test_a_layer_that_says_why_it_refuses_a_batch(observed: dict[str, LayerFacts]) -> None:
    found = check(observed["Refuses"], "batch_size")
    assert found.status == "skipped"
    assert "made for one batch size" in (found.reason or "")


@pytest.mark.parametrize(
    ("name", "module"), [("SinglePrecision", KERAS), ("HoldsModel", KERAS), ("Single", OTHERS)]
)
def test_single_precision_does_not_mix_with_half(
    observed: dict[str, LayerFacts], name: str, module: str
) -> None:
    found = breach(observed[name], "mixed_precision")
    assert found.kind == "raised"
    assert place(found) == line(module, "single")


def test_an_explicit_cast_is_named(observed: dict[str, LayerFacts]) -> None:
    found = breach(observed["CastsBack"], "mixed_precision")
    assert (found.kind, found.op) == ("dtype", "cast")
    assert (found.expected, found.received) == ("float16", "float32")
    assert place(found) == line(KERAS, "cast")


def test_a_layer_with_a_type_of_its_own_is_left_alone(observed: dict[str, LayerFacts]) -> None:
    found = check(observed["OwnType"], "mixed_precision")
    assert (found.status, found.reason) == (
        "skipped",
        "the layer chooses its own type, float32",
    )


@pytest.mark.parametrize("name", NO_HALF)
def test_what_has_no_half_precision_kernel_is_said_so(
    observed: dict[str, LayerFacts], name: str
) -> None:
    found = check(observed[name], "mixed_precision")
    assert found.status == "skipped"
    assert (found.reason or "").startswith("no half-precision kernel")


def test_an_input_that_is_written_into_in_a_graph(observed: dict[str, LayerFacts]) -> None:
    found = breach(observed["WritesIntoInput"], "inputs")
    assert (found.kind, found.subject) == ("mutated", "inputs")
    assert found.received == "inside `tf.function`"
    assert place(found) == line(KERAS, "writes")


def test_an_entry_that_is_taken_out_of_the_caller_s_dictionary(
    observed: dict[str, LayerFacts],
) -> None:
    found = breach(observed["PoppingModule"], "inputs")
    assert (found.kind, found.subject) == ("mutated", "features['weight']")
    assert place(found) == line(OTHERS, "popped")


def test_an_array_of_numpy_that_is_written_into(observed: dict[str, LayerFacts]) -> None:
    found = breach(observed["ScalingModule"], "inputs")
    assert (found.kind, found.subject) == ("mutated-array", "values")
    assert place(found) == line(OTHERS, "scaled")


def test_a_mask_that_is_lost(observed: dict[str, LayerFacts]) -> None:
    assert breach(observed["LosesMask"], "mask").kind == "dropped"


def test_weights_that_stay_trainable(observed: dict[str, LayerFacts]) -> None:
    found = breach(observed["NeverFrozen"], "freeze")
    assert (found.kind, found.subject) == ("ignored", "self.kernel")
    assert place(found) == line(KERAS, "ignores")


def test_an_instance_is_not_constructed_again(observed: dict[str, LayerFacts]) -> None:
    found = check(observed["instance"], "mixed_precision")
    assert (found.status, found.reason) == (
        "skipped",
        "an instance cannot be constructed a second time",
    )


def test_a_dynamic_layer_is_not_traced(observed: dict[str, LayerFacts]) -> None:
    assert check(observed["Dynamic"], "graph").reason == "the layer is declared `dynamic=True`"


def test_only_what_applies_is_asked_of_a_plain_module(observed: dict[str, LayerFacts]) -> None:
    checks = observed["BranchingModule"].checks
    assert {found.name for found in checks if found.status != "skipped"} == {
        "batch_size",
        "graph",
        "inputs",
        "determinism",
    }
