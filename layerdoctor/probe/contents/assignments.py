"""Where in the source an attribute, a closure's name or a global gets its value."""

from __future__ import annotations

import ast
import functools
import inspect
import linecache
import os
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any, TypeGuard, cast

from layerdoctor.facts import Location
from layerdoctor.notebooks.pieces import family
from layerdoctor.user_code import Author

_Def = ast.FunctionDef | ast.AsyncFunctionDef
_Body = ast.Module | ast.ClassDef | _Def


class Assignments:
    """Looks assignments up in the author's source, by reading it."""

    def __init__(self, author: Author) -> None:
        self._author = author
        self._files: dict[type, str | None] = {}

    def of_attribute(self, kind: type, name: str) -> Location | None:
        """Return the last line of a class that assigns ``self.<name>``, base classes included.

        The name may have dots: what the class gives to an object that it holds.
        """
        for base in kind.__mro__:
            file = self._author_file(base)
            line = _attribute_lines(file, base.__qualname__).get(name) if file else None
            if file and line is not None:
                return self._at(file, line)
        return None

    def of_filling(self, kind: type, name: str) -> Location | None:
        """Return the last line that puts something into the container ``self.<name>``."""
        for base in kind.__mro__:
            file = self._author_file(base)
            line = _filling_lines(file, base.__qualname__).get(name) if file else None
            if file and line is not None:
                return self._at(file, line)
        return None

    def is_trimmed(self, kind: type, name: str) -> bool:
        """Whether a method that fills the container ``self.<name>`` takes things out of it too."""
        files = ((self._author_file(base), base.__qualname__) for base in kind.__mro__)
        return any(file and name in _trimmed(file, path) for file, path in files)

    def of_global(self, file: str, name: str) -> Location | None:
        """Return the line of a module that assigns the name."""
        tree = _tree(file)
        lines = _assigned_names(tree).get(name, []) if tree else []
        return self._at(file, lines[-1]) if lines else None

    def of_class_attribute(self, kind: type, name: str) -> Location | None:
        """Return the line of the class body that assigns the name."""
        file = self._author_file(kind)
        body = _class_body(file, kind.__qualname__) if file else None
        lines = _assigned_names(body).get(name, []) if body is not None else []
        return self._at(file, lines[-1]) if file and lines else None

    def of_name(self, function: FunctionType, name: str) -> Location | None:
        """Return the line that assigns a name a function sees from outside: closure or global."""
        file = _code_file(function.__code__)
        tree = _tree(file) if not self._author.is_library(file) else None
        if tree is None:
            return None
        line = function.__code__.co_firstlineno
        for body in (*_enclosing(file, line)[::-1], tree):
            lines = _assigned_names(body).get(name)
            if lines:
                return self._at(file, max((n for n in lines if n <= line), default=lines[0]))
        return None

    def of_class(self, kind: type) -> Location | None:
        """Return the line of the class statement."""
        file = self._author_file(kind)
        body = _class_body(file, kind.__qualname__) if file else None
        return self._at(file, body.lineno) if file and body is not None else None

    def of_method(self, kind: type, name: str) -> Location | None:
        """Return the ``def`` line of a method that the class or an author's base class defines."""
        for base in kind.__mro__:
            found = vars(base).get(name)
            if found is None or base is object:
                continue
            function = _function(found)
            if function is None:
                return None
            file = _code_file(function.__code__)
            if self._author.is_library(file):
                return None
            return self._at(file, _def_line(file, function.__code__))
        return None

    def of_default(self, kind: type, thing: Any) -> Location | None:
        """Return the line that makes a thing that is the default of a constructor's argument."""
        for base in kind.__mro__:
            function = _function(vars(base).get("__init__"))
            if function is None:
                continue
            defaults = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
            number = next((n for n, each in enumerate(defaults) if each is thing), None)
            file = _code_file(function.__code__)
            node = None if number is None else _def(file, function.__code__)
            if number is not None and node is not None:
                written = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
                return self._at(file, written[number].lineno)
        return None

    def assigned_on(self, place: Location) -> str | None:
        """Return what a line gives the thing to that it makes: ``w`` for ``w = tf.Variable(0.0)``.

        None where it is used at once, as in ``y = Dense(4)(x)``.
        """
        tree = _tree(os.path.abspath(place.file))
        for node in ast.walk(tree) if tree else ():
            made = getattr(node, "value", None)
            if not isinstance(made, ast.Call) or isinstance(made.func, ast.Call):
                continue
            last = made.end_lineno or made.lineno
            targets = _targets(node)
            if len(targets) == 1 and made.lineno <= place.line <= last:
                return ast.unparse(targets[0])
        return None

    def body(self, kind: type) -> tuple[str | None, ast.ClassDef | None]:
        """Return the file of an author's class and its statement; None for another's."""
        file = self._author_file(kind)
        return file, _class_body(file, kind.__qualname__) if file else None

    def line(self, file: str, line: int) -> Location | None:
        """Return a line of a file, where it is the author's."""
        return self._at(file, line)

    def _author_file(self, kind: type) -> str | None:
        """Return the file of a class, where it is the author's."""
        if kind not in self._files:
            self._files[kind] = file_of(kind)
        file = self._files[kind]
        return file if file and not self._author.is_library(file) else None

    def _at(self, file: str, line: int) -> Location | None:
        if self._author.is_library(file):
            return None
        return Location(file=self._author.relative(file), line=line)


def _function(found: Any) -> FunctionType | None:
    found = getattr(found, "fget", None) or getattr(found, "__func__", None) or found
    found = getattr(found, "python_function", found)
    found = inspect.unwrap(found) if callable(found) else found
    return found if isinstance(found, FunctionType) else None


def _def_line(file: str, code: CodeType) -> int:
    """Return the line of ``def`` itself: the code object begins at its first decorator."""
    node = _def(file, code)
    return node.lineno if node else code.co_firstlineno


def _def(file: str, code: CodeType) -> _Def | None:
    for node in _defs(file):
        first = min([node.lineno, *(item.lineno for item in node.decorator_list)])
        if node.name == code.co_name and first == code.co_firstlineno:
            return node
    return None


def file_of(kind: type) -> str | None:
    """Return the file of a class, or the name of the piece of a session that it was typed in."""
    functions = filter(None, map(_function, vars(kind).values()))
    first = next((_code_file(function.__code__) for function in functions), None)
    if first is not None and family(first):
        return first
    try:
        return inspect.getsourcefile(kind)
    except (TypeError, OSError):
        return None


def _code_file(code: CodeType) -> str:
    return code.co_filename


@functools.lru_cache(maxsize=256)
def _tree(file: str) -> ast.Module | None:
    source = "".join(linecache.getlines(file))
    try:
        return ast.parse(source) if source else None
    except (SyntaxError, ValueError, RecursionError):
        return None


@functools.lru_cache(maxsize=1024)
def _class_body(file: str, path: str) -> ast.ClassDef | None:
    tree, name = _tree(file), path.rpartition(".")[2]
    nodes = ast.walk(tree) if tree else ()
    found = [node for node in nodes if isinstance(node, ast.ClassDef) and node.name == name]
    return found[-1] if found else None


def _targets(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.Assign):
        return [leaf for target in node.targets for leaf in _leaves(target)]
    if isinstance(node, (ast.AnnAssign, ast.AugAssign)):
        return [node.target] if getattr(node, "value", None) is not None else []
    if isinstance(node, ast.NamedExpr):
        return [node.target]
    return []


def _leaves(target: ast.expr) -> Iterator[ast.expr]:
    if isinstance(target, (ast.Tuple, ast.List)):
        for item in target.elts:
            yield from _leaves(item)
    else:
        yield target


@functools.lru_cache(maxsize=1024)
def _attribute_lines(file: str, path: str) -> dict[str, int]:
    """Return, by attribute, the last line of a class body that assigns it on ``self``.

    ``box.table`` stands for what is given to an object held as ``self.box``. A line that assigns
    more than a plain constant such as None wins, as ``self.table += 1`` does.
    """
    body = _class_body(file, path)
    nodes = list(ast.walk(body)) if body is not None else []
    found = [
        (not _is_plain(node), target.lineno, name)
        for node in nodes
        for target in _targets(node)
        if isinstance(target, ast.Attribute) and (name := _path_from_self(target))
    ]
    found += [(True, *set_) for node in nodes if (set_ := _set_by_name(node)) is not None]
    return {name: line for _, line, name in sorted(found)}


def _is_plain(node: ast.AST) -> bool:
    """Whether a statement assigns a constant, and does not change what was there by it."""
    assigned = getattr(node, "value", None)
    return isinstance(assigned, ast.Constant) and not isinstance(node, ast.AugAssign)


def _path_from_self(target: ast.Attribute) -> str | None:
    """Return ``box.table`` for ``self.box.table``; None of what is no attribute of ``self``."""
    if isinstance(target.value, ast.Attribute):
        above = _path_from_self(target.value)
        return above and f"{above}.{target.attr}"
    return target.attr if isinstance(target.value, ast.Name) and target.value.id == "self" else None


def _set_by_name(node: ast.AST) -> tuple[int, str] | None:
    """Return the line and the name of ``setattr(self, "blocks", x)``, or of ``__setattr__``."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, (ast.Name, ast.Attribute)):
        return None
    called = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
    if called not in ("setattr", "__setattr__"):
        return None
    first, *rest = [*node.args, ast.Constant(None)]
    name = rest[0] if isinstance(first, ast.Name) and first.id == "self" else first
    if isinstance(name, ast.Constant) and isinstance(name.value, str):
        return node.lineno, name.value
    return None


EMPTYING = ("clear", "pop", "popitem", "popleft", "remove")
FILLING = ("append", "appendleft", "extend", "insert", "add", "setdefault", "update")


@functools.lru_cache(maxsize=1024)
def _filling_lines(file: str, path: str) -> dict[str, int]:
    """Return, by attribute, the last line of a class body that puts something into it.

    ``self.blocks[0] = x``, ``self.blocks += [x]`` and ``self.blocks[0].append(x)`` do so.
    """
    body = _class_body(file, path)
    return {name: line for line, name in sorted(_filled(body))} if body is not None else {}


@functools.lru_cache(maxsize=1024)
def _trimmed(file: str, path: str) -> frozenset[str]:
    """Return the attributes that one method of a class both fills and takes things out of."""
    body = _class_body(file, path)
    methods = [node for node in (body.body if body else ()) if isinstance(node, ast.FunctionDef)]
    return frozenset(
        name for method in methods for _, name in _filled(method) if name in set(_emptied(method))
    )


def _filled(body: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(body):
        places: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            places = [leaf for leaf in _targets(node) if isinstance(leaf, ast.Subscript)]
        elif isinstance(node, ast.AugAssign):
            places = [node.target]
        elif _is_call_of(node, FILLING):
            places = [node.func.value]
        yield from ((place.lineno, name) for place in places if (name := _own_attribute(place)))


def _emptied(body: ast.AST) -> Iterator[str]:
    for node in ast.walk(body):
        places: list[ast.expr] = []
        if isinstance(node, ast.Delete):
            places = node.targets
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript):
            places = _targets(node)
        elif _is_call_of(node, EMPTYING):
            places = [node.func.value]
        yield from (name for place in places if (name := _own_attribute(place)))


def _is_call_of(node: ast.AST, methods: tuple[str, ...]) -> TypeGuard[_MethodCall]:
    is_method = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    return is_method and cast(_MethodCall, node).func.attr in methods


class _MethodCall(ast.Call):
    func: ast.Attribute


def _own_attribute(place: ast.expr) -> str | None:
    """Return ``blocks`` for ``self.blocks``, ``self.blocks[0]`` and ``self.blocks['a'][1]``."""
    while isinstance(place, ast.Subscript):
        place = place.value
    if isinstance(place, ast.Attribute) and isinstance(place.value, ast.Name):
        return place.attr if place.value.id == "self" else None
    return None


@functools.lru_cache(maxsize=1024)
def _assigned_names(body: _Body) -> dict[str, list[int]]:
    """Return the lines on which a module, a class or a function assigns each name of its own."""
    lines: dict[str, list[int]] = {}
    for statement in body.body:
        for node in _own_nodes(statement):
            for target in _targets(node):
                if isinstance(target, ast.Name):
                    lines.setdefault(target.id, []).append(target.lineno)
    return lines


def _own_nodes(statement: ast.stmt) -> Iterator[ast.AST]:
    """Yield the nodes of a statement, leaving out the bodies of functions and classes in it."""
    nested = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    if isinstance(statement, nested):
        return
    todo: list[ast.AST] = [statement]
    while todo:
        node = todo.pop()
        yield node
        todo += [child for child in ast.iter_child_nodes(node) if not isinstance(child, nested)]


def _enclosing(file: str, line: int) -> list[_Def]:
    """Return the functions around a line, outermost first."""
    return [node for node in _defs(file) if node.lineno <= line <= (node.end_lineno or node.lineno)]


@functools.lru_cache(maxsize=256)
def _defs(file: str) -> list[_Def]:
    """Return the functions of a file, in their order."""
    tree = _tree(file)
    found = [node for node in ast.walk(tree) if isinstance(node, _Def)] if tree else []
    return sorted(found, key=lambda node: node.lineno)
