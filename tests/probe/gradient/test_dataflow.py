"""What a cut is: the operation behind which, going back from an output, there is no gradient."""

from __future__ import annotations

import pytest

from layerdoctor.probe.gradient.dataflow import is_assignment
from tests.probe.gradient.written import Written

ROUNDED = """
    w = ReadVariableOp(self.w)
    scaled = Mul(x, w)
    rounded = Round(scaled)
    y = AddV2(rounded, x)
"""
CHOSEN = """
    w = ReadVariableOp(self.w)
    scores = Mul(x, w)
    best: int = ArgMax(scores)
    next: int = AddV2(best, one)
    y = GatherV2(table, next)
"""
STRAIGHT_THROUGH = """
    w = ReadVariableOp(self.w)
    rounded = Round(w)
    error = Sub(rounded, w)
    held = StopGradient(error)
    y = AddV2(w, held)
"""
KEPT = """
    w = ReadVariableOp(self.w)
    mean = Mean(w)
    AssignVariableOp(self.average, mean)
    average = ReadVariableOp(self.average)
    y = Mul(x, average)
"""


def test_a_gradient_ends_behind_the_last_operation_it_passes() -> None:
    assert Written(ROUNDED).cuts("self.w", "y", reached_back="y, rounded") == [("Round", False)]


def test_the_way_goes_on_through_integers_to_what_left_the_floats() -> None:
    assert Written(CHOSEN).cuts("self.w", "y", reached_back="y") == [("ArgMax", True)]


def test_on_a_whole_way_only_the_reading_of_the_variable_is_left() -> None:
    flow = Written("w = ReadVariableOp(self.w)\ny = Mul(x, w)")
    assert flow.cuts("self.w", "y", reached_back="y, w") == [("ReadVariableOp", False)]


def test_each_of_two_ways_has_its_own_end() -> None:
    cuts = Written(STRAIGHT_THROUGH).cuts("self.w", "y", reached_back="y, w, held")
    assert cuts == [("ReadVariableOp", False), ("StopGradient", False)]


def test_the_cut_nearest_to_the_output_comes_first() -> None:
    flow = Written("""
        w = ReadVariableOp(self.w)
        far = Floor(w)
        middle = Mul(far, x)
        near = Round(w)
        y = AddV2(middle, near)
    """)
    cuts = flow.cuts("self.w", "y", reached_back="y, middle, near, far")
    assert cuts == [("Round", False), ("Floor", False)]


def test_what_another_variable_was_written_with_ends_at_the_writing() -> None:
    cuts = Written(KEPT).cuts("self.w", "y", reached_back="y, average")
    assert cuts == [("AssignVariableOp", False)]


def test_an_output_that_does_not_depend_on_the_variable_has_no_cut() -> None:
    assert Written(ROUNDED).cuts("self.other", "y", reached_back="y") == []


def test_what_was_computed_from_a_variable() -> None:
    written = Written(ROUNDED)
    reached = written.flow.reached_from([written.number("rounded")])
    assert written.names(reached) == {"rounded", "y"}


def test_writing_a_variable_hands_on_what_was_written() -> None:
    written = Written(KEPT)
    reached = written.flow.reached_from([written.number("self.w")])
    assert written.names(reached) == {"self.w", "w", "mean", "self.average", "average", "y"}


def test_a_variable_that_is_only_written_is_not_used() -> None:
    written = Written("AssignAddVariableOp(self.count, one)")
    assert not written.flow.used(written.number("self.count"))
    assert written.flow.used(written.number("one")) is False
    assert len(written.flow.assignments(written.number("self.count"))) == 1


def test_what_nothing_took_is_a_dead_end() -> None:
    written = Written("w = ReadVariableOp(self.w)\nsum = Sum(w)\ny = Mul(x, x)")
    assert written.names(written.flow.dead_ends(written.number("self.w"))) == {"sum"}


def test_the_shortest_way() -> None:
    written = Written("""
        w = ReadVariableOp(self.w)
        long = Exp(w)
        longer = Tanh(long)
        short = Neg(w)
        y = AddV2(longer, short)
    """)
    way = written.flow.path(written.number("self.w"), written.number("y"))
    assert [operation.type for operation in way] == ["ReadVariableOp", "Neg", "AddV2"]
    assert written.flow.path(written.number("y"), written.number("self.w")) == []


def test_a_gradient_reaches_what_the_operations_hand_it_on_to() -> None:
    written = Written(ROUNDED)
    all_pass = written.flow.differentiated(written.number("y"), lambda *_: True)
    assert written.names(all_pass) == {"y", "x", "rounded", "scaled", "w", "self.w"}
    stopped = written.flow.differentiated(
        written.number("y"), lambda operation, _: operation.type != "Round"
    )
    assert written.names(stopped) == {"y", "x", "rounded"}


def test_a_gradient_does_not_enter_integers() -> None:
    written = Written(CHOSEN)
    reached = written.flow.differentiated(written.number("y"), lambda *_: True)
    assert written.names(reached) == {"y", "table"}


def test_what_has_one_source_and_what_has_several() -> None:
    written = Written("a = Neg(left)\nb = Neg(right)\nc = Mul(a, b)\nd = Neg(a)")
    sources = written.flow.sources(written.numbers("left, right"))
    assert {name: sources[written.number(name)] for name in "abcd"} == {
        "a": written.number("left"),
        "b": written.number("right"),
        "c": None,
        "d": written.number("left"),
    }


@pytest.mark.parametrize(("tensor", "kind"), [("best", "ArgMax"), ("next", "ArgMax")])
def test_the_operation_that_left_the_floats(tensor: str, kind: str) -> None:
    written = Written(CHOSEN.replace("best, one", "best"))
    operation = written.flow.leaving_floats(written.number(tensor))
    assert operation is not None
    assert operation.type == kind


@pytest.mark.parametrize(
    ("kind", "writes"),
    [("AssignSubVariableOp", True), ("ResourceScatterAdd", True), ("ReadVariableOp", False)],
)
def test_which_operations_write_a_variable(kind: str, writes: bool) -> None:
    written = Written(f"{kind}(self.w, x)")
    assert is_assignment(written.operation(kind)) is writes
