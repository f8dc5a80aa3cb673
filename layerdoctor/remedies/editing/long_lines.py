"""Lines that a change has made too long, broken as formatters break them."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterator, Sequence

import libcst as cst

USUAL = 88
"""The columns that the commonest formatters allow; a file with longer lines allows these."""
OPENING, CLOSING = "([{", ")]}"


def broken(before: cst.Module, after: cst.Module) -> cst.Module:
    """Return the changed module with its new long lines broken at their last brackets.

    It is returned as it is where a line cannot be broken.
    """
    known = set(before.code.splitlines())
    limit = max([USUAL, *map(len, known)])
    lines = after.code.splitlines(keepends=True)
    if all(line.rstrip() in known or len(line.rstrip()) <= limit for line in lines):
        return after
    indent = after.default_indent
    new = [
        part
        for line in lines
        for part in ([line] if line.rstrip("\r\n") in known else _split(line, limit, indent))
    ]
    try:
        return cst.parse_module("".join(new), config=after.config_for_parsing)
    except cst.ParserSyntaxError:
        return after


def _split(line: str, limit: int, indent: str) -> list[str]:
    """Return a line as it is where it fits, else its head, the contents and its tail."""
    code = line.rstrip()
    brackets = _last_brackets(code) if len(code) > limit else None
    if brackets is None:
        return [line]
    first, last, commas = brackets
    end = line[len(line.rstrip("\r\n")) :] or "\n"
    margin = code[: len(code) - len(code.lstrip())]
    head, tail = f"{code[: first + 1]}{end}", f"{margin}{code[last:]}{end}"
    body = code[first + 1 : last].strip()
    inner = f"{margin}{indent}"
    if len(inner) + len(body) <= limit:
        return [head, f"{inner}{body}{end}", tail]
    parts = list(_parts(code, first, last, commas))
    rows = [f"{inner}{part},{end}" for part in parts] if len(parts) > 1 else [f"{inner}{body}{end}"]
    return [head, *(each for row in rows for each in _split(row, limit, indent)), tail]


def _parts(code: str, first: int, last: int, commas: Sequence[int]) -> Iterator[str]:
    for start, end in zip((first, *commas), (*commas, last), strict=True):
        if part := code[start + 1 : end].strip():
            yield part


def _last_brackets(code: str) -> tuple[int, int, list[int]] | None:
    """Return where the last outermost brackets open and close, and the commas between them."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(code.lstrip()).readline))
    except (tokenize.TokenError, IndentationError, SyntaxError):
        return None
    margin = len(code) - len(code.lstrip())
    found: tuple[int, int, list[int]] | None = None
    stack: list[int] = []
    commas: list[int] = []
    for token in tokens:
        place = token.start[1] + margin
        if token.type != tokenize.OP or token.start[0] != 1:
            continue
        if token.string in OPENING:
            stack.append(place)
            commas = [] if len(stack) == 1 else commas
        elif token.string in CLOSING and stack:
            start = stack.pop()
            if not stack and place > start + 1:
                found = (start, place, commas)
        elif token.string == "," and len(stack) == 1:
            commas.append(place)
    return found
