"""Which classes are layers, and of which framework: bases are followed from file to file."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING

from layerdoctor.config.sources.glance import Glance, glance
from layerdoctor.config.sources.statements import (
    ClassStatement,
    SourceFile,
    expanded,
    is_framework,
    read,
    text_of,
)
from layerdoctor.notebooks.reading import cell_of

if TYPE_CHECKING:
    from layerdoctor.config.sources.known import KnownSources
    from layerdoctor.facts import LayerFacts

BASE_NAMES = ("Layer", "Model", "Sequential", "Functional")
MOST_ALIASES = 20
"""How many imports are followed from a name to its class."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovered:
    """One class of layers in a file."""

    module: str
    """Its dotted name, from the root of its package; of a notebook its path."""
    name: str
    """``Outer.Inner`` for a nested class."""
    file: str
    """The file, or what stands for the cell of a notebook."""
    line: int
    framework: str
    """``keras``, ``tf_keras`` or ``tf.Module``."""
    root: str
    """The folder that has to be on ``sys.path``."""

    @property
    def spec(self) -> str:
        """``module:Class``."""
        return f"{self.module}:{self.name}"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that may define layers and cannot be parsed."""

    file: str
    line: int | None
    why: str

    def words(self) -> str:
        """Return it in words, with the place."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"`{self.file}` cannot be parsed: {self.why}, at {place}"

    def facts(self) -> LayerFacts:
        """Return it as a target that there was nothing to examine of."""
        # facts take a while to import, and whoever only lists classes needs none
        from layerdoctor.facts import LayerFacts, Location, TargetError

        return LayerFacts(
            id=self.file,
            target=self.file,
            status="error",
            error=TargetError(
                kind="import",
                message=self.words(),
                location=Location(file=self.file, line=self.line or 1),
            ),
            file=self.file,
            line=self.line,
        )


class SourceFiles:
    """The files read so far, and what their names mean."""

    def __init__(self, known: KnownSources | None = None) -> None:
        self._known = known
        self._by_file: dict[str, SourceFile | None] = {}
        self._by_module: dict[tuple[str, str], SourceFile | None] = {}
        self.unreadable: dict[str, Unreadable] = {}
        """The files that could not be parsed."""

    def of_file(self, file: str) -> SourceFile | None:
        """Return what a file says; None where it cannot be parsed."""
        if file not in self._by_file:
            try:
                self._by_file[file] = self._read(file)
            except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
                self._by_file[file] = None
                self.unreadable[file] = _unreadable(error, file)
        return self._by_file[file]

    def glance(self, file: str) -> Glance:
        """Return what the text of a file shows; nothing where it cannot be opened."""
        seen = self._known.glance(file) if self._known is not None else None
        if seen is None:
            seen = glance(text_of(file))
            if self._known is not None:
                self._known.add_glance(file, seen)
        return seen

    def _read(self, file: str) -> SourceFile:
        source = self._known.of(file) if self._known is not None else None
        if source is None:
            source = read(file)
            if self._known is not None:
                self._known.add(source)
        return source

    def of_module(self, module: str, root: str) -> SourceFile | None:
        """Return the source of a dotted module under a folder, or beside a folder of that name.

        A package may have no ``__init__.py``: then nothing says where it begins but its own imports
        of what else is in it, ``from src.layers import Base``.
        """
        if (module, root) not in self._by_module:
            file = file_of_module(module, root) or _in_own_package(module, root)
            self._by_module[module, root] = self.of_file(file) if file else None
        return self._by_module[module, root]

    def names_of_layers(self, source: SourceFile) -> set[str]:
        """Return the last names of the layer classes in a file, abstract and private included."""
        return {
            found.name.rpartition(".")[2]
            for found in source.classes.values()
            if self._framework(found) is not None
        }

    def layers_of(self, source: SourceFile) -> Iterator[Discovered]:
        """Yield the concrete, public layer classes that a file defines."""
        for found in source.classes.values():
            framework = self._framework(found)
            private = any(part.startswith("_") for part in found.name.split("."))
            if framework is None or private or self._is_abstract(found, framework):
                continue
            yield Discovered(
                module=_shown(source.file) if source.module == source.file else source.module,
                name=found.name,
                file=_shown(found.file),
                line=found.line,
                framework=framework,
                root=source.root,
            )

    def find(self, source: SourceFile, name: str, depth: int = 0) -> ClassStatement | None:
        """Return the class that a name means in a file, through imports."""
        if name in source.classes:
            return source.classes[name]
        if depth > MOST_ALIASES:
            return None
        dotted = expanded(name, source.names)
        if dotted != name or name.partition(".")[0] in source.names:
            found = self._at(dotted, source.root, depth + 1)
            if found is not None:
                return found
        for star in source.stars:
            found = self._at(f"{star}.{name}", source.root, depth + 1)
            if found is not None:
                return found
        return None

    def _at(self, dotted: str, root: str, depth: int) -> ClassStatement | None:
        """Return the class of ``package.module.Outer.Inner``."""
        source, name = self._split(dotted, root)
        return self.find(source, name, depth) if source is not None else None

    def _lineage(
        self, found: ClassStatement, seen: tuple[ClassStatement, ...] = ()
    ) -> Iterator[ClassStatement]:
        """Yield the class and the classes in files that it derives from, nearest first."""
        yield found
        for base in found.bases:
            parent = self._scoped(found, base)
            if parent is not None and parent is not found and parent not in seen:
                yield from self._lineage(parent, (*seen, found))

    def _scoped(self, found: ClassStatement, base: str) -> ClassStatement | None:
        outer = found.name.rpartition(".")[0]
        inner = self.find(found.source, f"{outer}.{base}") if outer else None
        return inner or self.find(found.source, base)

    def _framework(self, found: ClassStatement) -> str | None:
        for kind in self._lineage(found):
            for dotted in self._framework_bases(kind):
                framework = _framework_of(dotted, kind.source)
                if framework is not None:
                    return framework
        return None

    def _framework_bases(self, kind: ClassStatement) -> Iterator[str]:
        """Yield the bases of a class that are a framework's, under the names they have there."""
        for base in kind.bases:
            yield from self._meanings(base, kind.source, set())

    def _meanings(self, name: str, source: SourceFile, seen: set[tuple[str, str]]) -> Iterator[str]:
        """Yield what a name of a framework may be, also through modules that hand it on."""
        if (source.file, name) in seen:
            return
        seen.add((source.file, name))
        head = name.partition(".")[0]
        meanings = [expanded(name, source.names)]
        if head not in source.names and head not in source.classes:
            meanings += [f"{star}.{name}" for star in source.stars]
        for meaning in meanings:
            if is_framework(meaning):
                yield meaning
                continue
            module, rest = self._split(meaning, source.root)
            if module is not None:
                yield from self._meanings(rest, module, seen)

    def _split(self, dotted: str, root: str) -> tuple[SourceFile | None, str]:
        """Return the longest module that a dotted name begins with, and what is in it."""
        parts = dotted.split(".")
        for split in range(len(parts) - 1, 0, -1):
            module = self.of_module(".".join(parts[:split]), root)
            if module is not None:
                return module, ".".join(parts[split:])
        return None, dotted

    def _is_abstract(self, found: ClassStatement, framework: str) -> bool:
        methods: dict[str, str] = {}
        lineage = list(self._lineage(found))
        for kind in lineage:
            for name, nature in kind.methods.items():
                methods.setdefault(name, nature)
        abstract = any(kind.is_abc for kind in lineage) and "abstract" in methods.values()
        forward = "__call__" if framework == "tf.Module" else "call"
        if abstract or methods.get(forward) == "raises":
            return True
        if framework == "tf.Module":
            return forward not in methods
        bases = chain.from_iterable(self._framework_bases(kind) for kind in lineage)
        inherits = any(map(_can_be_called, bases))
        return not inherits and forward not in methods and self._is_base(found)

    def _is_base(self, found: ClassStatement) -> bool:
        """Whether another class that was read derives from it."""
        return any(
            self._scoped(other, base) is found
            for source in list(self._by_file.values())
            if source is not None
            for other in list(source.classes.values())
            for base in other.bases
            if base.rpartition(".")[2] == found.name.rpartition(".")[2]
        )


def file_of_module(module: str, root: str) -> str | None:
    """Return the file of a dotted module under a folder."""
    path = os.path.join(root, *module.split("."))
    files = (f"{path}.py", os.path.join(path, "__init__.py"))
    return next(filter(os.path.isfile, files), None)


def _in_own_package(module: str, root: str) -> str | None:
    """Return the file of a dotted module that begins with the name of a folder around it."""
    head = module.partition(".")[0]
    while (parent := os.path.dirname(root)) != root:
        if os.path.basename(root) == head:
            return file_of_module(module, parent)
        root = parent
    return None


def _can_be_called(base: str) -> bool:
    """Whether a framework's class can be called as it is."""
    return base.rpartition(".")[2] not in ("Layer", "Model", "Module")


def _framework_of(base: str, source: SourceFile) -> str | None:
    """Return the framework whose layer or module a base is; ``source`` is the file it stands in."""
    parts = base.split(".")
    if not parts[-1][:1].isupper():
        return None
    if parts[0] == "tensorflow" and "keras" not in parts:
        return "tf.Module" if parts[-1] == "Module" else None
    if parts[-1] in BASE_NAMES or "layers" in parts or "models" in parts:
        return _keras_of(parts, source.legacy)
    return None


def _keras_of(parts: Sequence[str], legacy: bool) -> str:
    if parts[0] == "tf_keras":
        return "tf_keras"
    asks_for_2 = legacy and parts[0] == "tensorflow"
    return "tf_keras" if asks_for_2 or not _has_keras_3() else "keras"


@lru_cache(maxsize=1)
def _has_keras_3() -> bool:
    """Say whether Keras is not version 2, by the folder of its metadata, which is named after it.

    ``importlib.metadata`` says the same, and takes longer to import than forty files to read.
    """
    folders = filter(os.path.isdir, sys.path)
    names = (name.lower() for folder in folders for name in os.listdir(folder))
    kept = (name for name in names if name.startswith("keras-") and name.endswith(".dist-info"))
    return not next(kept, "").startswith("keras-2.")


def _shown(file: str) -> str:
    relative = os.path.relpath(file)
    return (file if relative.startswith("..") else relative).replace(os.sep, "/")


def _unreadable(error: Exception, file: str) -> Unreadable:
    if not isinstance(error, SyntaxError):
        return Unreadable(_shown(file), None, _why(error, file))
    cell = error.filename if cell_of(error.filename or "") else None
    return Unreadable(_shown(cell or file), error.lineno, _why(error, file))


def _why(error: Exception, file: str) -> str:
    """Return why a file cannot be parsed, without the place."""
    line = error.lineno or 0 if isinstance(error, SyntaxError) else 0
    said = text_of(file).splitlines()[line - 1 : line]
    if said and said[0].startswith(_CONFLICT):
        return "it holds the marks of a merge conflict"
    return error.msg if isinstance(error, SyntaxError) else str(error) or type(error).__name__


_CONFLICT = (b"<<<<<<< ", b"=======", b">>>>>>> ")
