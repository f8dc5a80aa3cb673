"""The command line as a whole: which commands there are, and how it ends."""

from __future__ import annotations

import gc
import importlib
import inspect
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

from layerdoctor import output
from layerdoctor.cli import printing
from layerdoctor.cli.declaring import declared, taken_as_written
from layerdoctor.cli.printing import tell
from layerdoctor.exits import INTERRUPTED, REFUSED
from layerdoctor.target import BadInput
from layerdoctor.version import VERSION

COMMANDS = ("inspect", "check", "fix", "list", "merge", "rule", "doctor")

ALLOCATIONS = 100_000
"""After how many objects garbage is looked for. Nearly all that is read and judged is needed until
it is reported, and to look for garbage as often as Python does takes a sixth of the time."""


class Commands(TyperGroup):
    """The commands, of which only the one that is asked for is imported and made."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return their names, in the order of the help."""
        del ctx
        return [*COMMANDS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command; None where there is no such one, for which Typer then names others."""
        del ctx
        if cmd_name in COMMANDS:
            return _made(cmd_name)
        self.commands = {name: _made(name) for name in COMMANDS}
        return None

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write what each command does, for which none of their options need to be made."""
        del ctx
        limit = formatter.width - 6 - max(map(len, COMMANDS))
        bare = [TyperCommand(name, help=inspect.getdoc(_function(name))) for name in COMMANDS]
        with formatter.section("Commands"):
            formatter.write_dl([(each.name, each.get_short_help_str(limit)) for each in bare])

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, with that for help."""
        return taken_as_written(super().get_params(ctx))


def _function(name: str) -> Any:
    return importlib.import_module(f"layerdoctor.cli.commands.{name}").command


def _made(name: str) -> Any:
    return declared(name, _function(name), answering=_answering)


app = typer.Typer(
    name="layerdoctor",
    cls=Commands,
    help="Examine custom Keras layers: what Keras does not track, where gradients end, "
    "what repeated calls and reloading do.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> NoReturn:
    """Run the command line and exit with the code that the README promises."""
    output.open_streams()
    gc.set_threshold(ALLOCATIONS)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what is done is reported then too
    try:
        app()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else REFUSED
    except KeyboardInterrupt:
        code = INTERRUPTED
    except Exception:
        code = printing.own_fault()
    with suppress(OSError):
        sys.stdout.flush()
    sys.exit(code)


@contextmanager
def _answering() -> Iterator[None]:
    """Turn what was refused and what was interrupted into one line and an exit code."""
    try:
        yield
    except (BadInput, output.Unwritable) as refused:
        tell(str(refused))
        raise typer.Exit(REFUSED) from None
    except KeyboardInterrupt:
        tell("interrupted")
        raise typer.Exit(INTERRUPTED) from None
    except Exception:
        raise typer.Exit(printing.own_fault()) from None


def _version(wanted: bool) -> None:
    if wanted:
        print(f"layerdoctor {VERSION}")
        raise typer.Exit


@app.callback()
def _program(
    _: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    pass
