"""What a terminal shows while a layer is examined."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from tests.command import ENVIRONMENT, SOUND, write
from tests.warm_start import client as warm

pty = pytest.importorskip("pty", reason="there are no such terminals there")
VERDICT = "weights 1, 1 trainable · hidden constants none · no gradient none"


def test_the_verdict_stands_on_the_terminal_while_the_checks_go_on(tmp_path: Path) -> None:
    write(tmp_path, layers=SOUND)
    screen, terminal = pty.openpty()
    with (tmp_path / "report").open("wb") as report, os.fdopen(screen, "rb", 0) as seen:
        process = subprocess.Popen(
            [*warm.command("layerdoctor"), "inspect", "layers:Sound", "--shape", "2,5"],
            cwd=tmp_path,
            env={**ENVIRONMENT, **warm.environment()},
            stdout=report,
            stderr=terminal,
        )
        os.close(terminal)
        shown = b""
        with suppress(OSError):  # as Linux ends a terminal that nobody writes to
            while data := seen.read(2**16):
                shown += data
        assert process.wait() == 0
    assert VERDICT in (tmp_path / "report").read_text(encoding="utf-8")
    assert VERDICT in shown.decode()
