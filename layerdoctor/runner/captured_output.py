"""What a worker writes to a pipe, made fit for a terminal."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

from layerdoctor.protocol import IMPORTED, STARTED

LARGEST = 1_000_000
"""How many bytes of a target's output are shown."""

CHUNKS = 64
"""How many pieces are read before others get their turn."""

FEW = 5
"""How many lines are shown of what the import of a module prints."""

NATIVE_LOG = re.compile(
    r"^(?:[IWEF]\d{4} |\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: [IWEF] |WARNING: All log)"
)
"""A line that TensorFlow's native code logged."""

DRAWN = re.compile(r"\x1b\[[0-9;]*m|\x08+")
"""What colours a line, and what draws a bar anew over itself."""

UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class CapturedOutput:
    """The reading end of a pipe.

    ``forward`` gets the text line by line, free of control characters; lines that TensorFlow's
    native code logged are held back until ``finish`` says whether they are wanted. Of what comes
    while the module is imported it gets a few lines, and how many there are besides.
    """

    def __init__(self, context: Any) -> None:
        self._receiver, self.sender = context.Pipe(duplex=False)
        if hasattr(os, "set_blocking"):
            os.set_blocking(self._receiver.fileno(), False)
        self._open = True
        self.begin()

    def begin(self, forward: Callable[[str], None] | None = None, *, again: bool = False) -> None:
        """Begin with a target; what was written for the one before is forgotten.

        What the import of a module prints ``again`` is not shown once more.
        """
        self._most = 0 if again else FEW
        self._forward = forward
        self._data = bytearray()
        self._shown = 0
        self._started = False
        self._importing: int | None = 0
        self._noise: list[str] = []

    @property
    def number(self) -> int:
        """The number by which the system knows the pipe, at both its ends."""
        return os.fstat(self._receiver.fileno()).st_ino

    def sources(self) -> list[Any]:
        """Return what to wait for; nothing once the other end is closed."""
        return [self._receiver] if self._open else []

    def read(self) -> None:
        """Take in what is there, without waiting, and not for ever."""
        for _ in range(CHUNKS):
            if not self._open:
                break
            try:
                data = os.read(self._receiver.fileno(), 65536)
            except BlockingIOError:
                break
            except OSError:
                data = b""
            if not data:
                self._open = False
                break
            if len(self._data) < LARGEST:
                self._data += data
        self._show()

    def text(self) -> str:
        """Return everything that came."""
        return self._data.replace(STARTED, b"").replace(IMPORTED, b"").decode("utf-8", "replace")

    def finish(self, *, noise: bool = False) -> None:
        """Show what is left, with TensorFlow's own lines if ``noise``."""
        self.read()
        self._show(last=True)
        self._end_import()
        if noise and self._forward is not None:
            for line in self._noise:
                self._forward(line)

    def close(self) -> None:
        """Close the pipe; what arrives later is lost."""
        self._receiver.close()
        self._open = False

    def _show(self, *, last: bool = False) -> None:
        if self._forward is None:
            return
        if not self._started and STARTED in self._data:
            start = self._data.index(STARTED)
            self._noise = self._data[:start].decode("utf-8", "replace").splitlines()
            self._shown = start + len(STARTED)
            self._started = True
        if not self._started and not last:
            return
        if self._importing is not None and (mark := self._data.find(IMPORTED, self._shown)) >= 0:
            self._show_until(mark)
            self._end_import()
            self._shown = mark + len(IMPORTED)
        self._show_until(len(self._data) if last else self._data.rfind(b"\n") + 1)

    def _show_until(self, end: int) -> None:
        """Hand on the lines that are not handed on yet."""
        if end <= self._shown or self._forward is None:
            return
        lines = self._data[self._shown : end].decode("utf-8", "replace").splitlines()
        self._shown = end
        for line in lines:
            if NATIVE_LOG.match(line):
                self._noise.append(printable(line))
                continue
            if self._importing is not None:
                self._importing += 1
            if (self._importing or 0) <= self._most:
                self._forward(printable(DRAWN.sub("", line)))

    def _end_import(self) -> None:
        """Say how many lines of the import were left out."""
        left_out = (self._importing or 0) - self._most
        if self._forward is not None and left_out > 0 and self._most:
            self._forward(
                f"({left_out} more lines printed by the import; what is no definition belongs "
                'under `if __name__ == "__main__":`)'
            )
        self._importing = None


def printable(text: str) -> str:
    """Return the text with control characters, escape sequences among them, written out."""
    return UNPRINTABLE.sub(lambda match: f"\\x{ord(match.group()):02x}", text)
