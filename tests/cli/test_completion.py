"""Completion in the shell: what Click answers, and where its script goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command import layerdoctor


def test_commands_and_options_are_completed() -> None:
    told = layerdoctor(
        _LAYERDOCTOR_COMPLETE="bash_complete",
        COMP_WORDS="layerdoctor inspect --sha",
        COMP_CWORD="2",
    )
    assert told.stdout.splitlines() == ["plain,--shape"]


@pytest.mark.parametrize(
    ("shell", "file"), [("zsh", ".zfunc/_layerdoctor"), ("fish", "completions/layerdoctor.fish")]
)
def test_the_script_is_written_where_the_shell_looks_for_it(
    shell: str, file: str, tmp_path: Path
) -> None:
    home = str(tmp_path)
    done = layerdoctor("--install-completion", SHELL=f"/bin/{shell}", HOME=home)
    assert done.returncode == 0
    (script,) = (each for each in tmp_path.rglob("*layerdoctor*") if each.is_file())
    assert script.as_posix().endswith(file)
    shown = layerdoctor("--show-completion", SHELL=f"/bin/{shell}", HOME=home).stdout
    assert "_LAYERDOCTOR_COMPLETE" in shown
    assert script.read_text(encoding="utf-8") == shown


def test_another_shell_is_refused_in_words() -> None:
    told = layerdoctor("--show-completion", SHELL="/bin/csh")
    assert told.returncode == 2
    assert "the variable SHELL is `csh`; expected one of bash, fish, zsh" in told.stderr
