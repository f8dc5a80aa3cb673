"""How commands are declared: a function, whose parameters are annotated with what they are."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import click

OTHERS = "Others"
"""The title of the options that belong to no group, where there are groups."""


class Option:
    """Says of a parameter that it is an option."""

    def __init__(self, *names: str, **settings: Any) -> None:
        """Take the names, where they are others than the parameter's, and what Click takes."""
        self._names = names
        self._settings = settings

    def made(self, name: str, kind: Any, default: Any) -> click.Parameter:
        """Return the option: of a `bool` a flag, of a list one to be repeated."""
        settings = {"type": _type(kind), **self._settings}
        names = self._names or (f"--{name.replace('_', '-')}",)
        if bool in (kind, *get_args(kind)):
            settings = {"is_flag": True, **self._settings}
            names = self._names or (f"{names[0]}/--no-{names[0][2:]}",)
        return click.Option(
            [name, *names],
            default=default,
            multiple=get_origin(kind) is list,
            show_default=default not in (None, False, []),
            **settings,
        )


class Argument:
    """Says of a parameter that it is an argument."""

    def __init__(self, shown: str) -> None:
        """Take how the help calls it."""
        self._shown = shown

    def made(self, name: str, kind: Any, default: Any) -> click.Parameter:
        """Return the argument: of a list, of as many words as there are."""
        is_needed = default is inspect.Parameter.empty
        several = get_origin(kind) is list
        settings: dict[str, Any] = {} if is_needed or several else {"default": default}
        return click.Argument(
            [name],
            type=_type(kind),
            nargs=-1 if several else 1,
            required=is_needed,
            metavar=self._shown,
            **settings,
        )


def _type(kind: Any) -> Any:
    """Return what Click converts a word to, for a type, a list of it, or it or None."""
    plain = next(iter(get_args(kind)), kind)
    return click.Path(path_type=Path) if plain is Path else plain


def command(
    app: click.Group,
    name: str,
    *,
    answering: Callable[[], AbstractContextManager[Any]],
    examples: str = "",
) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Make a command of a function that returns the exit code, run while ``answering``.

    Each parameter is annotated with the ``Option`` or ``Argument`` that it is. One whose type is a
    data class stands for the options that its fields are, which are shown under its ``TITLE``.
    """

    def made(function: Callable[..., int]) -> Callable[..., int]:
        hints = get_type_hints(function, include_extras=True)
        groups: dict[str, Any] = {key: kind for key, kind in hints.items() if is_dataclass(kind)}

        @functools.wraps(function)
        def run(**given: Any) -> None:
            for key, value in given.items():
                given[key] = [*value] if isinstance(value, tuple) else value
            for key, group in groups.items():
                given[key] = group(**{each.name: given.pop(each.name) for each in fields(group)})
            with answering():
                code = function(**given)
            raise click.exceptions.Exit(code)

        own = inspect.signature(function).parameters.values()
        app.add_command(
            _Command(
                name,
                {group.TITLE: _options_of(group) for group in groups.values()},
                [_made(p.name, hints[p.name], p.default) for p in own if p.name not in groups],
                callback=run,
                help=inspect.getdoc(function),
                epilog=examples,
            )
        )
        return function

    return made


def _options_of(group: Any) -> list[click.Parameter]:
    hints, empty = get_type_hints(group, include_extras=True), group()
    return [_made(each.name, hints[each.name], getattr(empty, each.name)) for each in fields(group)]


def _made(name: str, annotation: Any, default: Any) -> click.Parameter:
    kind, declared = get_args(annotation)
    made: click.Parameter = declared.made(name, kind, default)
    return made


class Commands(click.Group):
    """Commands that the help lists in the order in which they were declared."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return their names."""
        del ctx
        return list(self.commands)


class _Command(click.Command):
    """A command whose help shows the options under the titles of their groups."""

    def __init__(
        self,
        name: str,
        groups: Mapping[str, Sequence[click.Parameter]],
        others: Sequence[click.Parameter],
        **settings: Any,
    ) -> None:
        grouped = [each for group in groups.values() for each in group]
        super().__init__(name, params=[*others, *grouped], **settings)
        self._groups = groups

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, those of no group last."""
        others = self.get_params(ctx)
        for title, group in self._groups.items():
            others = [each for each in others if each not in group]
            _write(title, group, ctx, formatter)
        _write(OTHERS if self._groups else "Options", others, ctx, formatter)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples as they are, one a line."""
        del ctx
        if self.epilog:
            with formatter.section("Examples"):
                for line in self.epilog.splitlines():
                    formatter.write(f"  {line}\n")


def _write(
    title: str,
    parameters: Iterable[click.Parameter],
    ctx: click.Context,
    formatter: click.HelpFormatter,
) -> None:
    """Write what the help says of those parameters that are options."""
    options = [each for each in parameters if isinstance(each, click.Option)]
    records = [record for each in options if (record := each.get_help_record(ctx))]
    with formatter.section(title):
        formatter.write_dl(records)
