"""``%%layerdoctor`` in a notebook: the options of ``inspect`` over a cell, or with names."""

from __future__ import annotations

import ast
import asyncio
import contextlib
import importlib
import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from layerdoctor.cli.declaring import declared
from layerdoctor.cli.options.config import ConfigOptions
from layerdoctor.cli.options.examination import RunOptions
from layerdoctor.cli.options.judging import JudgeOptions
from layerdoctor.cli.options.layer import LayerOptions
from layerdoctor.notebooks.reading import without_magics_above
from layerdoctor.target import BadInput, named

if TYPE_CHECKING:
    from layerdoctor.api import Examined

NAME = "layerdoctor"
AWAITS = (
    "`await` at the top of a cell cannot be run under a magic; leave out its line, and name the "
    "class below: `%layerdoctor MyLayer --shape 8,5`"
)
Names = Annotated[list[str], typer.Argument(metavar="[CLASS]...", show_default=False)]


def add_to(ipython: Any) -> None:
    """Add the magic to IPython, for lines and for cells."""

    def magic(line: str, cell: str | None = None) -> None:
        """Examine the layers that a cell defines, or the classes that are named.

        Over a cell it runs the cell first: ``%%layerdoctor --shape 8,5``. On a line it takes the
        names of classes: ``%layerdoctor Route --shape 8,5``. ``%layerdoctor --help`` shows all
        options, which are those of ``layerdoctor inspect``.
        """
        Magic(ipython).run(line, cell)

    ipython.register_magic_function(magic, "line_cell", NAME)


class Magic:
    """One use of the magic."""

    def __init__(self, ipython: Any) -> None:
        self._ipython = ipython
        self._found: list[Examined] = []

    def run(self, line: str, cell: str | None) -> None:
        """Run the cell, where there is one, and show the reports on its layers.

        What the line asks for and cannot be done is said in one message.
        """
        defined: list[str] = []
        if cell is not None:
            if self._awaits(cell):
                print(f"{NAME}: {AWAITS}")
                return
            if not self._runs(line, cell):
                return
            defined = self._classes_of(cell)
        try:
            self._parse(shlex.split(line), defined)
        except Exception as error:
            told = getattr(error, "format_message", None)  # of what Typer refuses
            if told is None and not isinstance(error, ValueError):
                raise
            print(f"{NAME}: {told() if told else error}")
        for each in self._found:
            importlib.import_module("IPython.display").display(each)

    def _awaits(self, cell: str) -> bool:
        """Say whether a cell awaits at its top, in the midst of the loop that runs the magic."""
        with contextlib.suppress(RuntimeError, SyntaxError):
            asyncio.get_running_loop()
            whole = self._ipython.transform_cell(cell)
            return bool(self._ipython.should_run_async(cell, transformed_cell=whole))
        return False

    def _runs(self, line: str, cell: str) -> bool:
        """Run a cell under the number and with the lines that the notebook shows; tell how it went.

        The line of the magic is the first of the cell. IPython may have counted on by the time that
        it runs the rest, whose number it keeps in ``CachingCompiler._filename_map``.
        """
        counted = self._ipython.execution_count
        # in place of the magic's line, since an empty one at the top is taken away
        first = "" if cell.startswith("%%") else f"# %%{NAME} {line}\n"
        done = self._ipython.run_cell(f"{first}{cell}").success
        shown = len(self._ipython.user_ns["In"]) - 1
        numbers = getattr(self._ipython.compile, "_filename_map", {})
        numbers.update({name: shown for name, number in numbers.items() if number == counted})
        return bool(done)

    def _parse(self, words: list[str], defined: list[str]) -> None:
        def examine(
            *,
            names: Names = [],  # noqa: B006 - Typer reads it
            layer: LayerOptions,
            config: ConfigOptions,
            rules: JudgeOptions,
            how: RunOptions,
        ) -> int:
            """Examine the layers that the cell defines, or the classes named."""
            from layerdoctor.api import examine_target

            settings = config.settings(rules, how)
            for kind in self._kinds(names or defined):
                target = layer.target(named(kind), settings)
                self._found.append(examine_target(kind, target, settings))
            return 0

        command = declared(NAME, examine, answering=_as_it_is)
        command.main(words, prog_name=f"%%{NAME}", standalone_mode=False)

    def _classes_of(self, cell: str) -> list[str]:
        """Return the names of the layer classes that a cell defines, in their order."""
        tree = ast.parse(self._ipython.transform_cell(without_magics_above(cell)))
        named = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
        return [name for name in dict.fromkeys(named) if _is_layer(self._ipython.user_ns.get(name))]

    def _kinds(self, names: list[str]) -> Iterator[type]:
        """Yield the classes; raises ``BadInput`` where there is none, or no such one."""
        if not names:
            raise BadInput(
                "the cell defines no class of layers; write `%%layerdoctor` over one that does, or "
                "name a class: `%layerdoctor MyLayer --shape 8,5`"
            )
        for name in names:
            kind = self._named(name)
            if not _is_layer(kind):
                what = "is not defined" if kind is None else f"is a {type(kind).__name__}"
                raise BadInput(f"`{name}` {what}; expected the name of a class of layers")
            yield kind

    def _named(self, name: str) -> Any:
        """Return what a name, which may be dotted, stands for; None where that is nothing."""
        first, *others = name.split(".")
        found = self._ipython.user_ns.get(first)
        for each in others:
            found = getattr(found, each, None)
        return found


def _is_layer(thing: Any) -> bool:
    if not isinstance(thing, type):
        return False
    framework = importlib.import_module("layerdoctor.probe.layer.framework")
    return framework.framework_of(thing) is not None


@contextlib.contextmanager
def _as_it_is() -> Iterator[None]:
    """Let what is raised go on to the notebook."""
    yield
