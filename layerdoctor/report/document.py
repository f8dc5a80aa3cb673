"""What a JSON report says: its keys with their types, and the JSON Schema made from them.

This is the one declaration of it: reports are written and read by it.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import sys
import textwrap
from dataclasses import MISSING, Field, fields
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_type_hints

import msgspec

from layerdoctor import facts, rule, target
from layerdoctor.facts import Breach, CheckName, CheckStatus, Environment, LayerFacts
from layerdoctor.judge import repository, run
from layerdoctor.judge.repository import Repository
from layerdoctor.judge.run import Shard
from layerdoctor.report.source.notebook_places import CELL
from layerdoctor.rule import Finding
from layerdoctor.version import FOLDER

SCHEMA = 1
FILE = FOLDER / "report.schema.json"

LEFT_OUT = ("looked_for", "behaviour")
"""What only the cache and the trial of a remedy have a use for."""

FIRST = (
    "id",
    "target",
    "status",
    "error",
    "layer",
    "class_name",
    "file",
    "line",
    "framework",
    "args",
    "inputs",
    "outputs",
    "weights",
    "untracked_variables",
    "constants",
    "growth",
    "checks",
    "check_reasons",
    "findings",
    "seconds",
)
"""The keys of a target that are written first; all others follow."""


def _dict(kind: Any, description: str) -> tuple[Any, Any]:
    said = Annotated[kind, msgspec.Meta(description=description)]
    return said, msgspec.field(default_factory=dict)


OWN: dict[str, tuple[Any, Any]] = {
    "layer": (
        Annotated[
            str | None,
            msgspec.Meta(description="The layer's name, the same however its target is written."),
        ],
        None,
    ),
    "args": _dict(dict[str, Any], "The arguments of the constructor."),
    "call_args": _dict(dict[str, Any], "The further arguments of the call."),
    "checks": _dict(dict[CheckName, CheckStatus], "What each check of the contract came to."),
    "check_reasons": _dict(dict[CheckName, str], "Why checks did not pass."),
    "check_breaches": _dict(dict[CheckName, tuple[Breach, ...]], "In what checks failed."),
    "findings": (tuple[Finding, ...], ()),
}
"""Types and defaults of what a report says in other words than the facts, or besides them."""


def _fields() -> list[tuple[str, Any, Any]]:
    """Return names, types and defaults of the keys of a target, in their order."""
    hints = get_type_hints(LayerFacts)
    said = {each.name: (hints[each.name], _default(each)) for each in fields(LayerFacts)} | OWN
    names = [*FIRST, *(name for name in said if name not in (*FIRST, *LEFT_OUT))]
    return [(name, *said[name]) for name in names]


def _default(each: Field[Any]) -> Any:
    if each.default_factory is not MISSING:
        return msgspec.field(default_factory=each.default_factory)
    return msgspec.NODEFAULT if each.default is MISSING else each.default


if TYPE_CHECKING:
    TargetRecord = Any
else:
    TargetRecord = msgspec.defstruct(
        "TargetRecord",
        [
            (name, kind) if default is msgspec.NODEFAULT else (name, kind, default)
            for name, kind, default in _fields()
        ],
        kw_only=True,
        rename={"class_name": "class"},
        namespace={"__doc__": LayerFacts.__doc__},
    )


class Tool(msgspec.Struct):
    """What made the report."""

    version: str
    name: str = "layerdoctor"


class Summary(msgspec.Struct, kw_only=True):
    """What the report comes to."""

    targets: int
    errors: int
    warnings: int
    notes: int
    suppressed: int
    """How many findings a marker or the baseline accepts."""
    cached: int = 0
    """How many targets were not examined anew, since nothing they rest on had changed."""
    skipped: int = 0
    """How many targets there was no way to call."""
    untargeted: int = 0
    """How many layer classes no target of the config examines."""
    exit_code: int


class Document(msgspec.Struct, kw_only=True):
    """The report of one run of layerdoctor, or of several joined."""

    schema: int = SCHEMA
    """Another number means that keys have gone or mean something else; new keys may come."""
    tool: Tool
    environment: Environment
    fail_on: Literal["error", "warning", "note", "never"] = "warning"
    """The least severity that fails the run."""
    strict: bool = False
    """Whether what was skipped, and a layer class without a target, fails the run."""
    untargeted: tuple[str, ...] = ()
    """The layer classes that are there and that no target of the config examines."""
    shard: Shard | None = None
    """Which part of a run it is; null for a whole one."""
    config: str | None = None
    """A digest of what the config and the options ask for."""
    repository: Repository | None = None
    """Where the working directory lies that files are named from."""
    targets: list[TargetRecord]
    summary: Summary


_MODULES = (facts, rule, target, repository, run, sys.modules[__name__])
"""Where the classes are declared that a report is made of."""


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a report."""
    found = msgspec.json.schema(Document)
    parts = found["$defs"]
    kinds = {name: kind for module in _MODULES for name, kind in vars(module).items()}
    for name, part in parts.items():
        _complete(part, kinds[name] if name != "TargetRecord" else LayerFacts)
    for part in parts.values():
        if {"file", "line"} <= part.get("properties", {}).keys():
            part["properties"]["cell"] = CELL
    whole = parts.pop(Document.__name__)
    whole["properties"]["schema"] = {"const": SCHEMA} | whole["properties"]["schema"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **whole,
        "title": "layerdoctor report",
        "$defs": parts,
    }


def text() -> str:
    """Return the schema as the file that is shipped."""
    return msgspec.json.format(msgspec.json.encode(schema()), indent=2).decode() + "\n"


def _complete(part: dict[str, Any], kind: Any) -> None:
    """Describe the keys of a table, all of which a report has."""
    words = {"class": "The module and the name of the class."} | _descriptions(kind)
    for name, value in part.get("properties", {}).items():
        value.pop("default", None)
        if name in words:
            value.setdefault("description", words[name])
    if "properties" in part:
        part["required"] = list(part["properties"])


def _descriptions(kind: Any) -> dict[str, str]:
    """Return what the source says under each field of a class."""
    (statement,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(statement, ast.ClassDef)
    found = {}
    for field, said in itertools.pairwise(statement.body):
        match field, said:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(words))),
            ):
                found[name] = " ".join(words.replace("``", "`").split())
    return found
