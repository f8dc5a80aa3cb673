"""The file format of notebooks, as far as their code needs it."""

from __future__ import annotations

import msgspec


class _NotebookCell(msgspec.Struct, frozen=True):
    cell_type: str = ""
    source: str | list[str] = ""


class _Kernel(msgspec.Struct, frozen=True):
    language: str | None = None


class _Metadata(msgspec.Struct, frozen=True):
    kernelspec: _Kernel | None = None


class _Notebook(msgspec.Struct, frozen=True):
    cells: list[_NotebookCell]
    metadata: _Metadata = _Metadata()


def sources(data: bytes) -> list[tuple[int, str]]:
    """Return the texts of the cells of code, each with its number among all cells, from 1.

    Raises ``ValueError`` for what is no notebook of Python; the message says why.
    """
    try:
        notebook = msgspec.json.decode(data, type=_Notebook)
    except msgspec.ValidationError as error:
        raise ValueError(
            f"it is no notebook of format 4: {error}; write it anew with "
            "`jupyter nbconvert --to notebook`"
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"it is no JSON, as a notebook is: {error}") from None
    kernel = notebook.metadata.kernelspec
    if kernel is not None and (kernel.language or "python").lower() != "python":
        raise ValueError(f"its language is {kernel.language}; expected Python")
    return [
        (number, "".join(cell.source))
        for number, cell in enumerate(notebook.cells, start=1)
        if cell.cell_type == "code"
    ]
