"""What Keras 3, Keras 2 and ``tf.Module`` call the same thing."""

from __future__ import annotations

import functools
import importlib
import inspect
import sys
from collections import ChainMap
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any

import tensorflow as tf
from tensorflow.python.ops import stateful_random_ops

from layerdoctor.facts import Framework

BASES = ("Layer", "Model", "Module", "Operation")
"""The framework's classes that authors derive from; what these define is nobody's own."""

BASE_MODULES: dict[str, Framework] = {
    "keras.src.layers.layer": "keras",
    "tf_keras.src.engine.base_layer": "tf_keras",
    "keras.src.engine.base_layer": "tf_keras",
}
"""Where the base class of all layers is written, in Keras 3, tf_keras and Keras 2.13 to 2.15.

A class is known by it: a package may import its Keras late, or under another name.
"""

FRAMEWORK_PACKAGES = ("keras", "tf_keras", "tensorflow")


def keras_3() -> Any:
    """Return the package ``keras`` if it is Keras 3, else None."""
    keras = sys.modules.get("keras")
    return keras if keras is not None and int(keras.__version__.partition(".")[0]) >= 3 else None


def keras_2() -> tuple[Any, ...]:
    """Return the packages that are Keras 2 and have been imported."""
    modules = (sys.modules.get("tf_keras"), sys.modules.get("keras"))
    return tuple(
        module
        for module in modules
        if module is not None and getattr(module, "__version__", "").startswith("2.")
    )


def _imported() -> tuple[Any, ...]:
    """Return each Keras that has been imported, Keras 3 first."""
    three = keras_3()
    return ((three,) if three else ()) + keras_2()


def layer_classes() -> list[Any]:
    """Return the base class of the layers of each Keras that has been imported."""
    return [module.layers.Layer for module in _imported()]


def keras_of(layer: Any) -> Any:
    """Return the Keras that a layer belongs to."""
    return next(module for module in _imported() if isinstance(layer, module.layers.Layer))


def framework_of(kind: type) -> Framework | None:
    """Return ``keras``, ``tf_keras`` or ``tf.Module`` for a class of layers, else None."""
    for base in kind.__mro__:
        if base.__name__ == "Layer" and base.__module__ in BASE_MODULES:
            return BASE_MODULES[base.__module__]
    if issubclass(kind, tf.Module) and "__call__" in dir(kind):
        return "tf.Module"
    return None


def is_layer(thing: Any) -> bool:
    """Whether it is a layer of Keras 3 or Keras 2."""
    return framework_of(type(thing)) in ("keras", "tf_keras")


def is_framework_class(kind: type) -> bool:
    """Whether a class is TensorFlow's or Keras's own."""
    return kind.__module__.partition(".")[0] in FRAMEWORK_PACKAGES


def weights_of(layer: Any) -> list[Any]:
    """Return the registered weights; of a ``tf.Module``, its variables."""
    return list(layer.weights if is_layer(layer) else _of_module(layer, "variables"))


def trainable_of(layer: Any) -> list[Any]:
    """Return the trainable among the registered weights."""
    if is_layer(layer):
        return list(layer.trainable_weights)
    return _of_module(layer, "trainable_variables")


def _of_module(module: tf.Module, name: str) -> list[Any]:
    """Return a property of a ``tf.Module``.

    That of the author's class may refuse while there are no variables: then TensorFlow's counts.
    """
    try:
        return list(getattr(module, name))
    except Exception:
        return list(getattr(tf.Module, name).fget(module))


def known_variables(layer: Any) -> list[Any]:
    """Return the variables that the framework knows of: weights, metrics, seeds, slots."""
    known = weights_of(layer)
    for name in ("variables", "metrics_variables") if is_layer(layer) else ():
        known += list(getattr(layer, name, ()) or ())
    for metric in _reported(layer, "metrics"):
        known += list(getattr(metric, "variables", ()))
    optimizer = getattr(layer, "optimizer", None)
    variables = getattr(optimizer, "variables", ())
    known += list(variables() if callable(variables) else variables)
    return known


def shared_generators() -> list[Any]:
    """Return the states of the random generators that nobody made: those of the frameworks.

    Keras 3 keeps its own in ``global_state`` (``keras/src/random/seed_generator.py``), TensorFlow
    in a module (``python/ops/stateful_random_ops.py``); neither is there before it is drawn from.
    """
    states = [getattr(stateful_random_ops.global_generator, "state", None)]
    if keras_3() is not None:
        shared = importlib.import_module("keras.src.backend.common.global_state")
        generator = shared.get_global_attribute("global_seed_generator")
        states.append(getattr(generator, "state", None))
    return [state for state in states if state is not None]


def _reported(layer: Any, name: str) -> list[Any]:
    try:
        return list(getattr(layer, name, ()) or ())
    except Exception:
        return []


def sublayers_of(layer: Any) -> list[Any]:
    """Return the layer and every sub-layer that the framework tracks."""
    if not is_layer(layer):
        return [layer, *layer.submodules]
    return list(layer._flatten_layers())


def direct_sublayers(thing: Any) -> list[Any]:
    """Return the sub-layers that a model of the framework's own kinds keeps for itself."""
    kinds = [kind for kind in type(thing).__mro__ if kind.__name__ in ("Sequential", "Functional")]
    if not is_layer(thing) or not any(map(is_framework_class, kinds)):
        return []
    return _reported(thing, "layers")


def is_assembled(layer: Any) -> bool:
    """Whether it is a model that Keras has put together of layers on symbolic inputs.

    Keras's own class calls it, so that what its author wrote is called in its layers and functions;
    a class of the author's may train it by a step of its own.
    """
    return is_model(layer) and declares_inputs(layer) and not is_authors(layer, "call")


def declares_inputs(layer: Any) -> bool:
    """Whether it is a model of the framework's own kinds that was made for inputs of its own."""
    return bool(direct_sublayers(layer)) and bool(_reported(layer, "inputs"))


def input_names(layer: Any) -> list[str]:
    """Return what the inputs of such a model are called, in a dictionary of them."""
    if not declares_inputs(layer):
        return []
    if takes_dictionary(layer):
        return list(layer.input)
    return list(getattr(layer, "input_names", ()) or [each.name for each in layer.inputs])


def takes_dictionary(model: Any) -> bool:
    """Whether a model was made for a dictionary of inputs; a ``Sequential`` may not say."""
    return isinstance(getattr(model, "input", None), dict)


def own_classes(layer: Any) -> list[type]:
    """Return the classes of its sub-layers that are not the framework's, each once."""
    kinds = dict.fromkeys(map(type, sublayers_of(layer)))
    return [kind for kind in kinds if not is_framework_class(kind)]


def own_method(layer: Any, name: str) -> bool:
    """Whether a class outside the framework's base classes defines the method."""
    kind = _definer(layer, name)
    return kind is not None and not is_base(kind)


def is_authors(layer: Any, name: str) -> bool:
    """Whether the method is defined by a class that is neither the framework's nor Python's."""
    kind = _definer(layer, name)
    return kind is not None and not is_framework_class(kind) and kind is not object


def _definer(layer: Any, name: str) -> type | None:
    """Return the class whose definition of a name the layer has; None where it has none."""
    return next((kind for kind in type(layer).__mro__ if name in vars(kind)), None)


def is_base(kind: type) -> bool:
    """Whether it is one of the framework's classes that authors derive from."""
    return is_framework_class(kind) and kind.__name__ in BASES


def call_signature(layer: Any) -> inspect.Signature | None:
    """Return the signature of the forward pass without ``self``; None where it has none."""
    function = getattr(type(layer), "call" if is_layer(layer) else "__call__")
    try:
        signature = inspect.signature(getattr(function, "python_function", function))
    except (TypeError, ValueError):
        return None
    parameters = list(signature.parameters.values())
    takes_self = parameters[:1] and parameters[0].kind is not inspect.Parameter.VAR_POSITIONAL
    return signature.replace(parameters=parameters[1:] if takes_self else parameters)


def call_parameters(layer: Any) -> dict[str, inspect.Parameter]:
    """Return the parameters of the forward pass; none where it has no signature."""
    signature = call_signature(layer)
    return dict(signature.parameters) if signature else {}


def hands_on_training(layer: Any) -> bool:
    """Whether ``training`` is for sub-layers only: Keras hands it on past a call that lacks it."""
    if not is_layer(layer) or not hasattr(layer, "_call_context_args"):
        return False
    parts = [part for part in sublayers_of(layer)[1:] if not direct_sublayers(part)]
    return any("training" in call_parameters(part) for part in parts)


def losses_of(layer: Any) -> list[Any]:
    """Return the terms that the last call added by ``add_loss``."""
    return list(getattr(layer, "losses", ()) or ()) if is_layer(layer) else []


def is_model(layer: Any) -> bool:
    """Whether it is a model of Keras 3 or Keras 2."""
    bases = type(layer).__mro__
    return is_layer(layer) and any(
        base.__name__ == "Model" and is_framework_class(base) for base in bases
    )


def layers_of_model(model: Any) -> list[Any]:
    """Return the layers of a model, without those inside them; none of what is no model."""
    if not is_model(model):
        return []
    found = direct_sublayers(model) or model._flatten_layers(include_self=False, recursive=False)
    return [layer for layer in found if type(layer).__name__ != "InputLayer"]


@contextmanager
def layers_called(called: set[int]) -> Iterator[None]:
    """Add to ``called`` the identity of every layer called inside."""

    def noting(original: Any) -> Any:
        @functools.wraps(original)
        def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
            called.add(id(layer))
            return original(layer, *args, **kwargs)

        return call

    with _calls_replaced(noting):
        yield


@contextmanager
def outputs_seen(layers: Collection[int]) -> Iterator[dict[int, Any]]:
    """Give what each of the layers, by identity, returns inside when it is first called."""
    seen: dict[int, Any] = {}

    def noting(original: Any) -> Any:
        @functools.wraps(original)
        def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
            returned = original(layer, *args, **kwargs)
            if id(layer) in layers:
                seen.setdefault(id(layer), returned)
            return returned

        return call

    with _calls_replaced(noting) if layers else nullcontext():
        yield seen


@contextmanager
def _calls_replaced(noting: Callable[[Any], Any]) -> Iterator[None]:
    bases = layer_classes()
    originals = [base.__call__ for base in bases]
    for base, original in zip(bases, originals, strict=True):
        base.__call__ = noting(original)
    try:
        yield
    finally:
        for base, original in zip(bases, originals, strict=True):
            base.__call__ = original


def flatten(structure: Any) -> list[Any]:
    """Return the leaves of nested tuples, lists and dictionaries; none of what holds itself."""
    try:
        return list(tf.nest.flatten(structure))
    except RecursionError:
        return []


def framework_attributes(layer: Any) -> Mapping[str, bool]:
    """Return the attributes that the framework puts on a bare instance of its own base class.

    Each with whether it is None there, for ``build`` to fill in: the weights of some layers.
    """
    for kind in type(layer).__mro__:
        if is_framework_class(kind):
            return _bare_attributes(kind)
    return {}


def reserved_names(layer: Any) -> frozenset[str]:
    """Return the attributes of a Keras 3 layer under which saving looks for no sub-layer."""
    three = keras_3()
    if three is None or not isinstance(layer, three.layers.Layer):
        return frozenset()
    return _reserved_names(three.layers.Layer)


@functools.cache
def _reserved_names(kind: type) -> frozenset[str]:
    return frozenset(dir(kind()))


_BARE: dict[type, Mapping[str, bool]] = {}


def _bare_attributes(kind: type) -> Mapping[str, bool]:
    if kind not in _BARE:
        try:
            bare = kind()
            if initialize := getattr(bare, "_maybe_initialize_trackable", None):
                initialize()
            _BARE[kind] = {name: value is None for name, value in vars(bare).items()}
        except Exception:
            bases = [_bare_attributes(base) for base in _bases(kind)]
            _BARE[kind] = dict(ChainMap(*map(dict, bases)))
    return _BARE[kind]


def _bases(kind: type) -> Iterator[type]:
    return (base for base in kind.__bases__ if base is not object)
