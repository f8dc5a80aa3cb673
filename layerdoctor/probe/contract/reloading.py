"""Saving the layer and loading it again, in the way that its framework has for it."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from layerdoctor.probe.contract.context import Context
from layerdoctor.probe.contract.functional import SymbolicCall, custom_objects, keras_of
from layerdoctor.probe.contract.outcome import Skipped, first_line
from layerdoctor.probe.layer.subject import Subject


def reloaded(context: Context) -> Subject:
    """Return the layer that comes out of an archive of a model around it.

    Where no archive can be made, and in Keras 2, it is a second layer with the same arguments
    that the weights of the first were loaded into from a file. Raises ``Skipped``.
    """
    with tempfile.TemporaryDirectory() as folder:
        if context.is_keras_3:
            found = _from_archive(context, Path(folder, "model.keras"))
            if found is not None:
                return found
        try:
            return _from_weights(context, Path(folder, "layer.weights.h5"))
        except Skipped:
            raise
        except Exception as error:
            words = f"{type(error).__name__}: {first_line(error)}"
            raise Skipped(f"its weights cannot be saved and loaded: {words}") from None


def _from_archive(context: Context, path: Path) -> Subject | None:
    call = context.symbolic_call
    if not isinstance(call, SymbolicCall):
        return None
    keras = keras_of(context.layer)
    try:
        keras.Model(call.inputs, call.outputs).save(path)
        objects = custom_objects(context.layer)
        model = keras.saving.load_model(path, objects, compile=False, safe_mode=False)
        layer = model.get_layer(context.layer.name)
    except Exception:
        return None
    return replace(context.subject, layer=layer)


def _from_weights(context: Context, path: Path) -> Subject:
    second = context.fresh()
    second.run(training=False)
    _around(context.layer).save_weights(str(path))
    _around(second.layer).load_weights(str(path))
    return second


def _around(layer: Any) -> Any:
    """Return a model that holds the layer and nothing else."""
    keras = keras_of(layer)

    class Around(keras.Model):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.layer = layer
            self.built = True

        def call(self, *args: Any, **kwargs: Any) -> Any:
            return self.layer(*args, **kwargs)

    return Around()
