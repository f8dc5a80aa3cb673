"""From ``layerdoctor.toml`` or ``pyproject.toml`` to settings."""

from __future__ import annotations

import math
import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from layerdoctor.output import FORMATS
from layerdoctor.target import (
    DEVICES,
    INPUTS_AS,
    BadInput,
    Input,
    Target,
    Value,
    check_range,
    check_value,
    parse_dtype,
    parse_size,
    parse_target,
    unknown_key,
    within,
)

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

CACHE_FOLDER = ".layerdoctor_cache"
NAMES = ("layerdoctor.toml", "pyproject.toml")
PER_TARGET = frozenset({"calls", "timeout", "seed", "device", "memory_limit"})
"""What a target may set for itself, unless the command line does."""
FAIL_ON = ("error", "warning", "note", "never")
LARGEST_SEED = 2**32 - 1

Table = TypeVar("Table", "Settings", "TargetTable", "InputTable")


class ConfigError(BadInput):
    """A config file cannot be read or says what it must not; the message names file and key."""


def _key(name: str) -> str:
    return name.replace("_", "-")


@dataclass(frozen=True, slots=True, kw_only=True)
class InputTable:
    """One input as a config writes it."""

    name: str | None = None
    shape: list[int] | None = None
    dtype: str | None = None
    low: float | None = None
    high: float | None = None
    npy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetTable:
    """One ``[targets.NAME]`` of a config."""

    target: str
    args: dict[str, Any] = field(default_factory=dict)
    inputs: list[InputTable] = field(default_factory=list)
    inputs_as: str = "auto"
    call: dict[str, Any] = field(default_factory=dict)
    select: list[str] = field(default_factory=list)
    ignore: list[str] = field(default_factory=list)
    timeout: float | None = None
    calls: int | None = None
    seed: int | None = None
    device: str | None = None
    memory_limit: str | int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a config says. Relative paths in it are relative to the folder of ``file``."""

    app_dir: str | list[str] | None = None
    select: list[str] = field(default_factory=list)
    ignore: list[str] = field(default_factory=list)
    per_path_ignores: dict[str, list[str]] = field(default_factory=dict)
    """What is ignored in the layers whose class stands in a file that the glob means."""
    fail_on: str = "warning"
    calls: int = 3
    timeout: float = 60.0
    seed: int = 0
    device: str = "cpu"
    memory_limit: str | int | None = None
    exclude: list[str] = field(default_factory=list)
    baseline: str | None = None
    strict: bool = False
    """Whether what is skipped, and a layer class without a target, fails the run."""
    jobs: int | None = None
    """Targets at a time; None for as many as there are cores."""
    format: str | None = None
    severity: dict[str, str] = field(default_factory=dict)
    """Other severities for rules, by codes, prefixes of codes, or names."""
    require_reason: bool = False
    """Whether a marker in the source has to say why."""
    cache_dir: str | None = None
    cache_env: list[str] = field(default_factory=list)
    """Globs of the environment variables of their own that layers read."""
    targets: dict[str, TargetTable] = field(default_factory=dict)
    file: Path | None = None
    """Where the settings come from; None without a config."""

    @property
    def folder(self) -> Path:
        """The folder of the config; the working directory without one."""
        return self.file.parent if self.file else Path()

    @property
    def baseline_file(self) -> Path | None:
        """The configured baseline."""
        return self.folder / self.baseline if self.baseline else None

    @property
    def cache_folder(self) -> Path:
        """The folder that the results of earlier runs are kept in."""
        return self.folder / (self.cache_dir or CACHE_FOLDER)

    def app_folders(self) -> Sequence[str]:
        """Return the folders that modules are looked for in, from the working directory."""
        return self.plain("").app_dirs

    def configured(self) -> tuple[Target, ...]:
        """Return the configured targets, in the order of the file."""
        return tuple(self._target(name, table) for name, table in self.targets.items())

    def plain(self, spec: str, **changes: Any) -> Target:
        """Return a target that is named on the command line and not configured.

        Without an ``app-dir`` its modules are looked for in the working directory.
        """
        return replace(self._with_defaults(Target(id=spec, target=spec)), **changes)

    def _target(self, name: str, table: TargetTable) -> Target:
        own = {
            key: getattr(table, key)
            for key in ("timeout", "calls", "seed", "device")
            if getattr(table, key) is not None
        }
        if table.memory_limit is not None:
            own["memory_limit"] = _bytes(table.memory_limit)
        target = Target(
            id=name,
            target=self._resolved_target(table.target),
            args=self._resolved(table.args),
            app_dirs=(self._path("."),),
            inputs=tuple(self._input(item) for item in table.inputs),
            inputs_as=table.inputs_as,
            call=self._resolved(table.call),
        )
        return replace(self._with_defaults(target), **own)

    def _with_defaults(self, target: Target) -> Target:
        folders = [self.app_dir] if isinstance(self.app_dir, str) else self.app_dir or []
        return replace(
            target,
            app_dirs=tuple(self._path(folder) for folder in folders) or target.app_dirs,
            calls=self.calls,
            timeout=self.timeout,
            seed=self.seed,
            device=self.device,
            memory_limit=None if self.memory_limit is None else _bytes(self.memory_limit),
        )

    def _input(self, table: InputTable) -> Input:
        return Input(
            name=table.name,
            shape=None if table.shape is None else tuple(table.shape),
            dtype=table.dtype or "float32",
            low=table.low,
            high=table.high,
            npy=table.npy and self._path(table.npy),
        )

    def _resolved_target(self, spec: str) -> str:
        place, attribute = parse_target(spec)
        return f"{self._path(place)}:{attribute}" if place.endswith(".py") else spec

    def _resolved(self, value: Value) -> Value:
        """Return a value whose ``.npy`` files are found from the working directory."""
        if isinstance(value, list):
            return [self._resolved(item) for item in value]
        if isinstance(value, dict):
            if set(value) == {"npy"}:
                return {"npy": self._path(value["npy"])}
            return {key: self._resolved(item) for key, item in value.items()}
        return value

    def _path(self, path: str) -> str:
        """Return a path of the config from the working directory, relative where it lies under."""
        full = os.path.abspath(self.folder / path)
        here = Path.cwd()
        return str(Path(full).relative_to(here)) if Path(full).is_relative_to(here) else full


def find(start: Path) -> Path | None:
    """Return the closest config file, walking up from a folder; None where there is none."""
    for folder in (start, *start.parents):
        for name in NAMES:
            file = folder / name
            if file.is_file() and (name == NAMES[0] or _table(file) is not None):
                return file
    return None


def load(file: Path | None) -> Settings:
    """Return the settings of a config file, or the defaults without one.

    Raises ``ConfigError``, whose message names the file and the key.
    """
    if file is None:
        return Settings()
    table = _table(file)
    if table is None:
        raise ConfigError(f"{file}: there is no table `[tool.layerdoctor]` in it")
    try:
        return replace(_settings(table), file=file)
    except BadInput as error:
        raise ConfigError(f"{file}: {error}") from None


def overridden(settings: Settings, given: dict[str, Any]) -> Settings:
    """Return the settings with what the command line says, which wins; raises ``BadInput``.

    What it ignores is added; what it selects is not ignored by the config as a whole.
    """
    select, ignore = given.get("select") or (), given.get("ignore") or ()
    own: dict[str, Any] = dict.fromkeys(PER_TARGET.intersection(given))
    if select:
        own["select"] = []
    tables = {name: replace(table, **own) for name, table in settings.targets.items()}
    lists = {
        "select": select or settings.select,
        "ignore": [*([] if select else settings.ignore), *ignore],
    }
    changed = replace(settings, **{**given, **lists, "targets": tables})
    _check(changed.fail_on in FAIL_ON, "--fail-on", changed.fail_on, _one_of(FAIL_ON))
    _check_limits(changed, "--")
    return changed


def _table(file: Path) -> dict[str, Any] | None:
    try:
        data: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read the config {file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{file}: is not UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{file}: is not TOML: {error}") from None
    if file.name == "pyproject.toml":
        tool: Any = data.get("tool")
        found: Any = tool.get("layerdoctor") if isinstance(tool, dict) else None
        return found if isinstance(found, dict) else None
    return data


def _settings(table: dict[str, Any]) -> Settings:
    settings = _converted(_without(table, "targets"), Settings, "")
    _check(settings.fail_on in FAIL_ON, "fail-on", settings.fail_on, _one_of(FAIL_ON))
    _check_limits(settings, "")
    if settings.jobs is not None:
        _check(settings.jobs >= 1, "jobs", settings.jobs, "a number from 1 on")
    if settings.format is not None:
        _check(settings.format in FORMATS, "format", settings.format, _one_of(FORMATS))
    for rule, level in settings.severity.items():
        _check(level in FAIL_ON[:-1], f"severity {rule}", level, _one_of(FAIL_ON[:-1]))
    targets = _table_in(table.get("targets", {}), "targets")
    return replace(
        settings,
        targets={name: _target(entry, f"[targets.{name}]") for name, entry in targets.items()},
    )


def _target(entry: Any, where: str) -> TargetTable:
    table = _table_in(entry, where)
    target = _converted(_without(table, "inputs"), TargetTable, where)
    _check_limits(target, f"{where} ")
    with within(f"{where} target"):
        parse_target(target.target)
    with within(f"{where} args"):
        check_value(target.args)
    with within(f"{where} call"):
        check_value(target.call)
    known = target.inputs_as in INPUTS_AS
    _check(known, f"{where} inputs-as", target.inputs_as, _one_of(INPUTS_AS))
    return replace(target, inputs=_inputs(table.get("inputs", []), f"{where} inputs"))


def _inputs(entries: Any, where: str) -> list[InputTable]:
    if isinstance(entries, list):
        return [_input(entry, f"{where}[{index}]") for index, entry in enumerate(entries)]
    named = {
        name: _input(entry, f"{where}.{name}") for name, entry in _table_in(entries, where).items()
    }
    for name, entry in named.items():
        if entry.name is not None:
            raise BadInput(f"{where}.{name}: the key is the name; leave `name` out")
    return [replace(entry, name=name) for name, entry in named.items()]


def _input(entry: Any, where: str) -> InputTable:
    table = _converted(_table_in(entry, where), InputTable, where)
    if (table.shape is None) == (table.npy is None):
        raise BadInput(f"{where}: expected either `shape` or `npy`, such as {{ shape = [8, 16] }}")
    if table.npy is not None and (table.dtype, table.low, table.high) != (None, None, None):
        raise BadInput(f"{where}: the array of a file has its own dtype and values")
    if any(size < 0 for size in table.shape or ()):
        raise BadInput(f"{where}: `{table.shape}` is no shape; expected sizes such as [8, 16]")
    with within(where):
        check_range(parse_dtype(table.dtype or "float32"), table.low, table.high)
    return table


def _converted(table: dict[str, Any], kind: type[Table], where: str) -> Table:
    """Return the table as data; raises ``BadInput`` for an unknown key and for a wrong type."""
    known = tuple(_key(item.name) for item in fields(kind) if item.name != "file")
    for key in table:
        if key not in known:
            raise BadInput(_at(where, unknown_key(key, known)))
    try:
        return msgspec.convert({key.replace("-", "_"): table[key] for key in table}, kind)
    except msgspec.ValidationError as error:
        raise BadInput(_in_words(error, where)) from None


def _table_in(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadInput(f"{where}: received `{value!r}`; expected a table")
    return value


def _without(table: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in table.items() if name != key}


def _check_limits(table: Settings | TargetTable, where: str) -> None:
    limits: list[tuple[str, Any, Callable[[Any], bool], str]] = [
        ("timeout", table.timeout, lambda value: 0 < value < math.inf, "seconds above 0"),
        ("calls", table.calls, lambda value: value >= 1, "a number from 1 on"),
        (
            "seed",
            table.seed,
            lambda value: 0 <= value <= LARGEST_SEED,
            f"a number from 0 to {LARGEST_SEED}",
        ),
        ("device", table.device, lambda value: value in DEVICES, _one_of(DEVICES)),
    ]
    for name, value, good, expected in limits:
        if value is not None:
            _check(good(value), f"{where}{name}", value, expected)
    if table.memory_limit is not None:
        _check(
            _is_size(table.memory_limit),
            f"{where}memory-limit",
            table.memory_limit,
            "a size such as `4G` or `512M`",
        )


def _check(good: bool, key: str, value: Any, expected: str) -> None:
    if not good:
        raise BadInput(f"{key}: received `{value}`; expected {expected}")


def _is_size(size: str | int) -> bool:
    try:
        return _bytes(size) > 0
    except BadInput:
        return False


def _at(where: str, words: str) -> str:
    return f"{where}: {words}" if where else words


def _one_of(names: tuple[str, ...]) -> str:
    return "one of " + ", ".join(names)


def _bytes(size: str | int) -> int:
    return size if isinstance(size, int) else parse_size(size)


def _in_words(error: msgspec.ValidationError, where: str) -> str:
    """Return msgspec's words with the key as the config writes it."""
    words, _, path = str(error).replace(" | null", "").partition(" - at `$")
    key = _key(re.sub(r"\[\.\.\.\]", "", path.rstrip("`").lstrip(".")))
    return _at(f"{where} {key}".strip(), words[:1].lower() + words[1:])
