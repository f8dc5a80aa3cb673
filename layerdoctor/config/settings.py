"""From ``layerdoctor.toml`` or ``pyproject.toml`` to settings."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec

from layerdoctor.config import reading
from layerdoctor.config.tables import ConfigTable, FailOn, InputTable, TargetTable
from layerdoctor.target import (
    FILES,
    BadInput,
    Input,
    Target,
    Value,
    arrays_of,
    check_range,
    check_value,
    is_saved_model,
    parse_size,
    parse_target,
    within,
)

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SOURCES = ("src", "lib", "python")
"""Where a checkout keeps its packages, if not at its root."""
NAMES = ("layerdoctor.toml", "pyproject.toml")
PER_TARGET = ("calls", "timeout", "seed", "device", "memory_limit")
"""What a target may set for itself, unless the command line does."""
FAIL_ON: tuple[FailOn, ...] = get_args(FailOn)


class ConfigError(BadInput):
    """A config file cannot be read or says what it must not; the message names file and key."""


class Settings(ConfigTable, frozen=True, kw_only=True):
    """What a config says. Relative paths in it are relative to the folder of ``file``."""

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
        return self.folder / self.cache_dir

    def app_folders(self) -> Sequence[str]:
        """Return the folders that modules are looked for in, from the working directory."""
        return self.plain("").app_dirs

    def project_folders(self) -> Sequence[str]:
        """Return the folders that the modules of configured targets are looked for in."""
        return self.app_folders() if self.app_dir is not None else [self._path(".")]

    def configured(self) -> tuple[Target, ...]:
        """Return the configured targets, in the order of the file."""
        return tuple(self._target(name, table) for name, table in self.targets.items())

    def plain(self, spec: str, **changes: Any) -> Target:
        """Return a target that is named on the command line and not configured.

        Without an ``app-dir`` its modules are looked for in the working directory.
        """
        return replace(self._with_defaults(Target(id=spec, target=spec)), **changes)

    def _target(self, name: str, table: TargetTable) -> Target:
        said = {key: getattr(table, key) for key in PER_TARGET}
        own = {key: value for key, value in said.items() if value is not None}
        if "memory_limit" in own:
            own["memory_limit"] = _bytes(own["memory_limit"])
        target = Target(
            id=name,
            target=self._resolved_target(table.target),
            args=self._resolved(table.args),
            app_dirs=(self._path("."),),
            inputs=self._inputs(name, table),
            inputs_as=table.inputs_as,
            call=self._resolved(table.call),
        )
        return replace(self._with_defaults(target), **own)

    def _with_defaults(self, target: Target) -> Target:
        folders = [self.app_dir] if isinstance(self.app_dir, str) else self.app_dir or []
        app_dirs = tuple(self._path(folder) for folder in folders) or target.app_dirs
        return replace(
            target,
            app_dirs=app_dirs,
            sources=_sources(target.target, app_dirs),
            calls=self.calls,
            timeout=self.timeout,
            seed=self.seed,
            device=self.device,
            memory_limit=None if self.memory_limit is None else _bytes(self.memory_limit),
        )

    def _inputs(self, name: str, table: TargetTable) -> tuple[Input, ...]:
        with within(f"targets.{name}.inputs"):
            given = map(self._input, table.named_inputs())
            return tuple(item for each in given for item in arrays_of(each))

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
        if not attribute:
            return self._path(place)
        return f"{self._path(place)}:{attribute}" if place.endswith(FILES) else spec

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
        full, here = os.path.abspath(self.folder / path), os.getcwd()
        is_under = full == here or full.startswith(os.path.join(here, ""))
        return os.path.relpath(full, here) if is_under else full


def _sources(spec: str, folders: tuple[str, ...]) -> tuple[str, ...]:
    """Return where the author's classes of a saved model are; none of what is no such model."""
    if not is_saved_model(spec):
        return ()
    from layerdoctor.config.saved_models import sources

    return sources(spec, folders)


def find(start: Path) -> Path | None:
    """Return the closest config file, walking up from a folder; None where there is none."""
    for folder in (start, *start.parents):
        for name in NAMES:
            file = folder / name
            if file.is_file() and (name == NAMES[0] or _table(file) is not None):
                return file
    return None


def chosen(config: Path | None, *, isolated: bool) -> Settings:
    """Return the settings of a config, or of the closest one; the defaults where ``isolated``.

    Raises ``BadInput`` where there is no such file, or a file is named and none is to be used.
    """
    if isolated and config is not None:
        raise BadInput(
            f"the config `{config}` is named, and by `isolated` none is used; leave out one of them"
        )
    if config is not None and not config.is_file():
        raise BadInput(f"there is no config file `{config}`")
    return load(None if isolated else config or find(Path.cwd()))


def shadowed(file: Path | None) -> str | None:
    """Return the words for a config beside the file that is not read for its sake."""
    if file is None or file.name != NAMES[0]:
        return None
    other = file.parent / NAMES[1]
    if not other.is_file() or _table(other) is None:
        return None
    return f"{file} is read, and not `[tool.layerdoctor]` of the {NAMES[1]} beside it"


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
        said = reading.read(table, ConfigTable)
        for name, target in said.targets.items():
            _check_target(target, f"targets.{name}")
    except BadInput as error:
        raise ConfigError(f"{file}: {error}") from None
    return Settings(**msgspec.structs.asdict(said), file=file)


def overridden(settings: Settings, given: dict[str, Any]) -> Settings:
    """Return the settings with what the command line says, which wins; raises ``BadInput``.

    What it ignores is added; what it selects is not ignored by the config as a whole.
    """
    select, ignore = given.get("select") or (), given.get("ignore") or ()
    own: dict[str, Any] = dict.fromkeys(set(PER_TARGET).intersection(given))
    if select:
        own["select"] = []
    tables = {
        name: msgspec.structs.replace(table, **own) for name, table in settings.targets.items()
    }
    lists = {
        "select": select or settings.select,
        "ignore": [*([] if select else settings.ignore), *ignore],
    }
    hints = get_type_hints(ConfigTable, include_extras=True)
    for name, value in given.items():
        reading.check(f"--{name.replace('_', '-')}", value, hints[name])
    return msgspec.structs.replace(settings, **{**given, **lists, "targets": tables})


def _table(file: Path) -> dict[str, Any] | None:
    try:
        text = file.read_text(encoding="utf-8")
        data: dict[str, Any] = tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"cannot read the config {file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{file}: is not UTF-8") from None
    except RecursionError:
        raise ConfigError(f"{file}: is nested too deeply") from None
    except ValueError as error:
        raise ConfigError(_no_toml(file, text, str(error))) from None
    if file.name == "pyproject.toml":
        tool: Any = data.get("tool")
        found: Any = tool.get("layerdoctor") if isinstance(tool, dict) else None
        return found if isinstance(found, dict) else None
    return data


def _no_toml(file: Path, text: str, words: str) -> str:
    """Return the parser's words with the place in front: ``pyproject.toml:3:9: is no TOML: …``."""
    what, _, at = words.partition(" (at ")
    numbers = re.findall(r"\d+", at) or [str(len(text.splitlines()))]
    place = ":".join([str(file), *numbers])
    return f"{place}: is no TOML: {what[:1].lower()}{what[1:]}"


def _check_target(table: TargetTable, where: str) -> None:
    """Check what no type says; raises ``BadInput``."""
    with within(f"{where}.target"):
        parse_target(table.target)
    with within(f"{where}.args"):
        check_value(table.args)
    with within(f"{where}.call"):
        check_value(table.call)
    if isinstance(table.inputs, dict):
        for name, entry in table.inputs.items():
            _check_input(entry, f"{where}.inputs.{name}")
            if entry.name is not None:
                raise BadInput(f"{where}.inputs.{name}: the key is the name; leave `name` out")
    else:
        for index, entry in enumerate(table.inputs):
            _check_input(entry, f"{where}.inputs[{index}]")


def _check_input(table: InputTable, where: str) -> None:
    if (table.shape is None) == (table.npy is None):
        raise BadInput(f"{where}: expected either `shape` or `npy`, such as {{ shape = [8, 16] }}")
    if table.npy is not None and (table.dtype, table.low, table.high) != (None, None, None):
        raise BadInput(f"{where}: the array of a file has its own dtype and values")
    with within(where):
        check_range(table.dtype or "float32", table.low, table.high)


def _bytes(size: str | int) -> int:
    return size if isinstance(size, int) else parse_size(size)
