"""Completion in the user's shell: the script that Click writes for it, and where it belongs."""

from __future__ import annotations

import os
from pathlib import Path

import click

from layerdoctor import output

NAME = "layerdoctor"
VARIABLE = "_LAYERDOCTOR_COMPLETE"
FILES = {
    "bash": "~/.local/share/bash-completion/completions/layerdoctor",
    "fish": "~/.config/fish/completions/layerdoctor.fish",
    "zsh": "~/.zfunc/_layerdoctor",
}
"""Where the shells look for such scripts, zsh where `~/.zfunc` is on its `fpath`."""


def _show(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted:
        output.print_report(_script(ctx, _shell()))
        ctx.exit()


def _install(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if not wanted:
        return
    shell = _shell()
    path = Path(FILES[shell]).expanduser()
    script = _script(ctx, shell)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        output.write_report(script, path)
    except (OSError, output.Unwritable) as error:
        raise click.ClickException(str(error)) from None
    also = "; `.zshrc` needs `fpath+=~/.zfunc` before `compinit`" if shell == "zsh" else ""
    output.say(f"{NAME}: completion for {shell} is in `{path}`{also}")
    ctx.exit()


def _shell() -> str:
    """Return the user's shell; raises ``UsageError`` for one without completion."""
    name = Path(os.environ.get("SHELL", "")).name
    if name not in FILES:
        known = ", ".join(sorted(FILES))
        raise click.UsageError(f"the variable SHELL is `{name}`; expected one of {known}")
    return name


def _script(ctx: click.Context, shell: str) -> str:
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None
    return kind(ctx.command, {}, NAME, VARIABLE).source()


OPTIONS = tuple(
    click.Option(
        [name],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=callback,
        help=f"{what} completion for the current shell.",
    )
    for name, what, callback in (
        ("--install-completion", "Install", _install),
        ("--show-completion", "Show", _show),
    )
)
