"""Layer classes in files, found by reading the source, never by importing it.

A class counts when its bases lead, through imports, local classes and sibling modules, to a
layer, a model or ``tf.Module``. Left out are private classes (a leading underscore), abstract ones,
classes inside functions, and what stands in tests.
"""

from __future__ import annotations

import ast
import importlib.metadata
import os
import re
import warnings
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from layerdoctor.config.globs import Globs

if TYPE_CHECKING:
    from layerdoctor.facts import LayerFacts

SKIPPED_FOLDERS = frozenset({"__pycache__", "node_modules", "site-packages", "test", "tests"})
ROOTS = ("keras", "tf_keras", "tensorflow")
BASE_NAMES = ("Layer", "Model", "Sequential", "Functional")
MOST_ALIASES = 20
"""How many imports are followed from a name to its class."""

_TEST_FILE = re.compile(r"(test_.*|.*_test|conftest)\.py")
_NAMES_FRAMEWORK = re.compile(rb"\b(keras|tf_keras|tensorflow)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovered:
    """One class of layers in a file."""

    module: str
    """Its dotted name, from the root of its package."""
    name: str
    """``Outer.Inner`` for a nested class."""
    file: str
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


@dataclass(frozen=True, slots=True)
class Discovery:
    """What files and folders hold."""

    layers: list[Discovered]
    """Sorted by file and line."""
    unreadable: list[Unreadable]
    """Sorted by file."""
    unused: Sequence[str]
    """The globs that exclude nothing."""


def discover(
    paths: Sequence[str], *, exclude: Sequence[str] = (), exclude_from: str = "."
) -> Discovery:
    """Return the layer classes in files and folders.

    ``exclude`` are globs of paths relative to ``exclude_from``. A file that is named itself is read
    even where it is a test.
    """
    globs = Globs(exclude, exclude_from)
    files = dict.fromkeys(_files(paths, globs))
    sources = _SourceFiles()
    named = {os.path.abspath(path) for path in paths}
    read = _read_promising(sources, files, named)
    layers = [item for source in read for item in sources.layers_of(source)]
    unreadable = [item for file, item in sources.unreadable.items() if file in files]
    return Discovery(
        sorted(layers, key=lambda item: (item.file, item.line)),
        sorted(unreadable, key=lambda item: item.file),
        globs.unused(),
    )


def _read_promising(
    sources: _SourceFiles, files: Iterable[str], named: Container[str]
) -> list[_SourceFile]:
    """Parse the files that name a framework, then those that name a layer class found so far.

    A module that was asked for by its own name is parsed in any case.
    """
    texts = {file: _bytes(file) for file in files}
    said = {file: b"\n".join(_STATEMENTS.findall(text)) for file, text in texts.items()}
    renamed = [pair for text in said.values() for pair in _RENAMED.findall(text)]
    waiting = {
        file: set(re.findall(rb"\w+", text))
        for file, text in said.items()
        if _CLASS.search(texts[file])
    }
    waiting |= {file: set() for file in texts if file in named and file.endswith(".py")}
    promising = [file for file in waiting if file in named or _NAMES_FRAMEWORK.search(texts[file])]
    read: list[_SourceFile] = []
    known: set[bytes] = set()
    while promising:
        fresh = [source for file in promising if (source := sources.of_file(file)) is not None]
        for file in promising:
            del waiting[file]
        read += fresh
        names = {name.encode() for source in fresh for name in sources.names_of_layers(source)}
        names |= {new for old, new in renamed if old in names | known}
        known, names = known | names, names - known
        promising = [file for file, words in waiting.items() if not words.isdisjoint(names)]
    return read


def locate(target: str, folders: Sequence[str]) -> tuple[str, str] | None:
    """Return the file and the class that a target means, through re-exports; None if not found."""
    place, _, name = target.rpartition(":")
    sources = _SourceFiles()
    if place.endswith(".py"):
        return os.path.abspath(place), name
    for folder in folders:
        source = sources.of_module(place, os.path.abspath(folder))
        found = sources.find(source, name) if source else None
        if found is not None:
            return found.source.file, found.name
    return None


def module_file(target: str, folders: Sequence[str]) -> str | None:
    """Return the file that a target's module is; None if not found."""
    place = target.rpartition(":")[0]
    if place.endswith(".py"):
        return os.path.abspath(place)
    found = (_module_file(place, os.path.abspath(folder)) for folder in folders)
    return next(filter(None, found), None)


def _module_file(module: str, root: str) -> str | None:
    path = os.path.join(root, *module.split("."))
    files = (f"{path}.py", os.path.join(path, "__init__.py"))
    return next(filter(os.path.isfile, files), None)


def _files(paths: Sequence[str], exclude: Globs) -> Iterator[str]:
    for path in paths:
        if os.path.isfile(path):
            yield os.path.abspath(path)
        else:
            yield from _walk(os.path.abspath(path), exclude)


def _walk(folder: str, exclude: Globs) -> Iterator[str]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    if any(entry.name == "pyvenv.cfg" for entry in entries):
        return
    for entry in entries:
        excluded = exclude.match(entry.path, is_folder=entry.is_dir())
        if excluded or entry.name.startswith("."):
            continue
        if entry.is_dir():
            if entry.name not in SKIPPED_FOLDERS and not entry.is_symlink():
                yield from _walk(entry.path, exclude)
        elif entry.name.endswith(".py") and not _TEST_FILE.fullmatch(entry.name):
            yield entry.path


_STATEMENTS = re.compile(
    rb"^[ \t]*(?:from[ \t]+[.\w]+[ \t]+import[ \t]+(?:\([^)]*\)|[^\n]*)"
    rb"|class[ \t]+\w+[ \t]*\([^)]*\))",
    re.M,
)
"""What is imported by name, and what classes derive from."""
_CLASS = re.compile(rb"^[ \t]*class[ \t]+\w", re.M)
_RENAMED = re.compile(rb"\b(\w+)[ \t]+as[ \t]+(\w+)")


def _bytes(file: str) -> bytes:
    try:
        with open(file, "rb") as stream:
            return stream.read()
    except OSError:
        return b""


@dataclass(slots=True)
class _Class:
    """One class statement."""

    source: _SourceFile
    name: str
    line: int
    bases: tuple[str, ...]
    """As they are written: ``keras.layers.Layer``, ``Base``."""
    methods: dict[str, str]
    """What each method is: ``concrete``, ``abstract`` or ``raises``."""
    is_abc: bool


@dataclass(slots=True)
class _SourceFile:
    """One file, as far as classes need it."""

    file: str
    module: str
    root: str
    names: dict[str, str] = field(default_factory=dict)
    """What each imported name stands for: ``tensorflow.keras.layers``."""
    stars: list[str] = field(default_factory=list)
    """The modules of ``from module import *``."""
    classes: dict[str, _Class] = field(default_factory=dict)
    legacy: bool = False
    """Whether it asks for Keras 2 behind ``tf.keras``."""


class _SourceFiles:
    """The files read so far, and what their names mean."""

    def __init__(self) -> None:
        self._by_file: dict[str, _SourceFile | None] = {}
        self.unreadable: dict[str, Unreadable] = {}
        """The files that could not be parsed."""

    def of_file(self, file: str) -> _SourceFile | None:
        """Return what a file says; None where it cannot be parsed."""
        if file not in self._by_file:
            try:
                self._by_file[file] = _read(file)
            except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
                self._by_file[file] = None
                line = error.lineno if isinstance(error, SyntaxError) else None
                self.unreadable[file] = Unreadable(_shown(file), line, _why(error, file))
        return self._by_file[file]

    def of_module(self, module: str, root: str) -> _SourceFile | None:
        """Return the source of a dotted module under a folder."""
        file = _module_file(module, root)
        return self.of_file(file) if file else None

    def names_of_layers(self, source: _SourceFile) -> set[str]:
        """Return the last names of the layer classes in a file, abstract and private included."""
        return {
            found.name.rpartition(".")[2]
            for found in source.classes.values()
            if self._framework(found) is not None
        }

    def layers_of(self, source: _SourceFile) -> Iterator[Discovered]:
        """Yield the concrete, public layer classes that a file defines."""
        for found in source.classes.values():
            framework = self._framework(found)
            private = any(part.startswith("_") for part in found.name.split("."))
            if framework is None or private or self._is_abstract(found, framework):
                continue
            yield Discovered(
                module=source.module,
                name=found.name,
                file=_shown(source.file),
                line=found.line,
                framework=framework,
                root=source.root,
            )

    def find(self, source: _SourceFile, name: str, depth: int = 0) -> _Class | None:
        """Return the class that a name means in a file, through imports."""
        if name in source.classes:
            return source.classes[name]
        if depth > MOST_ALIASES:
            return None
        dotted = _expanded(name, source.names)
        if dotted != name or name.partition(".")[0] in source.names:
            found = self._at(dotted, source.root, depth + 1)
            if found is not None:
                return found
        for star in source.stars:
            found = self._at(f"{star}.{name}", source.root, depth + 1)
            if found is not None:
                return found
        return None

    def _at(self, dotted: str, root: str, depth: int) -> _Class | None:
        """Return the class of ``package.module.Outer.Inner``."""
        parts = dotted.split(".")
        for split in range(len(parts) - 1, 0, -1):
            source = self.of_module(".".join(parts[:split]), root)
            if source is not None:
                return self.find(source, ".".join(parts[split:]), depth)
        return None

    def _lineage(self, found: _Class, seen: tuple[_Class, ...] = ()) -> Iterator[_Class]:
        """Yield the class and the classes in files that it derives from, nearest first."""
        yield found
        for base in found.bases:
            parent = self._scoped(found, base)
            if parent is not None and parent is not found and parent not in seen:
                yield from self._lineage(parent, (*seen, found))

    def _scoped(self, found: _Class, base: str) -> _Class | None:
        outer = found.name.rpartition(".")[0]
        inner = self.find(found.source, f"{outer}.{base}") if outer else None
        return inner or self.find(found.source, base)

    def _framework(self, found: _Class) -> str | None:
        for kind in self._lineage(found):
            for base in kind.bases:
                framework = _framework_base(base, kind.source)
                if framework is not None:
                    return framework
        return None

    def _is_abstract(self, found: _Class, framework: str) -> bool:
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
        return not _inherits_call(lineage) and forward not in methods and self._is_base(found)

    def _is_base(self, found: _Class) -> bool:
        """Whether another class that was read derives from it."""
        return any(
            self._scoped(other, base) is found
            for source in list(self._by_file.values())
            if source is not None
            for other in list(source.classes.values())
            for base in other.bases
            if base.rpartition(".")[2] == found.name.rpartition(".")[2]
        )


def _inherits_call(lineage: Sequence[_Class]) -> bool:
    """Whether the framework's class they derive from can be called as it is."""
    bases = [
        dotted
        for kind in lineage
        for base in kind.bases
        if (dotted := _expanded(base, kind.source.names)).partition(".")[0] in ROOTS
    ]
    return any(base.rpartition(".")[2] not in ("Layer", "Model", "Module") for base in bases)


def _expanded(name: str, names: dict[str, str]) -> str:
    head, dot, rest = name.partition(".")
    return f"{names.get(head, head)}{dot}{rest}"


def _framework_base(base: str, source: _SourceFile) -> str | None:
    """Return the framework whose class a base is, as the file's imports say."""
    candidates = [_expanded(base, source.names)]
    if "." not in base and base not in source.names and base not in source.classes:
        candidates += [f"{star}.{base}" for star in source.stars]
    for dotted in candidates:
        parts = dotted.split(".")
        if parts[0] not in ROOTS or not parts[-1][:1].isupper():
            continue
        if parts[0] == "tensorflow" and "keras" not in parts:
            if parts[-1] == "Module":
                return "tf.Module"
            continue
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
    try:
        return not importlib.metadata.version("keras").startswith("2.")
    except importlib.metadata.PackageNotFoundError:
        return True


def _shown(file: str) -> str:
    relative = os.path.relpath(file)
    return (file if relative.startswith("..") else relative).replace(os.sep, "/")


def _why(error: Exception, file: str) -> str:
    """Return why a file cannot be parsed, without the place."""
    line = error.lineno or 0 if isinstance(error, SyntaxError) else 0
    said = _bytes(file).splitlines()[line - 1 : line]
    if said and said[0].startswith(_CONFLICT):
        return "it holds the marks of a merge conflict"
    return error.msg if isinstance(error, SyntaxError) else str(error) or type(error).__name__


_CONFLICT = (b"<<<<<<< ", b"=======", b">>>>>>> ")


def _read(file: str) -> _SourceFile:
    """Return what a file says; raises what ``ast.parse`` raises."""
    text = _bytes(file)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(text)
    root, module = _module_of(file)
    source = _SourceFile(file, module, root, legacy=b"TF_USE_LEGACY_KERAS" in text)
    package = module if os.path.basename(file) == "__init__.py" else module.rpartition(".")[0]
    _Reader(source, package).read(tree.body)
    return source


def _module_of(file: str) -> tuple[str, str]:
    """Return the folder that holds a file's package, and the module's dotted name."""
    folder, name = os.path.split(file)
    parts = [name.removesuffix(".py")]
    while os.path.exists(os.path.join(folder, "__init__.py")):
        folder, name = os.path.split(folder)
        parts.insert(0, name)
    if parts[-1] == "__init__" and len(parts) > 1:
        parts.pop()
    return folder, ".".join(parts)


class _Reader:
    """Takes from statements what the classes need; goes into ``if``, ``try`` and ``with``."""

    def __init__(self, source: _SourceFile, package: str) -> None:
        self._source = source
        self._package = package

    def read(self, body: Sequence[ast.stmt], outer: str = "") -> None:
        """Take in the statements of a module or of a class named ``outer``."""
        for statement in body:
            if isinstance(statement, ast.Import):
                self._import(statement)
            elif isinstance(statement, ast.ImportFrom):
                self._import_from(statement)
            elif isinstance(statement, ast.ClassDef):
                self._class(statement, outer)
            elif isinstance(statement, ast.Assign) and not outer:
                self._alias(statement)
            else:
                for inner in _bodies(statement):
                    self.read(inner, outer)

    def _import(self, statement: ast.Import) -> None:
        for name in statement.names:
            head = name.name.partition(".")[0]
            self._source.names[name.asname or head] = name.name if name.asname else head

    def _import_from(self, statement: ast.ImportFrom) -> None:
        module = statement.module or ""
        if statement.level:
            parts = self._package.split(".")
            above = parts[: len(parts) - statement.level + 1]
            module = ".".join(filter(None, [*above, module]))
        for name in statement.names:
            if name.name == "*":
                self._source.stars.append(module)
            else:
                self._source.names[name.asname or name.name] = f"{module}.{name.name}".lstrip(".")

    def _alias(self, statement: ast.Assign) -> None:
        """Follow ``Layer = tf.keras.layers.Layer`` and ``layers = keras.layers``."""
        value = _dotted(statement.value)
        target = statement.targets[0]
        if value is None or not isinstance(target, ast.Name):
            return
        if value.partition(".")[0] in self._source.names:
            self._source.names[target.id] = _expanded(value, self._source.names)

    def _class(self, statement: ast.ClassDef, outer: str) -> None:
        name = f"{outer}.{statement.name}" if outer else statement.name
        alternatives = (item for base in statement.bases for item in _alternatives(base))
        bases = tuple(filter(None, map(_dotted, alternatives)))
        expanded = [_expanded(base, self._source.names) for base in bases]
        metaclasses = [
            _dotted(keyword.value) or ""
            for keyword in statement.keywords
            if keyword.arg == "metaclass"
        ]
        self._source.classes[name] = _Class(
            source=self._source,
            name=name,
            line=statement.lineno,
            bases=bases,
            methods={
                item.name: _nature(item)
                for item in statement.body
                if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef))
            },
            is_abc="abc.ABC" in expanded
            or any(metaclass.endswith("ABCMeta") for metaclass in metaclasses),
        )
        self.read(statement.body, name)


def _bodies(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    if isinstance(statement, (ast.If, ast.Try, ast.With, ast.For, ast.While)):
        yield statement.body
        yield getattr(statement, "orelse", [])
        yield getattr(statement, "finalbody", [])
        for handler in getattr(statement, "handlers", []):
            yield handler.body


def _alternatives(base: ast.expr) -> Iterator[ast.expr]:
    """Yield both sides of ``Layer if condition else object``, and any other base as it is."""
    if isinstance(base, ast.IfExp):
        yield from _alternatives(base.body)
        yield from _alternatives(base.orelse)
    else:
        yield base


def _dotted(node: ast.expr) -> str | None:
    """Return ``a.b.c`` of an expression; generics lose their parameters."""
    if isinstance(node, ast.Subscript):
        return _dotted(node.value)
    if isinstance(node, ast.Attribute):
        owner = _dotted(node.value)
        return f"{owner}.{node.attr}" if owner else None
    return node.id if isinstance(node, ast.Name) else None


def _nature(method: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    decorators = {(_dotted(item) or "").rpartition(".")[2] for item in method.decorator_list}
    if "abstractmethod" in decorators:
        return "abstract"
    body = [
        item
        for item in method.body
        if not (isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant))
    ]
    if len(body) == 1 and isinstance(body[0], ast.Raise):
        raised = body[0].exc
        name = _dotted(raised.func if isinstance(raised, ast.Call) else raised) if raised else None
        return "raises" if name == "NotImplementedError" else "concrete"
    return "concrete"
