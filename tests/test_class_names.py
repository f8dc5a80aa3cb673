"""A name stands for one thing."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import layerdoctor

FOLDER = Path(layerdoctor.__file__).parent


def test_no_two_classes_have_one_name() -> None:
    names = Counter(
        node.name.lstrip("_")
        for file in FOLDER.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    )
    assert [name for name, count in names.items() if count > 1] == []
