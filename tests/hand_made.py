"""Facts and rules made by hand: what a test does not say is healthy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from layerdoctor.facts import (
    Check,
    CheckName,
    Constant,
    Gradient,
    Growth,
    LayerFacts,
    Location,
    ModelLayer,
    Output,
    Stage,
    UntrackedLayer,
    UntrackedVariable,
    Weight,
)
from layerdoctor.rule import Example, Finding, Problem, Rule, Severity, Span
from layerdoctor.target import Input

FLOWS = Gradient(status="flows", norm=3.2)
NO_GRADIENT = Gradient(status="not-applicable")
CHECKS: tuple[CheckName, ...] = (
    "config",
    "state",
    "graph",
    "symbolic",
    "output_shape",
    "batch_size",
    "mixed_precision",
    "determinism",
)


def at(line: int, call: str | None = None, file: str = "layers.py") -> Location:
    """Return a place in ``layers.py``."""
    return Location(file=file, line=line, call=call)


def weight(name: str = "kernel", **changes: Any) -> Weight:
    """Return a trainable float32 weight of shape (5, 4), made in ``build`` and with a gradient."""
    trainable = changes.get("trainable", True)
    given: dict[str, Any] = {
        "name": name,
        "path": f"layer/{name}",
        "attribute": f"self.{name}",
        "shape": (5, 4),
        "dtype": "float32",
        "trainable": True,
        "created_in": "build",
        "location": at(20),
        "gradient": FLOWS if trainable else NO_GRADIENT,
    }
    return Weight(**given | changes)


def untracked(name: str = "hid", **changes: Any) -> UntrackedVariable:
    """Return a variable on an attribute that the framework does not know of."""
    given: dict[str, Any] = {
        "name": name,
        "attribute": f"self.{name}",
        "holder": "attribute",
        "shape": (4,),
        "dtype": "float32",
        "trainable": True,
        "used": True,
        "created_in": "init",
        "location": at(15),
        "gradient": FLOWS,
    }
    return UntrackedVariable(**given | changes)


def hidden_layer(attribute: str = "self.helper.dense", **changes: Any) -> UntrackedLayer:
    """Return a sub-layer that the framework does not know of."""
    given: dict[str, Any] = {
        "attribute": attribute,
        "class_name": "Dense",
        "framework": "keras",
        "holder": "attribute",
        "location": at(16),
        "called": True,
        "weights": 2,
        "frozen": False,
        "given": False,
    }
    return UntrackedLayer(**given | changes)


def constant(name: str = "self.table", **changes: Any) -> Constant:
    """Return an array of 80 bytes on an attribute, the same at each construction."""
    given: dict[str, Any] = {
        "name": name,
        "holder": "attribute",
        "kind": "ndarray",
        "shape": (5, 4),
        "dtype": "float32",
        "bytes": 80,
        "stable": True,
        "used": True,
        "location": at(14),
        "gradient": FLOWS,
        "created_in": "init",
    }
    return Constant(**given | changes)


def part(name: str, class_name: str = "Dense", **changes: Any) -> ModelLayer:
    """Return a layer of a model, of Keras's own class and with a gradient."""
    given: dict[str, Any] = {
        "name": name,
        "attribute": f"self.{name}",
        "class_name": class_name,
        "location": None,
        "output_shape": (2, 8),
        "weights": 2,
        "trainable": 2,
        "inside": 0,
        "norm": 1.0,
        "status": "flows",
    }
    return ModelLayer(**given | changes)


def layer(**changes: Any) -> LayerFacts:
    """Return a healthy Keras 3 layer ``layers.Sample`` with one weight, all stages completed."""
    given: dict[str, Any] = {
        "id": "layers:Sample",
        "target": "layers:Sample",
        "class_name": "layers.Sample",
        "file": "layers.py",
        "line": 8,
        "framework": "keras",
        "builds_itself": True,
        "args": {"units": 4},
        "inputs": (Input(shape=(10, 5)),),
        "outputs": (Output(shape=(10, 4), dtype="float32"),),
        "weights": (weight(),),
        "growth": Growth(calls=3, variables_per_call=(1, 0, 0), tracked_per_call=(1, 1, 1)),
        "nonfinite": (),
        "input_gradients": (),
        "gradient_checks": (),
        "checks": tuple(Check(name=name, status="passed") for name in CHECKS),
        "completed": tuple(Stage),
        "seconds": 0.21,
    }
    return LayerFacts(**given | changes)


def rule(code: str, name: str, *problems: Problem, **changes: Any) -> Rule:
    """Return a rule that sees these problems in every layer."""

    def check(_facts: LayerFacts) -> Iterator[Problem]:
        yield from problems

    given: dict[str, Any] = {
        "code": code,
        "name": name,
        "severity": Severity.ERROR,
        "summary": f"what {name} means",
        "why": f"why {name} matters",
        "help": f"how {name} is mended",
        "bad": Example(source=""),
        "good": Example(source=""),
        "check": check,
    }
    return Rule(**given | changes)


def finding(code: str, line: int | None = None, **changes: Any) -> Finding:
    """Return an error on a line of ``layers.py``."""
    given: dict[str, Any] = {
        "code": code,
        "rule": "",
        "severity": Severity.ERROR,
        "subject": None,
        "message": "",
        "help": "",
        "location": None if line is None else Span(file="layers.py", line=line),
        "fingerprint": "",
    }
    return Finding(**given | changes)


def write(folder: Path, text: str, name: str = "layers.py") -> str:
    """Write a module and return its path."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)
