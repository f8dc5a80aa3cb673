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
        for number in range(len(lines))
        for row in _rows(lines, number, limit)
        for part in _split(row, limit, indent)
    ]
    try:
        return cst.parse_module("".join(new), config=after.config_for_parsing)
    except cst.ParserSyntaxError:
        return after


def _rows(lines: Sequence[str], number: int, limit: int) -> list[str]:
    """Return a line, or a row for each of its parts where it is too long and all of a bracket."""
    line = lines[number]
    code = line.rstrip()
    opened = number > 0 and lines[number - 1].rstrip().endswith(tuple(OPENING))
    closed = number + 1 < len(lines) and lines[number + 1].lstrip().startswith(tuple(CLOSING))
    if len(code) <= limit or not (opened and closed) or "#" in code:
        return [line]
    end = line[len(line.rstrip("\r\n")) :] or "\n"
    margin = code[: len(code) - len(code.lstrip())]
    parts = list(_parts(code, -1, len(code), _outer_commas(code)))
    return [f"{margin}{part},{end}" for part in parts] if len(parts) > 1 else [line]


def _split(line: str, limit: int, indent: str) -> list[str]:
    """Return a line as it is where it fits, else its head, the contents and its tail."""
    code = line.rstrip()
    brackets = _last_brackets(code) if len(code) > limit else None
    if brackets is None:
        return [line]
    first, last, commas = brackets
    last_end = line[len(line.rstrip("\r\n")) :]  # none at the end of a cell
    end = last_end or "\n"
    margin = code[: len(code) - len(code.lstrip())]
    head, tail = f"{code[: first + 1]}{end}", f"{margin}{code[last:]}{last_end}"
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


def _outer_commas(code: str) -> list[int]:
    """Return where commas stand outside of all brackets."""
    depth, found = 0, []
    for place, operator in _operators(code):
        depth += (operator in OPENING) - (operator in CLOSING)
        if operator == "," and depth == 0:
            found.append(place)
    return found


def _last_brackets(code: str) -> tuple[int, int, list[int]] | None:
    """Return where the last outermost brackets open and close, and the commas between them."""
    found: tuple[int, int, list[int]] | None = None
    stack: list[int] = []
    commas: list[int] = []
    for place, operator in _operators(code):
        if operator in OPENING:
            stack.append(place)
            commas = [] if len(stack) == 1 else commas
        elif operator in CLOSING and stack:
            start = stack.pop()
            if not stack and place > start + 1:
                found = (start, place, commas)
        elif operator == "," and len(stack) == 1:
            commas.append(place)
    return found


def _operators(code: str) -> list[tuple[int, str]]:
    """Return the brackets and commas of a line, and where they stand; none of what is no whole."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(code.lstrip()).readline))
    except (tokenize.TokenError, IndentationError, SyntaxError):
        return []
    margin = len(code) - len(code.lstrip())
    return [
        (token.start[1] + margin, token.string)
        for token in tokens
        if token.type == tokenize.OP
        and token.start[0] == 1
        and token.string in f"{OPENING}{CLOSING},"
    ]
