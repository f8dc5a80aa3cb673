"""What a config may say: its tables and keys, with their types, limits and descriptions.

This is the one declaration of it: configs are read by it, and the JSON Schema is made from it.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from layerdoctor.output import Format
from layerdoctor.target import Device, Dtype, InputsAs

LARGEST_SEED = 2**32 - 1
LONGEST = 10**9
"""In seconds; an endless time limit has no number."""
SIZE = r"^\s*(?=.*[1-9])[0-9]{1,18}(\.[0-9]{1,18})?\s*[kKmMgGtT]?([iI]?[bB])?\s*$"
"""Bytes, with a unit where there is one."""

Level = Literal["error", "warning", "note"]
FailOn = Literal["error", "warning", "note", "never"]

Calls = Annotated[int, Meta(ge=1, description="How often the layer is called.")]
Timeout = Annotated[
    float, Meta(gt=0, le=LONGEST, description="Seconds that a target may take from its own start.")
]
Seed = Annotated[int, Meta(ge=0, le=LARGEST_SEED, description="The seed of everything drawn.")]
Where = Annotated[Device, Meta(description="Where the layer runs.")]
Size = Annotated[
    Annotated[str, Meta(pattern=SIZE, examples=["4G", "512M"])] | Annotated[int, Meta(ge=1)],
    Meta(description="The memory that a target may take, such as 4G."),
]
Selected = Annotated[
    list[str],
    Meta(description="Codes, prefixes of codes, or names of the only rules that are reported."),
]
Ignored = Annotated[
    list[str],
    Meta(description="Codes, prefixes of codes, or names of rules that are not reported."),
]
Arguments = dict[str, Any]


class StrictTable(Struct, frozen=True, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """A table whose keys are the fields, with hyphens, and no others."""


class InputTable(StrictTable, frozen=True, kw_only=True):
    """One input: drawn values of a shape, or the array of a file."""

    name: Annotated[
        str | None, Meta(description="The argument of the call that the input is passed as.")
    ] = None
    shape: Annotated[
        list[Annotated[int, Meta(ge=0)]] | None, Meta(description="The sizes, the batch first.")
    ] = None
    dtype: Annotated[Dtype | None, Meta(description="The type of the values.")] = None
    low: Annotated[float | None, Meta(description="The least value that is drawn.")] = None
    high: Annotated[
        float | None, Meta(description="The largest value that is drawn, itself included.")
    ] = None
    npy: Annotated[
        str | None, Meta(description="A file: x.npy, x.npz for all its arrays, or x.npz:name.")
    ] = None


class TargetTable(StrictTable, frozen=True, kw_only=True):
    """One layer to examine: where it is, how it is constructed and how it is called."""

    target: Annotated[str, Meta(description="package.module:Class or path/to/file.py:Class.")]
    args: Annotated[Arguments, Meta(description="Arguments of the constructor.")] = {}
    inputs: Annotated[
        list[InputTable] | dict[str, InputTable],
        Meta(description="The inputs: a list, or a table by name."),
    ] = []
    inputs_as: Annotated[InputsAs, Meta(description="How several inputs reach the call.")] = "auto"
    call: Annotated[Arguments, Meta(description="Arguments of the call.")] = {}
    select: Selected = []
    ignore: Ignored = []
    timeout: Timeout | None = None
    calls: Calls | None = None
    seed: Seed | None = None
    device: Where | None = None
    memory_limit: Size | None = None

    def named_inputs(self) -> list[InputTable]:
        """Return the inputs, those of a table with their names."""
        if isinstance(self.inputs, list):
            return self.inputs
        pairs = self.inputs.items()
        return [msgspec.structs.replace(table, name=name) for name, table in pairs]


class ConfigTable(StrictTable, frozen=True, kw_only=True):
    """The whole of a ``layerdoctor.toml``, and of ``[tool.layerdoctor]``."""

    app_dir: Annotated[
        str | list[str] | None,
        Meta(description="The folder that goes first on sys.path, or a list of them."),
    ] = None
    select: Selected = []
    ignore: Ignored = []
    per_path_ignores: Annotated[
        dict[str, list[str]],
        Meta(description="What is ignored in the layers of files, by globs of their paths."),
    ] = {}
    severity: Annotated[
        dict[str, Level],
        Meta(description="Other severities for rules, by codes, prefixes of codes, or names."),
    ] = {}
    fail_on: Annotated[FailOn, Meta(description="The least severity that fails a run.")] = "warning"
    strict: Annotated[
        bool, Meta(description="What is skipped, and a layer without a target, fails the run.")
    ] = False
    require_reason: Annotated[bool, Meta(description="A marker in the source has to say why.")] = (
        False
    )
    calls: Calls = 3
    timeout: Timeout = 60.0
    seed: Seed = 0
    device: Where = "cpu"
    memory_limit: Size | None = None
    jobs: Annotated[
        Annotated[int, Meta(ge=1)] | None,
        Meta(description="How many targets are examined at a time."),
    ] = None
    format: Annotated[Format | None, Meta(description="How the report is written.")] = None
    exclude: Annotated[list[str], Meta(description="Globs of paths that discovery skips.")] = []
    baseline: Annotated[
        str | None, Meta(description="The file of the findings that are accepted.")
    ] = None
    cache_dir: Annotated[
        str, Meta(description="The folder that the results of earlier runs are kept in.")
    ] = ".layerdoctor_cache"
    cache_env: Annotated[
        list[str], Meta(description="Globs of environment variables that the layers read.")
    ] = []
    targets: Annotated[
        dict[str, TargetTable], Meta(description="What to examine, by names of your own.")
    ] = {}
