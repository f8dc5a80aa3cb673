"""What a layer prints while it is examined in the user's own process: its beginning only."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import TextIO

FEW = 5
"""How many lines are shown; the layer is called many times, and prints them each time."""


class _FewLines(io.TextIOBase):
    def __init__(self, shown: TextIO) -> None:
        self._shown = shown
        self._lines = 0

    def write(self, text: str) -> int:
        for line in text.splitlines(keepends=True):
            if self._lines < FEW:
                self._shown.write(line)
            self._lines += line.endswith("\n")
        return len(text)

    def flush(self) -> None:
        self._shown.flush()

    @property
    def left_out(self) -> int:
        """How many lines were not shown."""
        return max(0, self._lines - FEW)


@contextmanager
def few_lines_shown() -> Iterator[None]:
    """Show a few lines of what Python prints inside, and then how many more there were."""
    shown = sys.stdout
    few = _FewLines(shown)
    try:
        with redirect_stdout(few):
            yield
    finally:
        if few.left_out:
            shown.write(f"({few.left_out} more lines printed while the layer was examined)\n")
