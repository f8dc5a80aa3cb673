"""What one file says of its classes, by its statements alone.

Expressions are kept as they are written, dotted: ``keras.layers.Layer``, ``Base``.
"""

from __future__ import annotations

import ast
import os
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from layerdoctor.notebooks.reading import ENDING, NoNotebook, read_cells

ROOTS = ("keras", "tf_keras", "tensorflow")
"""The packages whose classes are layers."""
_CLASS = re.compile(r"^[ \t]*class[ \t]+\w", re.M)


@dataclass(slots=True)
class ClassStatement:
    """One class statement."""

    source: SourceFile
    name: str
    file: str
    """Its file, or what stands for the cell of a notebook."""
    line: int
    bases: tuple[str, ...]
    """As they are written: ``keras.layers.Layer``, ``Base``."""
    methods: dict[str, str]
    """What each method is: ``concrete``, ``abstract`` or ``raises``."""
    is_abc: bool


@dataclass(slots=True)
class SourceFile:
    """One file, as far as classes need it."""

    file: str
    module: str
    root: str
    names: dict[str, str] = field(default_factory=dict)
    """What each imported name stands for: ``tensorflow.keras.layers``."""
    stars: list[str] = field(default_factory=list)
    """The modules of ``from module import *``."""
    classes: dict[str, ClassStatement] = field(default_factory=dict)
    legacy: bool = False
    """Whether it asks for Keras 2 behind ``tf.keras``."""


def text_of(file: str) -> bytes:
    """Return what is in a file, or the code of a notebook; nothing where it cannot be opened.

    Of a broken notebook it is what stands between quotes, each on a line of its own.
    """
    is_notebook = file.endswith(ENDING)
    if is_notebook:
        with suppress(NoNotebook):
            return "\n".join(cell.code for cell in read_cells(file)).encode("utf-8", "replace")
    try:
        with open(file, "rb") as stream:
            text = stream.read()
    except OSError:
        return b""
    return text.replace(b'"', b"\n") if is_notebook else text


def expanded(name: str, names: dict[str, str]) -> str:
    """Return a dotted name whose first part an import has explained."""
    head, dot, rest = name.partition(".")
    return f"{names.get(head, head)}{dot}{rest}"


def is_framework(dotted: str) -> bool:
    """Whether a dotted name begins with a package whose classes are layers."""
    return dotted.partition(".")[0] in ROOTS


def read(file: str) -> SourceFile:
    """Return what a file says; raises what ``ast.parse`` and ``read_cells`` raise."""
    text = text_of(file)
    legacy = b"TF_USE_LEGACY_KERAS" in text
    if file.endswith(ENDING):
        return _read_notebook(SourceFile(file, file, os.path.dirname(file), legacy=legacy))
    root, module = module_of(file)
    source = SourceFile(file, module, root, legacy=legacy)
    package = module if os.path.basename(file) == "__init__.py" else module.rpartition(".")[0]
    _Reader(source, package, file).read(_parsed(text).body)
    return source


def _parsed(text: str | bytes, name: str = "<unknown>") -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text, name)


def _read_notebook(source: SourceFile) -> SourceFile:
    """Read all cells; one that is no Python counts where it may define a class."""
    for cell in read_cells(source.file):
        try:
            tree = _parsed(cell.code, cell.name)
        except SyntaxError:
            if _CLASS.search(cell.code):
                raise
            continue
        _Reader(source, "", cell.name).read(tree.body)
    return source


def module_of(file: str) -> tuple[str, str]:
    """Return the folder that holds a file's package, and the module's dotted name."""
    folder, name = os.path.split(file)
    root, package = package_of(folder)
    return root, module_in(package, name)


def package_of(folder: str) -> tuple[str, str]:
    """Return the folder that holds the outermost package around, and its dotted name down to here.

    The name is empty, and the folder the one given, where that is no package.
    """
    parts: list[str] = []
    while os.path.exists(os.path.join(folder, "__init__.py")):
        folder, name = os.path.split(folder)
        parts.insert(0, name)
    return folder, ".".join(parts)


def module_in(package: str, name: str) -> str:
    """Return the dotted name of the module that a file of this name is in a package."""
    module = name.removesuffix(".py")
    if not package:
        return module
    return package if module == "__init__" else f"{package}.{module}"


class _Reader:
    """Takes from statements what the classes need; goes into ``if``, ``try`` and ``with``."""

    def __init__(self, source: SourceFile, package: str, file: str) -> None:
        self._source = source
        self._package = package
        self._file = file

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
                self._branches(statement, outer)

    def _branches(self, statement: ast.stmt, outer: str) -> None:
        """Take in what a statement holds; of the meanings of a name that of a framework counts."""
        frameworks: dict[str, str] = {}
        for inner in _bodies(statement):
            self.read(inner, outer)
            names = self._source.names
            frameworks |= {name: names[name] for name in names if is_framework(names[name])}
        self._source.names |= frameworks

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
            self._source.names[target.id] = expanded(value, self._source.names)

    def _class(self, statement: ast.ClassDef, outer: str) -> None:
        name = f"{outer}.{statement.name}" if outer else statement.name
        alternatives = (item for base in statement.bases for item in _alternatives(base))
        bases = tuple(filter(None, map(_dotted, alternatives)))
        meant = [expanded(base, self._source.names) for base in bases]
        metaclasses = [
            _dotted(keyword.value) or ""
            for keyword in statement.keywords
            if keyword.arg == "metaclass"
        ]
        self._source.classes[name] = ClassStatement(
            source=self._source,
            name=name,
            file=self._file,
            line=statement.lineno,
            bases=bases,
            methods={
                item.name: _nature(item)
                for item in statement.body
                if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef))
            },
            is_abc="abc.ABC" in meant
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
