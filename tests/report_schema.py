"""Every JSON report that a test makes is held against the schema that is shipped."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from layerdoctor.report import document


@cache
def _validator() -> Any:
    return Draft202012Validator(document.schema())


def faults(text: str) -> list[str]:
    """Return where a report is not what the schema says, in words."""
    return [
        f"{error.json_path}: {error.message[:300]}"
        for error in _validator().iter_errors(json.loads(text))
    ]


def hold(arguments: Sequence[str], stdout: str, folder: Path) -> None:
    """Check the JSON reports among what a command printed and wrote."""
    if "json" not in arguments:
        return
    pairs = itertools.pairwise(arguments)
    files = [folder / value for option, value in pairs if option in ("-o", "--output")]
    texts = [stdout, *(file.read_text("utf-8") for file in files if file.is_file())]
    for text in texts:
        if text.startswith('{\n  "schema"'):
            told = faults(text)
            assert not told, "\n".join(told)
