"""From a target's words to the class, and from its arguments to values."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import inspect
import os
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from layerdoctor.archives import MAIN, NO_MODULE, CustomObject, NoArchive, custom_objects
from layerdoctor.facts import ErrorKind, Location, TargetError
from layerdoctor.import_work import remedy, work_in
from layerdoctor.notebooks.reading import ENDING, NoNotebook, cell_name
from layerdoctor.probe.hooks.frames import exception_frames, traceback_text
from layerdoctor.probe.layer import framework
from layerdoctor.probe.layer.notebook import plan
from layerdoctor.probe.layer.saved_model import NotLoaded, loader, tried
from layerdoctor.target import Target, is_saved_model
from layerdoctor.user_code import Author
from layerdoctor.wording import raised


class NothingToExamine(Exception):
    """There is no layer behind the target; carries why."""

    def __init__(
        self, kind: ErrorKind, message: str, trace: str | None = None, at: Location | None = None
    ) -> None:
        super().__init__(message)
        self.error = TargetError(kind=kind, message=message, traceback=trace, location=at)


@dataclass(frozen=True, slots=True)
class LayerSource:
    """Where the layer comes from."""

    module: ModuleType
    attribute: Any
    """A class of layers, a factory, or an instance."""
    piece: str | None = None
    """The name of the piece of a session or a notebook that the class was typed in."""
    remarks: tuple[str, ...] = ()
    """What else there is to say of it."""

    @property
    def reusable(self) -> bool:
        """Whether it can be constructed more than once."""
        return isinstance(self.attribute, type) or not framework.framework_of(type(self.attribute))

    @property
    def package(self) -> str:
        """The folder of the top-level package, the file of the module, or the ``piece``."""
        if self.piece is not None:
            return self.piece
        top = sys.modules.get(self.module.__name__.partition(".")[0], self.module)
        paths = list(getattr(top, "__path__", ()))
        return str(paths[0] if paths else getattr(top, "__file__", None) or "<unknown>")

    def make(self, args: dict[str, Any]) -> Any:
        """Construct the layer; raises whatever its constructor raises."""
        return self.attribute(**args) if self.reusable else self.attribute


def load(target: Target) -> LayerSource:
    """Import the module and find the attribute; raises ``NothingToExamine``."""
    place, _, attribute = target.target.rpartition(":")
    for folder in reversed(target.app_dirs):
        sys.path.insert(0, os.path.abspath(folder))
    if is_saved_model(target.target):
        return _load_saved_model(target)
    if place.endswith(ENDING):
        return _load_notebook(target, place, attribute)
    module = _import_file(place) if place.endswith(".py") else _import_module(place, target)
    found = find_attribute(module, attribute)
    _check_layer(target, found)
    return LayerSource(module, found)


def _load_saved_model(target: Target) -> LayerSource:
    path = Path(target.target).resolve()
    if not path.is_file():
        raise NothingToExamine("import", f"there is no file `{target.target}`")
    importlib.import_module("keras")
    try:
        custom = custom_objects(str(path))
        load_model, classes = loader(target.target, str(path), custom, partial(_find, target))
        tried(target.target, load_model, safe_mode=target.args.get("safe_mode") is not False)
    except NoArchive as error:
        raise NothingToExamine(
            "import",
            f"cannot read the model `{target.target}`: {error}; expected a file written by "
            f"`model.save({target.target!r})`",
        ) from None
    except NotLoaded as error:
        trace = traceback_text(error.__cause__) if error.__cause__ else None
        raise NothingToExamine("import", str(error), trace) from None
    own = sys.modules[classes[0].__module__ if classes else "keras"]
    return LayerSource(own, load_model, None if classes else str(path))


def _find(target: Target, wanted: CustomObject) -> Any:
    """Return a class or function of the author's: where it was, else where it was found by name."""
    if wanted.module not in (MAIN, NO_MODULE) and _find_spec(wanted.module):
        module = _guarded(lambda: importlib.import_module(wanted.module), wanted.module)
        return getattr(module, wanted.name, None)
    for source in target.sources:
        place, _, name = source.rpartition(":")
        if name == wanted.name:
            return getattr(_import_file(place), name, None)
    return None


def _load_notebook(target: Target, place: str, attribute: str) -> LayerSource:
    path = Path(place).resolve()
    _check_file(path, place)
    sys.path.insert(0, str(path.parent))
    try:
        wanted = plan(path, attribute.partition(".")[0])
    except NoNotebook as error:
        raise NothingToExamine(
            "import",
            f"cannot read the notebook `{place}`: {error}",
        ) from None
    except SyntaxError as error:
        line = _line(error)
        at = f", at {line.file}:{line.line}" if line else ""
        message = f"`{place}`: SyntaxError: {error.msg}{at}"
        raise NothingToExamine("import", message, at=line) from None
    try:
        module = _guarded(wanted.run, place)
        found = find_attribute(module, attribute)
    except NothingToExamine as nothing:
        told = nothing.error
        words = ". ".join(filter(None, (told.message, wanted.words())))
        raise NothingToExamine(told.kind, words, told.traceback, told.location) from None
    _check_layer(target, found)
    remarks = tuple(filter(None, (wanted.words(),)))
    return LayerSource(module, found, cell_name(str(path), 1), remarks)


def _import_file(place: str) -> ModuleType:
    path = Path(place).resolve()
    _check_file(path, place)
    root, name = path.parent, path.stem
    while (root / "__init__.py").exists():
        root, name = root.parent, f"{root.name}.{name}"
    sys.path.insert(0, str(root))
    name = name.removesuffix(".__init__")
    if all(part.isidentifier() for part in name.split(".")):
        module = _guarded(lambda: importlib.import_module(name), name)
        if os.path.realpath(getattr(module, "__file__", "") or "") == str(path):
            return module
    return _guarded(lambda: _from_file(path), place)


def _check_file(path: Path, place: str) -> None:
    if not path.is_file():
        raise NothingToExamine(
            "import", f"there is no file `{place}`; write `path/to/file.py:Class` or `module:Class`"
        )


def _from_file(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def _import_module(name: str, target: Target) -> ModuleType:
    try:
        found = _find_spec(name)
    except NothingToExamine:
        raise
    if not found:
        folders = ", ".join(f"`{folder}`" for folder in target.app_dirs)
        raise NothingToExamine(
            "import",
            f"there is no module `{name}`, looked for under {folders} and on `sys.path`; "
            "name another folder with `--app-dir DIR`, or write `path/to/file.py:Class`",
        )
    return _guarded(lambda: importlib.import_module(name), name)


def _find_spec(name: str) -> bool:
    """Whether there is such a module; imports its parents, whose own failure is told as theirs."""
    parent, _, _ = name.rpartition(".")
    if parent and not _find_spec(parent):
        return False
    if parent:
        _guarded(lambda: importlib.import_module(parent), parent)
    if name in sys.modules:
        return True
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError, AttributeError):
        return False


def _guarded(run: Any, name: str) -> ModuleType:
    try:
        module: ModuleType = run()
    except BaseException as error:
        line = _line(error)
        message = f"importing `{name}` raised {raised(error)}"
        if line is not None:
            message += f", at {line.file}:{line.line}"
        work = work_in(exception_frames(error), Author(sys.path))
        if work is not None and not isinstance(error, ImportError):
            message += f"; {remedy(work, with_place=work != line)}"
        raise NothingToExamine("import", message, traceback_text(error), line) from None
    return module


def _line(error: BaseException) -> Location | None:
    """Return the author's line of an import that went wrong."""
    author = Author(sys.path)
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        return Location(file=author.relative(error.filename), line=error.lineno)
    found = author.location(exception_frames(error))
    return found and Location(file=found.file, line=found.line)


def find_attribute(module: ModuleType, path: str) -> Any:
    """Return ``Outer.Inner`` of a module; raises ``NothingToExamine`` with the nearest names."""
    found: Any = module
    for name in path.split("."):
        try:
            found = getattr(found, name)
        except Exception as error:
            raise NothingToExamine("attribute", _no_such(found, name, error)) from None
    return found


def _no_such(owner: Any, name: str, error: Exception) -> str:
    where = f"`{type(owner).__name__}` object"
    if inspect.ismodule(owner):
        where = f"module `{owner.__name__}`"
    if isinstance(owner, type):
        where = f"class `{owner.__name__}`"
    if not isinstance(error, AttributeError):
        return f"reading `{name}` of {where} raised {raised(error)}"
    near = difflib.get_close_matches(name, dir(owner), n=3)
    advice = " or ".join(f"`{match}`" for match in near)
    return f"{where} has no attribute `{name}`" + (f"; did you mean {advice}?" if near else "")


def _check_layer(target: Target, found: Any) -> None:
    if framework.framework_of(found if isinstance(found, type) else type(found)):
        return
    if inspect.isroutine(found) and not _required(found, target.args):
        return
    what = type(found).__name__ if not isinstance(found, type) else "class"
    hint = ""
    if inspect.isroutine(found):
        hint = f" that needs the argument `{_required(found, target.args)[0]}`"
    raise NothingToExamine(
        "not-a-layer",
        f"`{target.target}` is a {what}{hint}; expected a subclass or an instance of "
        "`keras.layers.Layer`, `tf_keras.layers.Layer` or `tf.Module` with `__call__`, "
        "or a function without required arguments that returns one",
    )


def _required(function: Any, args: dict[str, Any]) -> list[str]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [
        item.name
        for item in parameters
        if item.default is item.empty and item.kind not in kinds and item.name not in args
    ]
