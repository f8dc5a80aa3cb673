"""What takes part in every examination besides the author's files, as one digest.

These are Python and the kind of machine, layerdoctor, whatever is installed, the settings of Keras,
and the environment variables that TensorFlow, Keras, Python or the author's own layers read.
"""

from __future__ import annotations

import contextlib
import csv
import fnmatch
import hashlib
import os
import platform
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from layerdoctor.version import FOLDER

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

VARIABLES = (
    "CUDA_*",
    "KERAS_*",
    "LD_*",
    "MKL_*",
    "NVIDIA_*",
    "OMP_*",
    "ONEDNN_*",
    "OPENBLAS_*",
    "PYTHON*",
    "TF_*",
    "TPU_*",
    "XLA_*",
)
"""Globs of the names of the environment variables that may change what a layer does."""

NEUTRAL = frozenset({"PYTHONHASHSEED"})

PLACE = "<project>"
"""What stands for the folder of the project, which may lie anywhere."""


def digest(data: bytes) -> str:
    """Return what tells contents apart."""
    return hashlib.blake2b(data, digest_size=20).hexdigest()


def surroundings(project: str, variables: Sequence[str]) -> str:
    """Return a digest that is the same wherever the project lies.

    ``variables`` are globs of the names of further environment variables.
    """
    seen = [
        platform.python_implementation(),
        platform.python_version(),
        sys.platform,
        platform.machine(),
        _own_digest(),
        _keras_settings(),
        sorted(_environment((*VARIABLES, *variables))),
        sorted(_installed(Path(project))),
    ]
    return digest(msgspec.json.encode(moved(seen, project, PLACE)))


def moved(value: Any, old: str, new: str) -> Any:
    """Return plain data with one folder in place of another wherever a text names it."""
    if isinstance(value, str):
        if old not in value or old == os.sep:
            return value
        return re.sub(rf"(?<![\w/.-]){re.escape(old)}(?![\w.-])", lambda _: new, value)
    if isinstance(value, dict):
        return {moved(key, old, new): moved(item, old, new) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [moved(item, old, new) for item in value]
    return value


def _own_digest() -> str:
    """Return a digest of this package: other facts may come of another version of it."""
    files = sorted(FOLDER.rglob("*.py"))
    return digest(b"\0".join(file.read_bytes() for file in files))


def _keras_settings() -> str | None:
    home = os.environ.get("KERAS_HOME") or os.path.expanduser("~/.keras")
    with contextlib.suppress(OSError):
        return digest(Path(home, "keras.json").read_bytes())
    return None


def _environment(globs: Sequence[str]) -> Iterator[tuple[str, str]]:
    for name, value in os.environ.items():
        if name not in NEUTRAL and any(fnmatch.fnmatchcase(name, glob) for glob in globs):
            yield name, value


def _installed(project: Path) -> Iterator[str]:
    """Yield what is installed, each with its version and, where it has one, its revision.

    What is built from the project itself goes by its files: another version of it is no other code.
    """
    own_name = _project_name(project)
    for folder in filter(os.path.isdir, dict.fromkeys(sys.path)):
        for item in os.scandir(folder):
            if not item.name.endswith((".dist-info", ".egg-info")):
                continue
            origin = _text(Path(item.path, "direct_url.json"))
            name = _normal(item.name.partition("-")[0])
            if name == own_name or _is_from(origin, project):
                yield f"{name} {_code(Path(item.path, 'RECORD'))}"
            elif name != "layerdoctor":
                yield item.name
                yield origin


def _project_name(project: Path) -> str | None:
    """Return the name that the project installs itself under, where its metadata says so."""
    for folder in (project, *project.parents):
        with contextlib.suppress(OSError, ValueError):
            table = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
            name = table.get("project", {}).get("name")
            return _normal(name) if isinstance(name, str) else None
    return None


def _is_from(origin: str, project: Path) -> bool:
    """Whether something was installed from the project's folder, one above it or one in it."""
    try:
        found = msgspec.json.decode(origin, type=_Origin)
    except msgspec.DecodeError:
        return False
    url = urlsplit(found.url)
    folder = Path(unquote(url.path))
    if url.scheme != "file" or found.dir_info is None:
        return False
    return folder.is_relative_to(project) or project.is_relative_to(folder)


class _Origin(msgspec.Struct):
    url: str
    dir_info: dict[str, Any] | None = None


def _code(record: Path) -> str:
    """Return a digest of the files installed; of an editable install there are none that count."""
    rows = csv.reader(_text(record).splitlines())
    files = sorted(row[:2] for row in rows if row and not _is_about(row[0]))
    return digest(msgspec.json.encode(files))


def _is_about(file: str) -> bool:
    """Whether an installed file only says what is installed, and from where."""
    first = file.partition("/")[0]
    return first.endswith((".dist-info", ".pth", "..")) or first.startswith("__editable__")


def _text(file: Path) -> str:
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return file.read_text(encoding="utf-8")
    return ""


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "_", name).lower()
