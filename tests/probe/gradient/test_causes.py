"""Why a weight has no gradient, from recordings written by hand."""

from __future__ import annotations

import pytest

from layerdoctor.facts import Location
from tests.probe.gradient.written import Frame, Written, call_at

READ = "w = ReadVariableOp(self.w)\nscaled = Mul(x, w)\n"


def test_a_weight_that_nothing_takes_is_unused() -> None:
    assert Written("y = Mul(x, x)").explained("self.w", "y").cause == "unused"


def test_a_weight_that_is_only_written_is_unused() -> None:
    written = Written("AssignVariableOp(self.w, x)\ny = Mul(x, x)")
    assert written.explained("self.w", "y").cause == "unused"


def test_what_reaches_no_output_is_discarded_where_it_was_last_taken() -> None:
    gradient = Written(READ + "sum = Sum(scaled)\ny = Mul(x, x)").explained("self.w", "y")
    assert (gradient.cause, gradient.op) == ("discarded", "Sum")
    assert gradient.location == Location(file="/application/layer.py", line=3, call="Sum")


@pytest.mark.parametrize(
    ("operation", "cause"),
    [
        ("Round", "cut"),
        ("StopGradient", "stopped"),
        ("PreventGradient", "stopped"),
        ("EagerPyFunc", "left-tensorflow"),
        ("PartitionedCall", "cut"),
    ],
)
def test_each_operation_ends_a_gradient_in_its_own_way(operation: str, cause: str) -> None:
    written = Written(READ + f"ended = {operation}(scaled)\ny = AddV2(ended, x)")
    gradient = written.explained("self.w", "y", reached_back="y, ended")
    assert (gradient.status, gradient.cause, gradient.op) == ("none", cause, operation)
    assert gradient.location is not None
    assert gradient.location.line == 3


@pytest.mark.parametrize("mark", ["stopped", "custom"])
def test_any_operation_stops_outside_a_tape_or_in_a_custom_gradient(mark: str) -> None:
    written = Written(READ + "ended = Exp(scaled)\ny = AddV2(ended, x)")
    setattr(written.operation("Exp"), mark, True)
    assert written.explained("self.w", "y", reached_back="y, ended").cause == "stopped"


def test_of_a_stop_and_a_cut_the_cut_is_told() -> None:
    written = Written(READ + "held = StopGradient(scaled)\ncut = Floor(scaled)\ny = Mul(held, cut)")
    gradient = written.explained("self.w", "y", reached_back="y, held, cut")
    assert (gradient.cause, gradient.op) == ("cut", "Floor")


@pytest.mark.parametrize(("shaped", "cause"), [("w", "unused"), ("scaled", "discarded")])
def test_a_weight_of_which_a_shape_alone_is_taken_gives_no_value(shaped: str, cause: str) -> None:
    written = Written(READ + f"size: int = Shape({shaped})\nfloat = Cast(size)\ny = Mul(float, x)")
    gradient = written.explained("self.w", "y", reached_back="y, float")
    assert (gradient.cause, gradient.op) == (cause, "Shape")
    assert gradient.location is not None
    assert gradient.location.line == 3


def test_a_value_that_python_reads_leaves_tensorflow_there() -> None:
    written = Written(READ + "size: int = Shape(scaled)\nfloat = Cast(size)\ny = Mul(float, x)")
    written.leaves("scaled", line=7)
    gradient = written.explained("self.w", "y", reached_back="y, float")
    assert (gradient.cause, gradient.op) == ("left-tensorflow", "numpy")
    assert gradient.location is not None
    assert gradient.location.line == 7


def test_what_is_read_on_the_side_is_not_the_cause() -> None:
    written = Written(READ + "ended = Round(scaled)\ny = AddV2(ended, x)")
    written.leaves("scaled", line=7)
    assert written.explained("self.w", "y", reached_back="y, ended").cause == "cut"


def test_a_pass_in_a_graph_shows_nothing_in_between() -> None:
    gradient = Written(READ + "y = Round(scaled)").explained("self.w", "y", in_graph=True)
    assert (gradient.cause, gradient.op, gradient.location) == ("cut", None, None)


def test_the_path_leaves_out_what_nobody_wrote() -> None:
    written = Written(READ + "same = Identity(scaled)\nended = Round(same)\ny = AddV2(ended, x)")
    path = written.explained("self.w", "y", reached_back="y, ended").path
    assert [(step.op, step.cut) for step in path] == [("Mul", False), ("Round", True)]
    assert [step.location and step.location.line for step in path] == [2, 4]


def test_an_operation_is_called_as_the_author_calls_it() -> None:
    written = Written(READ + "ended = Round(scaled)\ny = AddV2(ended, x)")
    keras = "/site-packages/keras/src"
    written.operation("Round").frames = [
        call_at(3),
        Frame(f"{keras}/ops/numpy.py", 10, "round"),
        Frame(f"{keras}/backend/tensorflow/numpy.py", 20, "round"),
    ]
    assert written.explained("self.w", "y", reached_back="y, ended").op == "ops.round"
