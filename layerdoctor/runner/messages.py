"""The messages of a worker, taken in without ever waiting for the rest."""

from __future__ import annotations

import os
from typing import Any

import msgspec

from layerdoctor.protocol import Message

LONGEST = 256 * 1024**2
"""How many bytes a message may have: no facts come near it."""


_DECODER: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)


class Messages:
    """The reading end of a pipe whose other end the examined code may get hold of."""

    def __init__(self, context: Any) -> None:
        self._receiver, self.sender = context.Pipe(duplex=False)
        if hasattr(os, "set_blocking"):
            os.set_blocking(self._receiver.fileno(), False)
        self._data = bytearray()
        self._open = True

    @property
    def number(self) -> int:
        """The number by which the system knows the pipe, at both its ends."""
        return os.fstat(self._receiver.fileno()).st_ino

    def sources(self) -> list[Any]:
        """Return what to wait for; nothing once the other end is closed or talks nonsense."""
        return [self._receiver] if self._open else []

    @property
    def closed(self) -> bool:
        """Whether nothing more can come."""
        return not self._open

    def read(self) -> list[Message]:
        """Return the messages that have arrived since the last time."""
        while self._open:
            try:
                data = os.read(self._receiver.fileno(), 1 << 20)
            except BlockingIOError:
                break
            except OSError:
                data = b""
            self._data += data
            self._open = bool(data) and len(self._data) < LONGEST
        *lines, rest = self._data.split(b"\n")
        self._data = bytearray(rest)
        found: list[Message] = []
        for line in lines:
            try:
                found.append(_DECODER.decode(line))
            except (msgspec.DecodeError, RecursionError):
                self._open = False
                break
        return found

    def close(self) -> None:
        """Close the pipe; what arrives later is lost."""
        self._receiver.close()
        self._open = False
