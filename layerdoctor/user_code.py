"""The author's line: which frame of a stack is the one that the author of a layer can change."""

from __future__ import annotations

import functools
import os
import re
import sys
import sysconfig
from collections.abc import Collection, Iterable, Sequence
from enum import IntEnum
from typing import Protocol

from layerdoctor.facts import Location
from layerdoctor.notebooks.pieces import family, known_as
from layerdoctor.version import FOLDER

LIBRARIES = ("tensorflow", "keras", "tf_keras", "numpy", "optree", "h5py")
"""The packages whose frames are never the author's, unless the target itself lives there.

Keras goes through nested structures with ``optree``, which so stands between its own frames.
"""

WRAPPERS = (
    "/tensorflow/python/util/",
    "/tensorflow/python/ops/weak_tensor_ops.py",
    "/keras/src/utils/",
    "/tf_keras/src/utils/",
)
"""Where the decorators live that stand between a call and the function called."""

OVERLOADS = "/tensorflow/python/ops/tensor_math_operator_overrides.py"
"""Where TensorFlow keeps what it runs for ``+``, ``>`` and their like."""

ENTRY = str(FOLDER / "probe" / "worker" / "in_process.py")
"""The file behind whose frames on a stack an examination in this process begins."""

INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")


class Frame(Protocol):
    """What the stacks of Python, of a traceback and of TensorFlow have in common."""

    @property
    def filename(self) -> str:
        """The file, as Python knows it."""

    @property
    def lineno(self) -> int | None:
        """The line, counted from 1."""

    @property
    def name(self) -> str:
        """The name of the function."""


class Nearness(IntEnum):
    """How near a file is to the author of the layer under examination."""

    LIBRARY = 0
    """TensorFlow, Keras, NumPy, the standard library, layerdoctor, or no file at all."""
    ELSEWHERE = 1
    """Another package."""
    APPLICATION = 2
    """Under one of the application's folders, and not installed."""
    TARGET = 3
    """In the target's top-level package."""


class Author:
    """Tells the author's frames from those of libraries.

    The author's line of a stack is the innermost frame in a file of the target's top-level package;
    else under one of the application's folders; else the outermost frame outside TensorFlow, Keras,
    NumPy and the standard library.
    """

    def __init__(self, app_dirs: Sequence[str], package: str | None = None) -> None:
        self._folder = os.getcwd()
        self._app_dirs = tuple(_with_separator(os.path.abspath(folder)) for folder in app_dirs)
        self._libraries = _library_folders()
        self._standard = _standard_folders()
        self._known: dict[str, Nearness] = {}
        self.package = package
        """The file of the target's package, its folder, with a separator at its end, or what the
        names of all pieces of its session begin with."""

    def adopt(self, package: str) -> None:
        """Take a module's file, a package's folder, or a session's pieces as the target's own."""
        path = os.path.abspath(package)
        self.package = _with_separator(path) if os.path.isdir(path) else path
        if (session := family(package)) is not None:
            self.package = session
        self._known.clear()

    @property
    def is_of_library(self) -> bool:
        """Whether the target's package is a library's: its own lines are not all to be shown."""
        return bool(self.package and self.package.startswith(self._libraries))

    def nearness(self, filename: str) -> Nearness:
        """Return how near the file is to the author."""
        if filename not in self._known:
            self._known[filename] = self._nearness(filename)
        return self._known[filename]

    def is_library(self, filename: str) -> bool:
        """Whether the file is nothing that the author could change."""
        return self.nearness(filename) is Nearness.LIBRARY

    def _nearness(self, filename: str) -> Nearness:
        path = os.path.abspath(os.path.join(self._folder, filename))
        own = self.package
        if own and (path == own or (own.endswith(os.sep) and path.startswith(own))):
            return Nearness.TARGET
        if own is not None and own == family(filename):
            return Nearness.TARGET
        if _is_no_file(filename, path) or path.startswith(self._libraries):
            return Nearness.LIBRARY
        installed = any(folder in path for folder in INSTALLED)
        if path.startswith(self._standard) and not installed:
            return Nearness.LIBRARY
        if path.startswith(self._app_dirs) and not installed:
            return Nearness.APPLICATION
        return Nearness.ELSEWHERE

    def frame(self, frames: Sequence[Frame]) -> int | None:
        """Return the index of the author's frame in a stack whose innermost frame is the last.

        Whoever asked for an examination in this process is no author of what it runs.
        """
        found: dict[Nearness, int] = {}
        for index in range(len(frames) - 1, -1, -1):
            if frames[index].filename == ENTRY:
                break
            near = self.nearness(frames[index].filename)
            if near is Nearness.TARGET:
                return index
            if near is Nearness.ELSEWHERE or near not in found:
                found[near] = index
        return found.get(Nearness.APPLICATION, found.get(Nearness.ELSEWHERE))

    def location(self, frames: Sequence[Frame], op: str | None = None) -> Location | None:
        """Return the author's line of a stack, and the function that was called on it.

        ``op`` is the type of the operation the stack belongs to: the name for what was called where
        the source has an operator instead of a call.
        """
        index = self.frame(frames)
        if index is None:
            return None
        frame = frames[index]
        call = _called(frames[index + 1 :]) or op
        return Location(file=self.relative(frame.filename), line=frame.lineno or 0, call=call)

    def location_in(self, files: Collection[str], frames: Sequence[Frame]) -> Location | None:
        """Return the innermost line of a stack that is in one of the files."""
        for frame in reversed(frames):
            if frame.filename in files:
                return Location(file=self.relative(frame.filename), line=frame.lineno or 0)
        return None

    def relative(self, filename: str) -> str:
        """Return the file relative to the working directory where it lies under it, with ``/``.

        A piece of a session goes by the name that is shown there.
        """
        if (shown := known_as(filename)) is not None:
            return shown
        path = os.path.abspath(os.path.join(self._folder, filename))
        return path.removeprefix(_with_separator(self._folder)).replace(os.sep, "/")


def _is_no_file(filename: str, path: str) -> bool:
    """Whether a frame's file was never there to be read: that of ``exec``, or Cython's source.

    Cython's frames name the source as it lay in the package's own repository, relative to it.
    """
    return filename.startswith("<") or (path.endswith(".pyx") and not os.path.exists(path))


def _called(inner: Iterable[Frame]) -> str | None:
    """Return the name of the function called, from the frames inside the author's."""
    for frame in inner:
        path = frame.filename.replace(os.sep, "/")
        if any(folder in path for folder in WRAPPERS):
            continue
        name = re.sub(r"_v\d+$", "", frame.name)
        is_operator = name.startswith("_") or "op_wrapper" in name or path.endswith(OVERLOADS)
        return None if is_operator else name
    return None


def _with_separator(folder: str) -> str:
    return folder if folder.endswith(os.sep) else folder + os.sep


@functools.cache
def _standard_folders() -> tuple[str, ...]:
    return tuple(sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib"))


@functools.cache
def _library_folders() -> tuple[str, ...]:
    site = {sysconfig.get_paths()[name] for name in ("purelib", "platlib")}
    site |= {
        entry for entry in sys.path if any(_with_separator(entry).endswith(i) for i in INSTALLED)
    }
    folders = {os.path.join(folder, name) for folder in site for name in LIBRARIES}
    folders.add(str(FOLDER))
    return tuple(_with_separator(folder) for folder in sorted(folders))
