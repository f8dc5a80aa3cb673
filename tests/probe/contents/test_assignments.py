"""Where a name gets its value, read from the source of classes and functions."""

from __future__ import annotations

import importlib.util
import linecache
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from layerdoctor.facts import Location
from layerdoctor.probe.contents.assignments import Assignments
from layerdoctor.user_code import Author

SOURCE = """
import functools

TABLE = None
TABLE = [1]


class Base:
    inherited = 1  # class inherited

    def __init__(self):
        self.base = object()  # base
        self.both = 1  # the base class's both

    @property
    @functools.cache
    def size(self):  # size
        return 3


class Layer(Base):
    kinds = {}
    kinds = {"a": 1}  # class kinds

    def __init__(self):
        super().__init__()
        self.made = object()  # made
        self.made = None
        self.moved = object()
        self.both = object()  # both
        self.left, (self.right, *self.rest) = 1, (2, 3)  # right
        self.blocks = []
        self.blocks.append(1)
        self.blocks[0] = 2  # filled
        self.history = []
        self.window = []
        object.__setattr__(self, "hidden", 1)  # hidden
        super().__setattr__("handed", 1)  # handed
        setattr(self, "named", 1)  # named
        self.hidden.inner = object()  # hidden.inner

    def call(self, x):
        self.history.append(x)
        self.window.append(x)
        self.window.pop(0)
        self.moved += 1  # moved
        return x


def outer():
    scale = 1
    scale = 2  # scale

    def inner(x):
        return x * scale * len(TABLE)

    scale = 3
    return inner


class Outer:
    class Inner:  # inner class
        pass
"""
LINES = SOURCE.strip().splitlines()


def line_of(mark: str) -> int:
    (found,) = [number for number, line in enumerate(LINES, 1) if line.endswith(f"# {mark}")]
    return found


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    file = tmp_path_factory.mktemp("source") / "written.py"
    file.write_text("\n".join(LINES), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("written", file)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "written", loaded)
        spec.loader.exec_module(loaded)
        yield loaded
    linecache.clearcache()


@pytest.fixture
def assignments(module: ModuleType) -> Assignments:
    return Assignments(Author([str(Path(str(module.__file__)).parent)]))


def line(found: Location | None) -> int | None:
    return found.line if found else None


@pytest.mark.parametrize(
    "name",
    ["made", "both", "right", "base", "hidden", "handed", "named", "hidden.inner", "moved"],
)
def test_an_attribute_is_assigned_where_it_gets_more_than_a_plain_constant(
    module: ModuleType, assignments: Assignments, name: str
) -> None:
    assert line(assignments.of_attribute(module.Layer, name)) == line_of(name)


def test_an_attribute_that_no_class_assigns_has_no_line(
    module: ModuleType, assignments: Assignments
) -> None:
    assert assignments.of_attribute(module.Layer, "elsewhere") is None


def test_a_container_is_filled_on_the_last_line_that_puts_something_in(
    module: ModuleType, assignments: Assignments
) -> None:
    assert line(assignments.of_filling(module.Layer, "blocks")) == line_of("filled")
    assert assignments.of_filling(module.Layer, "made") is None


def test_a_container_is_trimmed_where_the_method_that_fills_it_empties_it(
    module: ModuleType, assignments: Assignments
) -> None:
    assert assignments.is_trimmed(module.Layer, "window")
    assert not assignments.is_trimmed(module.Layer, "history")


def test_a_global_and_a_class_attribute_are_assigned_last(
    module: ModuleType, assignments: Assignments
) -> None:
    file = str(module.__file__)
    assert line(assignments.of_global(file, "TABLE")) == LINES.index("TABLE = [1]") + 1
    kinds = assignments.of_class_attribute(module.Layer, "kinds")
    assert line(kinds) == line_of("class kinds")
    assert assignments.of_class_attribute(module.Layer, "inherited") is None


def test_a_function_sees_the_nearest_name_before_it(
    module: ModuleType, assignments: Assignments
) -> None:
    inner = module.outer()
    assert line(assignments.of_name(inner, "scale")) == line_of("scale")
    assert line(assignments.of_name(inner, "TABLE")) == LINES.index("TABLE = [1]") + 1


def test_a_class_and_a_method_begin_where_their_own_statement_does(
    module: ModuleType, assignments: Assignments
) -> None:
    assert line(assignments.of_class(module.Outer.Inner)) == line_of("inner class")
    assert line(assignments.of_method(module.Layer, "size")) == line_of("size")
    assert assignments.of_method(module.Layer, "nothing") is None


def test_what_the_author_cannot_change_has_no_line(assignments: Assignments) -> None:
    assert assignments.of_attribute(Path, "_str") is None
    assert assignments.of_method(Path, "exists") is None
