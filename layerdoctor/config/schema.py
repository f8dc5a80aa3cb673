"""The JSON Schema of the config, from which editors complete and check it."""

from __future__ import annotations

from dataclasses import fields, make_dataclass
from typing import Any, get_type_hints

import msgspec

from layerdoctor.config.settings import FAIL_ON, Settings
from layerdoctor.output import FORMATS
from layerdoctor.target import DEVICES, DTYPES, INPUTS_AS
from layerdoctor.version import FOLDER

FILE = FOLDER / "layerdoctor.schema.json"

DESCRIPTIONS = {
    "app-dir": "The folder that goes first on sys.path, or a list of them.",
    "args": "Arguments of the constructor.",
    "baseline": "The file of the findings that are accepted.",
    "cache-dir": "The folder that the results of earlier runs are kept in.",
    "cache-env": "Globs of environment variables that layers read.",
    "call": "Arguments of the call.",
    "calls": "How often the layer is called.",
    "device": "Where the layer runs.",
    "dtype": "The type of the values.",
    "exclude": "Paths that discovery skips.",
    "fail-on": "The least severity that fails a run.",
    "format": "How the report is written.",
    "high": "The largest value that is drawn, itself included.",
    "ignore": "Codes, prefixes of codes, or names of rules that are not reported.",
    "inputs": "The inputs: a list, or a table by name.",
    "inputs-as": "How several inputs reach the call.",
    "jobs": "How many targets are examined at a time.",
    "low": "The least value that is drawn.",
    "memory-limit": "The memory that a target may take, such as 4G.",
    "name": "The argument of the call that the input is passed as.",
    "npy": "A .npy file that holds the array.",
    "per-path-ignores": "What is ignored in the layers of files, by globs of their paths.",
    "require-reason": "Whether a marker in the source has to say why.",
    "seed": "The seed of everything drawn.",
    "select": "Codes, prefixes of codes, or names of the only rules that are reported.",
    "severity": "Other severities for rules, by codes, prefixes of codes, or names.",
    "shape": "The sizes, the batch first.",
    "strict": "Whether what is skipped, and a layer class without a target, fails the run.",
    "target": "package.module:Class or path/to/file.py:Class.",
    "targets": "What to examine, by names of your own.",
    "timeout": "Seconds that a target may take.",
}

_CHOICES = {
    "fail-on": FAIL_ON,
    "format": FORMATS,
    "device": DEVICES,
    "inputs-as": INPUTS_AS,
    "dtype": DTYPES,
}


def schema() -> dict[str, Any]:
    """Return the schema of ``layerdoctor.toml``, and of ``[tool.layerdoctor]``."""
    hints = get_type_hints(Settings)
    keys = [(each.name, hints[each.name], each) for each in fields(Settings) if each.name != "file"]
    config = make_dataclass("Config", keys, kw_only=True)
    found = msgspec.json.schema(config)
    parts = {name: _table(part) for name, part in found["$defs"].items()}
    given = parts["TargetTable"]["properties"]["inputs"]
    given["anyOf"] = [
        {"type": "array", "items": given.pop("items")},
        {"type": "object", "additionalProperties": {"$ref": "#/$defs/InputTable"}},
    ]
    del given["type"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "layerdoctor",
        **parts.pop("Config"),
        "$defs": parts,
    }


def text() -> str:
    """Return the schema as the file that is shipped."""
    return msgspec.json.format(msgspec.json.encode(schema()), indent=2).decode() + "\n"


def _table(part: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a table with the keys as a config writes them, and no others."""
    properties = {
        name.replace("_", "-"): _property(name.replace("_", "-"), value)
        for name, value in part["properties"].items()
    }
    table = {"type": "object", "properties": properties, "additionalProperties": False}
    return table | ({"required": part["required"]} if part.get("required") else {})


def _property(name: str, value: dict[str, Any]) -> dict[str, Any]:
    """Return a key's schema with its description, without null, which TOML does not have."""
    options = [option for option in value.get("anyOf", ()) if option != {"type": "null"}]
    whole = {key: item for key, item in value.items() if key != "anyOf" and item is not None}
    whole |= options[0] if len(options) == 1 else {"anyOf": options} if options else {}
    choices = {"enum": list(_CHOICES[name])} if name in _CHOICES else {}
    return {"description": DESCRIPTIONS[name], **whole, **choices}
