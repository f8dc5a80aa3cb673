"""How a command is declared: a function whose parameters say what they are, alone or in groups."""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, get_args, get_type_hints

import typer
from typer.core import TyperCommand
from typer.main import get_command

from layerdoctor.cli.examples import EXAMPLES


def declared(
    name: str,
    function: Callable[..., int],
    *,
    answering: Callable[[], AbstractContextManager[Any]],
) -> Any:
    """Return the command that a function is, which returns the exit code, run while ``answering``.

    A parameter whose type is a data class stands for the options that its fields are, which the
    help shows under its ``TITLE``.
    """
    hints = get_type_hints(function, include_extras=True)
    groups: dict[str, Any] = {key: kind for key, kind in hints.items() if is_dataclass(kind)}

    @functools.wraps(function)
    def run(**given: Any) -> None:
        for key, group in groups.items():
            given[key] = group(**{each.name: given.pop(each.name) for each in fields(group)})
        with answering():
            code = function(**given)
        raise typer.Exit(code)

    parameters = [
        option
        for each in inspect.signature(function).parameters.values()
        for option in _options(each, hints[each.name])
    ]
    vars(run)["__signature__"] = inspect.Signature(parameters)
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    alone = typer.Typer(add_completion=False, rich_markup_mode=None)
    alone.command(name, cls=GroupedCommand, epilog=EXAMPLES.get(name, ""))(run)
    return get_command(alone)


def _options(parameter: inspect.Parameter, group: Any) -> list[inspect.Parameter]:
    """Return what Typer is to see of a parameter: itself, or the fields of a group of options."""
    keyword = inspect.Parameter.KEYWORD_ONLY
    if not is_dataclass(group):
        return [parameter.replace(kind=keyword, annotation=group)]
    hints = get_type_hints(group, include_extras=True)
    make: Any = group
    empty = make()
    return [
        inspect.Parameter(
            each.name,
            keyword,
            default=getattr(empty, each.name),
            annotation=_under(make.TITLE, hints[each.name]),
        )
        for each in fields(group)
    ]


def _under(title: str, annotation: Any) -> Any:
    """Return the annotation of an option that the help shows under a title."""
    kind, *metadata = get_args(annotation)
    shown = [copy.copy(each) for each in metadata]
    for each in shown:
        each.rich_help_panel = title
    return Annotated[(kind, *shown)]


class GroupedCommand(TyperCommand):
    """A command whose help shows the options under the titles of their groups."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, with that for help."""
        return taken_as_written(super().get_params(ctx))

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the options, those of no group last."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and parameter.param_type_name == "option":
                title = getattr(parameter, "rich_help_panel", None) or "Others"
                groups.setdefault(title, []).append(record)
        others = groups.pop("Others", [])
        for title, records in groups.items():
            with formatter.section(title):
                formatter.write_dl(records)
        with formatter.section("Others" if groups else "Options"):
            formatter.write_dl(others)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the examples as they are, one a line."""
        del ctx
        if self.epilog:
            with formatter.section("Examples"):
                for line in self.epilog.splitlines():
                    formatter.write(f"  {line}\n")


def taken_as_written(parameters: list[Any]) -> list[Any]:
    """Let parameters take what is no number as it is written, and nothing as nothing.

    Since 0.29 Typer has Pydantic validate every value, that of an option that is not given and a
    text too: to import Pydantic takes longer than all else that a command such as ``rule`` does.
    """
    for each in parameters:
        if hasattr(each, "type_descriptor") and "process_value" not in vars(each):
            each.process_value = _unvalidated(each, each.type_descriptor.annotation)
    return parameters


def _unvalidated(parameter: Any, kind: Any) -> Callable[[Any, Any], Any]:
    """Return what makes a value of the words given; numbers are left to Typer."""
    kinds = {kind, *get_args(kind)}
    make = Path if Path in kinds else str
    is_number = not kinds.isdisjoint((int, float))
    validated = parameter.process_value

    def process_value(ctx: Any, value: Any) -> Any:
        if is_missing(value):
            return validated(ctx, value) if parameter.required else value
        if is_number or isinstance(value, bool):
            return validated(ctx, value)
        return make(value) if isinstance(value, str) else [make(each) for each in value]

    def is_missing(value: Any) -> bool:
        return value is None or value in ((), [])

    return process_value
