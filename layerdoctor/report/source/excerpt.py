"""The lines of source that a finding points at, with its span underlined."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

from rich.cells import cell_len
from rich.text import Text

from layerdoctor.judge import source
from layerdoctor.report.escaping import visible
from layerdoctor.report.headline import shown_file
from layerdoctor.report.typesetting import Typesetter
from layerdoctor.rule import Span

CONTEXT = 1
LONGEST = 8
"""How many lines of a span are shown before its middle is left out."""

MARGIN = "bright_blue"
"""The colour of what stands beside source."""


def excerpt(typesetter: Typesetter, span: Span, style: str) -> Text:
    """Return the place and, where the source is at hand, its lines; they fold at the width."""
    text = source.read(span.file)
    parts = (shown_file(span.file), span.line, span.column)
    place = ":".join(str(part) for part in parts if part is not None)
    shown = text is not None and span.column is not None
    last = span.end_line or span.line
    margin = len(str(last + CONTEXT)) if shown else 1
    lines = [Text.assemble(" " * margin, ("--> ", MARGIN), typesetter.place(span.file, place))]
    if text is not None and shown:
        lines.append(Text(" " * margin + " |", MARGIN))
        lines += _ExcerptLines(typesetter, text, span, style, margin)
    return Text("\n").join(lines)


class _ExcerptLines:
    """The numbered lines around a span, each folded into as many as the width asks for."""

    def __init__(
        self, typesetter: Typesetter, text: source.SourceText, span: Span, style: str, margin: int
    ) -> None:
        self.typesetter = typesetter
        self.source = text
        self.style = style
        self.margin = margin
        self.first = (span.line, (span.column or 1) - 1)
        self.last = (span.end_line or span.line, (span.end_column or 1) - 1)
        self.is_long = self.first[0] != self.last[0]
        bar = 2 if self.is_long else 0
        self.room = max(typesetter.style.width - margin - len(" | ") - bar, 20)

    def __iter__(self) -> Iterator[Text]:
        first, last = self.first[0], self.last[0]
        for number in range(first - CONTEXT, last + CONTEXT + 1):
            hidden = first + LONGEST // 2 < number < last - LONGEST // 2 + 1
            if hidden and last - first >= LONGEST:
                if number == first + LONGEST // 2 + 1:
                    yield Text("." * self.margin, MARGIN)
            elif first <= number <= last or self.source.line(number).strip():
                yield from self._line(number)

    def _line(self, number: int) -> Iterator[Text]:
        cells = self._cells(number)
        chunks = list(self._chunks(cells))
        for order, chunk in enumerate(chunks):
            label = str(number) if order == 0 else ""
            yield Text.assemble(
                (f"{label:>{self.margin}} | ", MARGIN),
                (self._bar(number, order), self.style),
                "".join(cell for cell, _ in chunk),
            )
            if not self.is_long and any(marked for _, marked in chunk):
                yield self._underline(chunk)
        if self.is_long and number == self.last[0]:
            after = len(list(takewhile(lambda cell: not cell[1], reversed(chunks[-1]))))
            reach = sum(cell_len(cell) for cell, _ in chunks[-1][: len(chunks[-1]) - after])
            yield Text.assemble(
                (" " * self.margin + " | ", MARGIN), ("|" + "_" * reach + "^", self.style)
            )

    def _bar(self, number: int, order: int) -> str:
        if not self.is_long:
            return ""
        if number == self.first[0] and order == 0:
            return "/ "
        return "| " if self.first[0] <= number <= self.last[0] else "  "

    def _cells(self, number: int) -> list[tuple[str, bool]]:
        """Return each character as it is shown, and whether the span covers it."""
        return [
            (
                "    " if character == "\t" else visible(character, unicode=self._unicode),
                self.first <= (number, column) < self.last,
            )
            for column, character in enumerate(self.source.line(number).rstrip())
        ]

    @property
    def _unicode(self) -> bool:
        return self.typesetter.style.unicode

    def _chunks(self, cells: list[tuple[str, bool]]) -> Iterator[list[tuple[str, bool]]]:
        chunk: list[tuple[str, bool]] = []
        used = 0
        for cell, marked in cells:
            if chunk and used + cell_len(cell) > self.room:
                yield chunk
                chunk, used = [], 0
            chunk.append((cell, marked))
            used += cell_len(cell)
        yield chunk

    def _underline(self, chunk: list[tuple[str, bool]]) -> Text:
        marks = "".join(("^" if marked else " ") * cell_len(cell) for cell, marked in chunk)
        return Text.assemble((" " * self.margin + " | ", MARGIN), (marks.rstrip(), self.style))
