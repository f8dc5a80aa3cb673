"""The author's source: excerpts, the span of an operation, and markers in comments.

Files are read and parsed, never imported. A file that is missing, is no Python, or holds bytes of
another encoding is never an error: what cannot be told from it is None or empty.
"""

from __future__ import annotations

import ast
import io
import os
import re
import stat
import tokenize
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from layerdoctor.facts import Location
from layerdoctor.notebooks import pieces
from layerdoctor.rule import Span

_MARKER = re.compile(r"#\s*layerdoctor:\s*ignore\b(?:\s*\[(?P<entries>[^\]]*)\])?")
_REASON = re.compile(r"[\s:;,.\-–—]*(?P<words>\w[^#]*)")  # noqa: RUF001

_OPERATORS: dict[str, tuple[type[ast.AST], ...]] = {
    "add": (ast.Add,),
    "batchmatmul": (ast.MatMult,),
    "bitwiseand": (ast.BitAnd,),
    "bitwiseor": (ast.BitOr,),
    "bitwisexor": (ast.BitXor,),
    "div": (ast.Div,),
    "equal": (ast.Eq,),
    "floordiv": (ast.FloorDiv,),
    "floormod": (ast.Mod,),
    "gather": (ast.Subscript,),
    "greater": (ast.Gt,),
    "greaterequal": (ast.GtE,),
    "invert": (ast.Invert,),
    "less": (ast.Lt,),
    "lessequal": (ast.LtE,),
    "logicaland": (ast.BitAnd,),
    "logicalnot": (ast.Invert,),
    "logicalor": (ast.BitOr,),
    "logicalxor": (ast.BitXor,),
    "matmul": (ast.MatMult,),
    "mod": (ast.Mod,),
    "mul": (ast.Mult,),
    "neg": (ast.USub,),
    "notequal": (ast.NotEq,),
    "pow": (ast.Pow,),
    "realdiv": (ast.Div,),
    "square": (ast.Pow,),
    "stridedslice": (ast.Subscript,),
    "sub": (ast.Sub,),
}
"""Operation types, in lower case and without a version, and the operators that write them."""


@dataclass(frozen=True, slots=True)
class Marker:
    """A ``# layerdoctor: ignore[...] reason`` comment."""

    span: Span
    """From the sign to the bracket."""
    entries: tuple[str, ...]
    """The codes or names between the brackets; empty where there are none."""
    reason: str | None = None
    """What the author says behind the bracket, up to another comment."""


@dataclass(frozen=True, slots=True)
class ClassSpan:
    """Where a class stands in its file; lines count from 1 and are inclusive."""

    line: int
    """The line of its first decorator, or else of the word ``class``."""
    header_end: int
    """The line of the colon before its body."""
    end: int

    def header(self) -> range:
        """Return the lines of the statement itself, with its decorators and without its body."""
        return range(self.line, self.header_end + 1)

    def lines(self) -> range:
        """All lines of the class."""
        return range(self.line, self.end + 1)


@dataclass(frozen=True)
class SourceText:
    """One file of source, as text."""

    file: str
    text: str

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The lines as Python counts them, without their ends."""
        return tuple(self.text.split("\n"))

    @cached_property
    def tree(self) -> ast.Module | None:
        """The syntax tree; None where the text is no Python of this version."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(self.text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None

    @cached_property
    def nodes(self) -> dict[int, list[ast.expr | ast.stmt]]:
        """The expressions and statements on each line, the outer ones first."""
        found: dict[int, list[ast.expr | ast.stmt]] = {}
        for node in ast.walk(self.tree) if self.tree is not None else ():
            if isinstance(node, (ast.expr, ast.stmt)):
                for line in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                    found.setdefault(line, []).append(node)
        return found

    @cached_property
    def comments(self) -> tuple[tuple[int, int, str], ...]:
        """Line, column from 0 and text of each comment, up to what cannot be tokenized."""
        return tuple(self._comments())

    def _comments(self) -> Iterator[tuple[int, int, str]]:
        try:
            for token in tokenize.generate_tokens(io.StringIO(self.text).readline):
                if token.type == tokenize.COMMENT:
                    yield *token.start, token.string
        except (tokenize.TokenError, SyntaxError):
            return

    @cached_property
    def markers(self) -> tuple[Marker, ...]:
        """The ``# layerdoctor: ignore`` comments, in the order of their lines."""
        if not _MARKER.search(self.text):
            return ()
        return tuple(
            self._marker(line, column, match)
            for line, column, comment in self.comments
            for match in _MARKER.finditer(comment)
        )

    def _marker(self, line: int, column: int, match: re.Match[str]) -> Marker:
        entries = (match["entries"] or "").split(",")
        reason = _REASON.match(match.string, match.end())
        return Marker(
            _span(self.file, line, column + match.start(), line, column + match.end()),
            tuple(entry for part in entries if (entry := part.strip())),
            reason["words"].strip() if reason else None,
        )

    def line(self, number: int) -> str:
        """Return the text of a line; empty where there is no such line."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""

    def code(self, number: int) -> tuple[int, int] | None:
        """Where the code of a line begins and ends, counted from 0; None where it has none."""
        text = self.line(number)
        comment = next((column for line, column, _ in self.comments if line == number), None)
        code = text[:comment].rstrip()
        return (len(code) - len(code.lstrip()), len(code)) if code else None


def read(file: str) -> SourceText | None:
    """Return the file, relative to the working directory; None where it cannot be read."""
    if (typed := pieces.text(file)) is not None:
        return _typed(file, typed)
    try:
        status = os.stat(file)
        if not stat.S_ISREG(status.st_mode):
            return None
        return _read(file, os.path.abspath(file), status.st_mtime_ns, status.st_size)
    except (OSError, ValueError):
        return None


@lru_cache(maxsize=64)
def _typed(file: str, text: str) -> SourceText:
    return SourceText(file, text)


@lru_cache(maxsize=64)
def _read(file: str, resolved: str, _modified: int, _size: int) -> SourceText:
    data = Path(resolved).read_bytes()
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError:
        encoding = "utf-8"
    text = data.decode(encoding, errors="replace")
    return SourceText(file, text.replace("\r\n", "\n").replace("\r", "\n"))


def span(location: Location) -> Span:
    """Return the smallest expression on the line that holds the call named, else the statement.

    The span begins on the line of the location, also where the expression began above it. Columns
    are None where the source is not at hand or the line holds no code.
    """
    source = read(location.file)
    bounds = source.code(location.line) if source else None
    if source is None or bounds is None:
        return Span(file=location.file, line=location.line)
    found = _operation(source, location) or _statement(source, location.line)
    start, end = (location.line, bounds[0]), (location.line, bounds[1])
    if found is not None:
        node_start, node_end = found
        start, end = max(start, node_start), max(node_end, start)
    return _span(location.file, *start, *end)


def class_statement(file: str, line: int) -> ClassSpan | None:
    """Return the class whose statement, decorators included, begins on the line."""
    source = read(file)
    if source is None or source.tree is None:
        return None
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            if first <= line <= node.lineno:
                last = _header_end(source, node)
                return ClassSpan(first, last, node.end_lineno or last)
    return None


def _header_end(source: SourceText, node: ast.ClassDef) -> int:
    """Return the line of the colon before the body, which the syntax tree does not hold."""
    bases = [*node.bases, *(keyword.value for keyword in node.keywords)]
    last = max([node.lineno, *(base.end_lineno or 0 for base in bases)])
    for line in range(last, node.body[0].lineno):
        bounds = source.code(line)
        if bounds and source.line(line)[bounds[1] - 1] == ":":
            return line
    return last


def _span(file: str, line: int, column: int, end_line: int, end_column: int) -> Span:
    return Span(
        file=file, line=line, column=column + 1, end_line=end_line, end_column=end_column + 1
    )


_Extent = tuple[tuple[int, int], tuple[int, int]]


def _operation(source: SourceText, location: Location) -> _Extent | None:
    """Return the extent of the smallest node on the line that performs the call named."""
    if location.call is None:
        return None
    wanted = _plain(location.call)
    nodes = source.nodes.get(location.line, ())
    for performs in (_performs, _may_perform):
        extents = [_extent(source, node) for node in nodes if performs(node, wanted)]
        here = [extent for extent in extents if extent[0][0] == location.line]
        if extents:
            return min(here or extents, key=_size)
    return None


def _statement(source: SourceText, line: int) -> _Extent | None:
    """Return the extent of the simple statement that begins on the line."""
    extents = [
        _extent(source, node)
        for node in source.nodes.get(line, ())
        if isinstance(node, ast.stmt) and node.lineno == line and not _is_compound(node)
    ]
    return min(extents, key=_size, default=None)


def _is_compound(statement: ast.stmt) -> bool:
    return hasattr(statement, "body") or hasattr(statement, "cases")


def _performs(node: ast.AST, wanted: str) -> bool:
    """Say whether the node calls a function of that name, or is its operator."""
    operators: Sequence[ast.AST]
    match node:
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)):
            return _plain(name) == wanted
        case ast.BinOp(op=operator) | ast.UnaryOp(op=operator) | ast.AugAssign(op=operator):
            operators = [operator]
        case ast.Compare(ops=operators):
            pass
        case _:
            operators = [node]
    return any(isinstance(operator, _OPERATORS.get(wanted, ())) for operator in operators)


def _may_perform(node: ast.AST, wanted: str) -> bool:
    """Say whether the name of the function called resembles the operation: ``reduce_sum``, Sum."""
    match node:
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)):
            return name.lower().split("_")[-1] == wanted or _plain(name).startswith(wanted)
    return False


def _plain(name: str) -> str:
    """Return a name so that ``ArgMax`` and ``argmax``, ``AddV2`` and ``add`` are the same."""
    return re.sub(r"V\d+$", "", name).replace("_", "").lower()


def _extent(source: SourceText, node: ast.expr | ast.stmt) -> _Extent:
    end_line, end_offset = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
    return (
        (node.lineno, _characters(source, node.lineno, node.col_offset)),
        (end_line, _characters(source, end_line, end_offset)),
    )


def _characters(source: SourceText, line: int, offset: int) -> int:
    """Turn an offset in UTF-8 bytes, as ``ast`` counts, into one in characters."""
    return len(
        source.line(line).encode("utf-8", "surrogatepass")[:offset].decode("utf-8", "ignore")
    )


def _size(extent: _Extent) -> tuple[int, int, tuple[int, int]]:
    (line, column), (end_line, end_column) = extent
    return (end_line - line, end_column - column if line == end_line else end_column, extent[0])
