"""Keras's own `run_layer_test` over the layers of a config, all in this process.

Prints a JSON object: how many layers there are, and those on which the test ended early, with what
it raised. A layer's arguments are made as layerdoctor makes them. Where the test cannot make a
check, since its model passes one argument on and nothing else, that check is switched off, as
Keras's own tests of such layers do.
"""

from __future__ import annotations

import inspect
import json
import sys
from pathlib import Path
from typing import Any

from keras.src.testing import TestCase

from layerdoctor.config.settings import load as load_settings
from layerdoctor.probe.hooks.creation import Creations
from layerdoctor.probe.layer.construction import LayerFactory
from layerdoctor.probe.layer.loading import load
from layerdoctor.probe.layer.values import draw, make_call_args
from layerdoctor.target import Target
from layerdoctor.user_code import Author


def main() -> None:
    """Run the test on every layer and print what came of it."""
    targets = load_settings(Path(sys.argv[1])).configured()
    case = TestCase()
    ended_early: dict[str, str] = {}
    for target in targets:
        try:
            case.run_layer_test(**arguments(target))
        except Exception as error:
            ended_early[target.id] = f"{type(error).__name__}: {error}".partition("\n")[0][:200]
    print(json.dumps({"layers": len(targets), "ended early": ended_early}))


def arguments(target: Target) -> dict[str, Any]:
    """Return what `run_layer_test` takes for a target."""
    source = load(target)
    workshop = LayerFactory(target, source, Creations(Author(target.app_dirs)))
    arrays = [draw(spec, target.seed + index) for index, spec in enumerate(target.inputs)]
    call_args = make_call_args(target)
    data: Any = arrays if target.inputs_as == "list" else arrays[0]
    if len(arrays) > 1 and target.inputs_as != "list":
        names = list(inspect.signature(source.attribute.call).parameters)[1:]
        data = dict(zip(names, arrays, strict=False))
    return {
        "layer_cls": source.attribute,
        "init_kwargs": workshop.arguments(),
        "input_data": data,
        "call_kwargs": call_args,
        "run_training_check": not call_args and not isinstance(data, dict),
        "run_mixed_precision_check": inspect.isclass(source.attribute),
    }


if __name__ == "__main__":
    main()
