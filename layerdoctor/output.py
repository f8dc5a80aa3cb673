"""Where text goes: standard output, standard error, or a file."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Literal, get_args

Format = Literal[
    "full", "concise", "json", "sarif", "github", "gitlab", "junit", "markdown", "html"
]
"""How a report is written."""
FORMATS: tuple[Format, ...] = get_args(Format)
FOR_PEOPLE = ("full", "concise", "markdown", "html")
"""The formats that say themselves how the run ended."""


class Unwritable(Exception):
    """A text cannot be kept, on a full disk for instance; the message says where and why."""


def open_streams() -> None:
    """Let what goes to a closed stream vanish, and never into the other one."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115


def can_print(text: str) -> bool:
    """Say whether the encoding of standard output has these signs."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def say(text: str) -> None:
    """Print to standard error, which may be closed."""
    with suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def print_report(text: str) -> None:
    """Print to standard output, whose reader may have gone and whose encoding may lack signs.

    Raises ``Unwritable``.
    """
    encoding = sys.stdout.encoding or "utf-8"
    try:
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.errno not in (errno.EPIPE, errno.EINVAL):
            raise Unwritable(f"cannot write to standard output: {error.strerror}") from None


def write_report(text: str, path: Path) -> None:
    """Write a file as UTF-8, whole or not at all; a device or a pipe is written to as it is.

    Raises ``Unwritable``.
    """
    data = text.encode("utf-8", "backslashreplace")
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(data)
        else:
            replace_file(data, path.resolve())
    except OSError as error:
        raise Unwritable(f"cannot write `{path}`: {error.strerror}") from None


def keep_file(data: bytes, path: Path, folder: Path) -> None:
    """Write a file for later runs, whole or not at all, somewhere under a folder of their own.

    Git does not look at the folder. Raises ``OSError``.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="utf-8")
    replace_file(data, path)


def replace_file(data: bytes, path: Path) -> None:
    """Write a file whole or not at all, with the permissions that it has; raises ``OSError``."""
    import tempfile

    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(handle, "wb") as file:
            file.write(data)
        os.chmod(name, path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
