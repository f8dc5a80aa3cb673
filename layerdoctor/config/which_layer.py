"""From what people type for a layer to its TARGET, or to what they may have meant."""

from __future__ import annotations

import difflib
import os

from layerdoctor.config.listing import listed
from layerdoctor.config.settings import Settings
from layerdoctor.target import FILES, BadInput, is_saved_model, parse_target


def spec_of(word: str, settings: Settings) -> str:
    """Return the TARGET that a word stands for: itself, or the one layer of a file.

    Raises ``BadInput`` with the layers to choose from, or with the TARGET that may be meant.
    """
    if ":" in word or is_saved_model(word):
        parse_target(word)
        return word
    if os.path.isfile(word):
        return _only_layer(word, settings)
    raise BadInput(f"`{word}` is no target{meant(word, settings)}")


def meant(word: str, settings: Settings) -> str:
    """Return how the word would be written as a TARGET, as far as it can be told."""
    if word.endswith(FILES):
        return f"; there is no file `{word}`"
    module, _, name = word.rpartition(".")
    if module and all(part.isidentifier() for part in word.split(".")):
        return f"; did you mean `{module}:{name}`?"
    specs = [item.layer.spec for item in listed([], settings).layers] if name.isidentifier() else []
    names = [spec.rpartition(":")[2] for spec in specs]
    near = difflib.get_close_matches(word, names, n=1)
    if near:
        same = [spec for spec, name in zip(specs, names, strict=True) if name == near[0]]
        return f"; did you mean {_choice(same)}?"
    return (
        "; expected `package.module:Class` or `path/to/file.py:Class`, such as "
        f"`keras.layers:{word if word.isidentifier() else 'Dense'}`"
    )


def _only_layer(file: str, settings: Settings) -> str:
    listing = listed([file], settings)
    if listing.unreadable:
        raise BadInput(listing.unreadable[0].words())
    specs = [f"{file}:{item.layer.name}" for item in listing.layers]
    if not specs:
        raise BadInput(
            f"no layer class found in `{file}`; where a function makes the layer, name it: "
            f"`{file}:make`"
        )
    if len(specs) > 1:
        raise BadInput(f"`{file}` has {len(specs)} layers: choose {_choice(specs)}")
    return specs[0]


def _choice(specs: list[str]) -> str:
    return " or ".join(f"`{spec}`" for spec in specs)
