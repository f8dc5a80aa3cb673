"""Examining a layer from Python: in notebooks, and in tests that build their layer themselves."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from layerdoctor.config.settings import Settings, chosen, overridden
from layerdoctor.facts import LayerFacts
from layerdoctor.judge.baseline import Ledger
from layerdoctor.judge.run import Report
from layerdoctor.notebooks import pieces
from layerdoctor.report import Style, render, verdict
from layerdoctor.report.inline import inline
from layerdoctor.rule import Finding
from layerdoctor.run import run
from layerdoctor.runner.pool import Pool
from layerdoctor.target import BadInput, Input, Target, named


@dataclass(frozen=True)
class Examined:
    """What was seen of one layer, and what is the matter with it; notebooks show the report."""

    report: Report

    @property
    def facts(self) -> LayerFacts:
        """Everything that was observed."""
        return self.report.diagnoses[0].facts

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is the matter, without what is suppressed in the source."""
        return tuple(finding for _, finding in self.report.findings())

    @property
    def verdict(self) -> str:
        """Weights, hidden constants, missing gradients and what calls leave behind, in one line."""
        return verdict.line(self.facts)

    @cached_property
    def text(self) -> str:
        """The report for people."""
        return render("full", self.report, Style(width=100))

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return inline(self.report)


def examine(
    layer: Any,
    *inputs: Any,
    args: Mapping[str, Any] | None = None,
    call: Mapping[str, Any] | None = None,
    loss: Any = None,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    fail_on: str | None = None,
    calls: int | None = None,
    timeout: float | None = None,
    seed: int | None = None,
    config: str | os.PathLike[str] | None = None,
    isolated: bool = False,
) -> Examined:
    """Examine a layer and return what was seen.

    ``layer`` is a target as on the command line (``"mypkg.layers:Attention"``), or a class that a
    module defines, which is examined in a process of its own, as the module's file says now; or a
    layer that exists, which is examined in this process: what needs another construction is then
    not run, ``args`` and ``timeout`` have no effect, and its weights and state are as before
    afterwards. A class that lives in ``__main__``, a notebook or a doctest is examined in this
    process too, without a time limit, and the report says what that leaves out.

    ``inputs`` are shapes, batch first, or arrays and tensors, of which shape, dtype and range are
    taken; values are drawn. ``args`` and ``call`` are arguments of the constructor and of ``call``,
    as a config writes them. With ``loss``, the name of a loss, a loss of Keras or a function of
    targets and outputs, the last of the inputs are its targets: the report shows its gradients on
    this batch, as it is, beside the drawn ones, and a class is examined in this process.

    The other options are those of ``layerdoctor inspect``; what they leave open the ``config``
    says, or the closest one found from the working directory, unless ``isolated``. Its baseline
    counts too.

    Raises ``layerdoctor.target.BadInput`` for what cannot be read.
    """
    options = {"fail_on": fail_on, "calls": calls, "timeout": timeout, "seed": seed}
    said = {key: value for key, value in options.items() if value is not None}
    configured = chosen(None if config is None else Path(config), isolated=isolated)
    settings = overridden(configured, {**said, "select": [*select], "ignore": [*ignore]})
    batch = None if loss is None else _batch(layer, inputs, loss)
    target = settings.plain(
        layer if isinstance(layer, str) else named(_kind(layer)),
        inputs=tuple(map(_input, inputs if batch is None else inputs[:-1])),
        args=dict(args or {}),
        call=dict(call or {}),
    )
    return examine_target(layer, target, settings, batch)


def examine_target(
    layer: Any, target: Target, settings: Settings, batch: Batch | None = None
) -> Examined:
    """Examine in a process of its own what another process can import, and all else in this one."""
    ledger = Ledger(use=settings.baseline_file, write=None, prune=None)
    root = _import_root(layer) if isinstance(layer, type) and batch is None else None
    if root is not None:
        target = replace(target, app_dirs=tuple(dict.fromkeys([*target.app_dirs, root])))
    elif not isinstance(layer, str):
        facts = _here(layer, target, batch)
        return Examined(run([], settings, known=[facts], ledger=ledger))
    _check_plain(target)
    with Pool(1, forward=lambda _, line: print(line)) as workers:
        return Examined(run([target], settings, workers=workers, ledger=ledger))


def _kind(layer: Any) -> type:
    return layer if isinstance(layer, type) else type(layer)


Batch = tuple[tuple[Any, ...], Any, Any]
"""Inputs, targets, and the loss that compares outputs with targets."""


def _batch(layer: Any, given: tuple[Any, ...], loss: Any) -> Batch:
    """Return the batch that a loss is taken of; raises ``BadInput`` where it is none."""
    if isinstance(layer, str):
        raise BadInput(
            f"loss: received the target `{layer}`, which is examined in another process; hand over "
            "the layer or its class"
        )
    if len(given) < 2 or not all(hasattr(each, "shape") for each in given):
        raise BadInput(
            "loss: expected arrays, the inputs first and the targets last: "
            "`examine(layer, x, y, loss=...)`"
        )
    return given[:-1], given[-1], loss


def _here(layer: Any, target: Target, batch: Batch | None) -> LayerFacts:
    pieces.know_as(_session_names())
    probe = importlib.import_module("layerdoctor.probe.worker.in_process")
    fields: dict[str, Any] = probe.examine(layer, target, batch)
    facts: LayerFacts = msgspec.convert({**fields, "id": target.id}, LayerFacts)
    return facts


def _import_root(kind: type) -> str | None:
    """Return the folder from which another process can import a class; None where none can.

    Nothing can be imported from ``__main__``, nor what is not found in its module by its name.
    """
    module = sys.modules.get(kind.__module__)
    file = getattr(module, "__file__", None)
    if module is None or kind.__module__ == "__main__" or not isinstance(file, str):
        return None
    found: Any = module
    for name in kind.__qualname__.split("."):
        found = getattr(found, name, None)
    if found is not kind or not os.path.isfile(file):
        return None
    depth = kind.__module__.count(".") + hasattr(module, "__path__")
    return str(Path(file).resolve().parents[depth])


def _check_plain(target: Target) -> None:
    """Check that the arguments can be told to another process; raises ``BadInput``."""
    for option, values in (("args", target.args), ("call", target.call)):
        for name, value in values.items():
            try:
                msgspec.msgpack.encode(value)
            except (TypeError, ValueError, OverflowError):
                raise BadInput(
                    f"{option}: `{name}` is a {type(value).__name__}, which cannot be told to "
                    "another process; expected numbers, text, lists and tables, such as "
                    '`{"object": "keras.initializers:Orthogonal", "args": {}}`'
                ) from None


def _session_names() -> dict[str, str]:
    """Return what IPython, where it runs, shows in place of the names that the code of cells has.

    ``CachingCompiler.format_code_name`` makes it, of the names that it has kept.
    """
    session = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    compiler = getattr(session, "compile", None)
    numbers = getattr(compiler, "_filename_map", {})
    return {name: f"In[{number}]" for name, number in numbers.items()}


def _input(given: Any) -> Input:
    """Return the description of a shape, an array or a tensor."""
    if isinstance(given, tuple) and all(isinstance(size, int) for size in given):
        return Input(shape=given)
    array = given.numpy() if hasattr(given, "numpy") else given
    if not hasattr(array, "shape") or not hasattr(array, "dtype"):
        raise BadInput(f"received `{given!r}` as an input; expected a shape, an array or a tensor")
    numeric = array.dtype.kind in "iu" and array.size
    return Input(
        shape=tuple(array.shape),
        dtype=str(array.dtype),
        low=float(array.min()) if numeric else None,
        high=float(array.max()) if numeric else None,
    )
