"""The JSON Schema of the config, from which editors complete and check it."""

from __future__ import annotations

from typing import Any

import msgspec

from layerdoctor.config.tables import ConfigTable
from layerdoctor.version import FOLDER

FILE = FOLDER / "layerdoctor.schema.json"


def schema() -> dict[str, Any]:
    """Return the schema of ``layerdoctor.toml``, and of ``[tool.layerdoctor]``."""
    parts = _without_null(msgspec.json.schema(ConfigTable)["$defs"])
    whole = parts.pop(ConfigTable.__name__)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **whole,
        "title": "layerdoctor",
        "$defs": parts,
    }


def text() -> str:
    """Return the schema as the file that is shipped."""
    return msgspec.json.format(msgspec.json.encode(schema()), indent=2).decode() + "\n"


def _without_null(part: Any) -> Any:
    """Return a part of the schema without null, which TOML does not have."""
    if isinstance(part, list):
        return [_without_null(item) for item in part]
    if not isinstance(part, dict):
        return part
    options = [option for option in part.get("anyOf", ()) if option != {"type": "null"}]
    kept = {
        key: _without_null(item)
        for key, item in part.items()
        if key != "anyOf" and not (key == "default" and item is None)
    }
    if len(options) == 1:
        return {**_without_null(options[0]), **kept}
    return {**kept, "anyOf": _without_null(options)} if options else kept
