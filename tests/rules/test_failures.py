"""LD0: layers that could not be run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from layerdoctor.facts import LayerFacts, Stage
from layerdoctor.rule import Severity
from layerdoctor.target import Input
from tests.hand_made import at, layer
from tests.rules.seeing import breach, found, only, raised, see


def failing(stage: Stage, left_out: tuple[str, ...] = (), **given: Any) -> LayerFacts:
    return layer(failures=(raised(stage, **given),), left_out=left_out)


def test_variables_that_cannot_be_listed_are_not_told_of_the_call() -> None:
    words = "Error processing property 'parts' of DictWrapper({'w': <tf.Variable>, 2: 1})"
    problem = only("call-error", failing(Stage.CALL, message=words))
    assert problem.subject == "self.parts"
    assert problem.message.endswith(
        "raise ValueError: Error processing property 'parts' of DictWrapper"
    )
    assert "one type" in (problem.help or "")


def test_a_name_that_every_layer_has_is_to_be_changed() -> None:
    words = "property 'losses' of 'Layer' object has no setter"
    facts = failing(Stage.CONSTRUCT, exception="AttributeError", message=words)
    help_ = only("construction-error", facts).help or ""
    assert help_.startswith("give the attribute another name: `losses`")


@pytest.mark.parametrize(
    ("words", "help_"),
    [
        ("No module named 'librosa'", "install `librosa`"),
        ("module 'keras.backend' has no attribute 'in_train_phase'", "mend that line"),
        ("property 'kernel' of 'Layer' object has no setter", "give the attribute another name"),
        ("'Dense' object has no attribute '_keras_shape'", "mend that line"),
    ],
)
def test_what_no_input_can_mend_asks_for_none(words: str, help_: str) -> None:
    guessed = (Input(name=None, shape=(4, 8), inferred=True),)
    facts = failing(Stage.CALL, exception="AttributeError", message=words)
    problem = only("call-error", replace(facts, inputs=guessed, guessed_args=("units",)))
    assert (problem.help or "").startswith(help_)
    assert "guessed" not in problem.message


@pytest.mark.parametrize(
    ("words", "help_"),
    [
        (
            "'Layer' object has no attribute '_parent_path'",
            "call `super().__init__(**kwargs)` first",
        ),
        ("[Errno 2] No such file or directory: 'words.txt'", "provide the file"),
    ],
)
def test_what_a_constructor_lacks_is_to_be_provided(words: str, help_: str) -> None:
    facts = failing(Stage.CONSTRUCT, exception="AttributeError", message=words)
    problem = only("construction-error", replace(facts, class_name="layers.Layer"))
    assert (problem.help or "").startswith(help_)


@pytest.mark.parametrize(
    ("stage", "name"),
    [
        (Stage.CONSTRUCT, "construction-error"),
        (Stage.BUILD, "build-error"),
        (Stage.CALL, "call-error"),
        (Stage.REPEAT, "call-error"),
        (Stage.GRADIENT, "call-error"),
    ],
)
def test_an_exception_is_told_under_the_stage_that_raised_it(stage: Stage, name: str) -> None:
    facts = failing(stage)
    problem = only(name, facts)
    assert "ValueError: the sizes differ" in problem.message
    assert problem.at == at(30)
    assert found(facts) == [name]


def test_only_the_first_line_of_a_long_exception_is_told() -> None:
    problem = only("call-error", failing(Stage.CALL, message="\nno such axis\nCall arguments: x"))
    assert "ValueError: no such axis, for inputs of shape (10, 5)" in problem.message


def test_a_missing_super_is_an_error_of_the_constructor_whenever_it_shows() -> None:
    facts = failing(Stage.CALL, exception="RuntimeError", missing_super=True)
    assert "never calls `super().__init__()`" in only("construction-error", facts).message
    assert found(facts) == ["construction-error"]


@pytest.mark.parametrize(
    ("kind", "name", "says"),
    [
        ("timeout", "timeout", "`call` did not end: no answer within 5 s"),
        ("crash", "crash", "`call` ended the process: no answer within 5 s"),
    ],
)
def test_a_hang_and_a_crash_name_what_was_running(kind: str, name: str, says: str) -> None:
    facts = failing(Stage.CALL, kind=kind, exception=None, message="no answer within 5 s")
    assert only(name, facts).message == says
    assert found(facts) == [name]


def test_a_hang_in_a_check_names_the_check() -> None:
    failure = raised(
        Stage.CONTRACT, None, "no answer within 5 s", kind="timeout", check="batch_size"
    )
    checks = (breach("batch_size", "raised", received="7", failure=failure),)
    facts = layer(failures=(failure,), checks=checks)
    assert "the check `batch_size` did not end" in only("timeout", facts).message
    assert found(facts) == ["timeout"]


def test_a_repeated_call_that_lacks_its_own_input_is_told_as_that() -> None:
    mutated = breach("inputs", "mutated", subject="features", location=at(31))
    facts = layer(failures=(raised(Stage.REPEAT),), checks=(mutated,))
    assert see("call-error", facts) == []
    assert found(facts) == ["mutated-input"]


def test_what_fails_because_call_fails_is_not_told_again() -> None:
    failure = raised(Stage.CALL)
    checks = (breach("symbolic", "raised", failure=failure),)
    assert found(layer(failures=(failure,), checks=checks)) == ["call-error"]


def test_a_hang_on_guessed_inputs_is_told_as_that() -> None:
    guessed = (Input(shape=(8, 16), inferred=True),)
    failure = raised(Stage.CALL, None, "no answer within 5 s", kind="timeout")
    facts = layer(failures=(failure,), inputs=guessed, guessed_args=("depth",))
    problem = only("timeout", facts)
    assert problem.message.endswith(", where the inputs and `depth` had to be guessed")
    assert problem.help == ("say what it is called with: `--shape SIZES` and `--arg depth=VALUE`")
    assert problem.severity is Severity.WARNING


def test_an_argument_that_was_left_out_is_named_where_the_words_do() -> None:
    words = "the state has no shape"
    problem = only("call-error", failing(Stage.CALL, message=words, left_out=("state", "mask")))
    assert problem.message.endswith("with `state` left out")
    assert problem.help == "say what it is called with: `--input state=SHAPE`"
    other = only("call-error", failing(Stage.CALL, left_out=("state",)))
    assert "state" not in other.message


def test_a_hang_in_a_graph_is_told_on_the_line_of_its_loop() -> None:
    hang = raised(Stage.CONTRACT, None, "no answer within 5 s", kind="timeout")
    facts = layer(failures=(replace(hang, location=None),), loop=at(17))
    assert only("timeout", facts).at == at(17)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"message": "the sizes differ"}, None),
        ({"exception": "AttributeError", "message": "no attribute 'dot'"}, "mend that line"),
        ({"message": "You cannot add new elements of state to a built layer"}, "in `build`"),
        ({"traceback": "  File 'a.py', line 30, in call\n    raise ValueError(x)"}, "refuses this"),
    ],
)
def test_the_remedy_is_about_sizes_only_where_the_exception_is(
    given: dict[str, Any], says: str | None
) -> None:
    help_ = only("call-error", failing(Stage.CALL, **given)).help
    assert help_ is None if says is None else says in (help_ or "")


@pytest.mark.parametrize("exception", ["TypeError", "ValueError"])
def test_arguments_that_do_not_fit_a_call_are_no_shapes(exception: str) -> None:
    words = "`name` must be passed as a keyword argument. Use: add_weight(shape=..., name='k')"
    facts = failing(Stage.BUILD, exception=exception, message=words)
    assert (only("build-error", facts).help or "").startswith("mend that line: the message says")


def test_a_custom_gradient_that_reads_weights_has_to_take_them() -> None:
    words = "@tf.custom_gradient grad_fn must accept keyword argument 'variables', since function"
    facts = failing(Stage.CALL, exception="TypeError", message=words)
    assert "`variables=None`" in (only("call-error", facts).help or "")
