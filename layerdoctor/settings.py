"""From ``layerdoctor.toml`` or ``pyproject.toml`` to settings."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import msgspec

from layerdoctor.target import (
    DEVICES,
    INPUTS_AS,
    BadInput,
    Input,
    Target,
    Value,
    check_value,
    parse_dtype,
    parse_size,
    parse_target,
    unknown_key,
)

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

NAMES = ("layerdoctor.toml", "pyproject.toml")
PER_TARGET = frozenset({"calls", "timeout", "seed", "device", "memory_limit"})
"""What a target may set for itself, unless the command line does."""


class ConfigError(ValueError):
    """A config file cannot be read or says what it must not; the message names file and key."""


def _key(name: str) -> str:
    return name.replace("_", "-")


@dataclass(frozen=True, slots=True, kw_only=True)
class InputTable:
    """One input as a config writes it."""

    name: str | None = None
    shape: list[int] | None = None
    dtype: str = "float32"
    low: float | None = None
    high: float | None = None
    npy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetTable:
    """One ``[targets.NAME]`` of a config."""

    target: str
    args: dict[str, Any] = field(default_factory=dict)
    inputs: list[InputTable] | dict[str, InputTable] = field(default_factory=list)
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
    """What a config says; relative paths have been made relative to the working directory."""

    app_dir: str | list[str] = "."
    select: list[str] = field(default_factory=list)
    ignore: list[str] = field(default_factory=list)
    fail_on: str = "warning"
    calls: int = 3
    timeout: float = 60.0
    seed: int = 0
    device: str = "cpu"
    memory_limit: str | int | None = None
    exclude: list[str] = field(default_factory=list)
    baseline: str | None = None
    targets: dict[str, TargetTable] = field(default_factory=dict)
    file: Path | None = None
    """Where the settings come from; None without a config."""

    @property
    def app_dirs(self) -> tuple[str, ...]:
        """The folders that go first on ``sys.path``."""
        folders = [self.app_dir] if isinstance(self.app_dir, str) else self.app_dir
        root = self.file.parent if self.file else Path()
        return tuple(str(root / folder) for folder in folders)

    def configured(self) -> tuple[Target, ...]:
        """Return the configured targets, in the order of the file."""
        return tuple(self._target(name, table) for name, table in self.targets.items())

    def plain(self, spec: str, **changes: Any) -> Target:
        """Return a target that is named on the command line and not configured."""
        return replace(self._with_defaults(Target(id=spec, target=spec)), **changes)

    def _target(self, name: str, table: TargetTable) -> Target:
        given = (
            table.inputs
            if isinstance(table.inputs, list)
            else [replace(item, name=key) for key, item in table.inputs.items()]
        )
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
            inputs=tuple(self._input(item) for item in given),
            inputs_as=table.inputs_as,
            call=self._resolved(table.call),
        )
        return replace(self._with_defaults(target), **own)

    def _with_defaults(self, target: Target) -> Target:
        return replace(
            target,
            app_dirs=self.app_dirs,
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
            dtype=table.dtype,
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
        return str(self.file.parent / path) if self.file else path


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
        _check_keys(table, file)
        settings = msgspec.convert(_with_underscores(table), Settings)
        settings = replace(settings, file=file)
        _check_values(settings)
        return settings
    except msgspec.ValidationError as error:
        raise ConfigError(f"{file}: {_in_words(error)}") from None
    except BadInput as error:
        raise ConfigError(f"{file}: {error}") from None


def overridden(settings: Settings, given: dict[str, Any]) -> Settings:
    """Return the settings with what the command line says, which wins; raises ``BadInput``."""
    changed = replace(settings, **given)
    _check(changed.fail_on in FAIL_ON, "--fail-on", changed.fail_on, _one_of(FAIL_ON))
    _check_limits(changed, "--")
    if not given:
        return changed
    own: dict[str, Any] = dict.fromkeys(PER_TARGET.intersection(given))
    tables = {name: replace(table, **own) for name, table in changed.targets.items()}
    return replace(changed, targets=tables)


def _table(file: Path) -> dict[str, Any] | None:
    try:
        data: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read the config {file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{file}: is not UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: is not TOML: {error}") from None
    if file.name == "pyproject.toml":
        tool: Any = data.get("tool")
        found: Any = tool.get("layerdoctor") if isinstance(tool, dict) else None
        return found if isinstance(found, dict) else None
    return data


def _known(table: Any) -> tuple[str, ...]:
    return tuple(_key(item.name) for item in fields(table) if item.name != "file")


def _check_keys(table: dict[str, Any], file: Path) -> None:
    """Raise ``ConfigError`` for a key that does not exist, naming the nearest that does."""

    def check(found: Any, kind: Any, where: str) -> None:
        known = _known(kind)
        for key in found if isinstance(found, dict) else ():
            if key not in known:
                raise ConfigError(unknown_key(key, known, f"{file}{where}"))

    check(table, Settings, "")
    targets = table.get("targets")
    for name, target in targets.items() if isinstance(targets, dict) else ():
        check(target, TargetTable, f": [targets.{name}]")
        inputs: Any = target.get("inputs") if isinstance(target, dict) else None
        entries = inputs.values() if isinstance(inputs, dict) else inputs
        for entry in entries if isinstance(inputs, (dict, list)) else ():
            check(entry, InputTable, f": [targets.{name}] inputs")


def _with_underscores(table: dict[str, Any]) -> dict[str, Any]:
    renamed = {key.replace("-", "_"): value for key, value in table.items()}
    targets = renamed.get("targets")
    if isinstance(targets, dict):
        renamed["targets"] = {
            name: {k.replace("-", "_"): v for k, v in target.items()}
            if isinstance(target, dict)
            else target
            for name, target in targets.items()
        }
    return renamed


def _check_values(settings: Settings) -> None:
    _check(settings.fail_on in FAIL_ON, "fail-on", settings.fail_on, _one_of(FAIL_ON))
    _check_limits(settings, "")
    for name, table in settings.targets.items():
        where = f"[targets.{name}]"
        _check_limits(table, f"{where} ")
        parse_target(table.target)
        check_value(table.args, f"{where} args")
        check_value(table.call, f"{where} call")
        _check(
            table.inputs_as in INPUTS_AS, f"{where} inputs-as", table.inputs_as, _one_of(INPUTS_AS)
        )
        named = isinstance(table.inputs, dict)
        entries = table.inputs.values() if isinstance(table.inputs, dict) else table.inputs
        for entry in entries:
            _check_input(entry, f"{where} inputs", named=named)


def _check_input(entry: InputTable, where: str, *, named: bool) -> None:
    if (entry.shape is None) == (entry.npy is None):
        raise BadInput(f"{where}: expected either `shape` or `npy`, such as {{ shape = [8, 16] }}")
    if entry.shape is not None and any(size < 0 for size in entry.shape):
        raise BadInput(f"{where}: `{entry.shape}` is no shape; expected sizes such as [8, 16]")
    if named and entry.name is not None:
        raise BadInput(f"{where}: the table's own key is the name; leave `name` out")
    parse_dtype(entry.dtype)
    if entry.low is not None and entry.high is not None and entry.low > entry.high:
        raise BadInput(f"{where}: `low` is {entry.low:g} and `high` is {entry.high:g}")


def _check_limits(table: Settings | TargetTable, where: str) -> None:
    limits: list[tuple[str, Any, Callable[[Any], bool], str]] = [
        ("timeout", table.timeout, lambda value: value > 0, "a number of seconds above 0"),
        ("calls", table.calls, lambda value: value >= 1, "a number from 1 on"),
        ("seed", table.seed, lambda value: value >= 0, "a number from 0 on"),
        ("device", table.device, lambda value: value in DEVICES, _one_of(DEVICES)),
    ]
    for name, value, good, expected in limits:
        if value is not None:
            _check(good(value), f"{where}{name}", value, expected)
    if table.memory_limit is not None:
        _bytes(table.memory_limit)


FAIL_ON = ("error", "warning", "note", "never")


def _check(good: bool, key: str, value: Any, expected: str) -> None:
    if not good:
        raise BadInput(f"{key}: received `{value}`; expected {expected}")


def _one_of(names: tuple[str, ...]) -> str:
    return "one of " + ", ".join(names)


def _bytes(size: str | int) -> int:
    return size if isinstance(size, int) else parse_size(size)


def _in_words(error: msgspec.ValidationError) -> str:
    """Return msgspec's words with the key as the config writes it."""
    words, _, path = str(error).partition(" - at `$")
    key = _key(path.rstrip("`").lstrip("."))
    key = re.sub(r"\[\.\.\.\]", "", key)
    return f"{key}: {words[:1].lower()}{words[1:]}" if key else words[:1].lower() + words[1:]
