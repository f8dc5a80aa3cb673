"""LD501: arguments that come back from the config; ``**kwargs`` handed on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst
from libcst import matchers as m

from layerdoctor.facts import Breach
from layerdoctor.remedies.case import Case, Remedy
from layerdoctor.remedies.construction.config import Item, with_base, with_items
from layerdoctor.remedies.construction.super_call import handing_on, taking_kwargs
from layerdoctor.remedies.editing.calls import text
from layerdoctor.remedies.editing.methods import (
    after_super,
    changed,
    inserted,
    method,
    replaced,
    statements,
    with_method,
)
from layerdoctor.remedies.editing.names import with_import


def candidates(case: Case) -> Iterator[cst.Module | None]:
    """Say the arguments in the config, as they are kept or as Keras serialises objects."""
    owner = case.layer_class
    if owner is None or method(owner, "__init__") is None:
        return
    found = breaches(case)
    names = list(dict.fromkeys(each.subject for each in found if each.subject))
    if any(each.kind == "refused" for each in found):
        yield from _accepted(case, owner, names)
        return
    own = [name for name in names if name not in OF_KERAS]
    new = owner if own == names else with_base(owner)
    if new is not None and not own:
        yield replaced(case.module, owner, new)
    for objects in ([], own):
        yield _saying(case, owner, new or owner, own, objects)
    yield _saying(case, owner, new or owner, own, own, converted=True)


def _accepted(
    case: Case, owner: cst.ClassDef, objects: Sequence[str]
) -> Iterator[cst.Module | None]:
    """Hand on ``**kwargs`` where they are missing, and say objects as Keras serialises them."""
    handing = _with_kwargs(owner)
    if handing is not None and not objects:
        yield replaced(case.module, owner, handing)
    new = handing or owner
    every = _arguments(owner) if method(owner, "get_config") is None else list(objects)
    for each in (objects, every) if objects else ([], every):
        yield _saying(case, owner, new, every, each)
    if objects:
        yield _saying(case, owner, new, every, objects, converted=True)


def breaches(case: Case) -> list[Breach]:
    """Return what the check of the config found on the line, or of the argument, of the finding."""
    checks = (check for check in case.facts.checks if check.name == "config")
    found = [breach for check in checks for breach in check.breaches]
    here = [each for each in found if each.location and each.location.line == case.line]
    return here or [each for each in found if each.subject == case.finding.subject]


def _with_kwargs(owner: cst.ClassDef) -> cst.ClassDef | None:
    """Return the class with ``**kwargs`` handed on by its constructor; None where they are."""
    init = method(owner, "__init__")
    assert init is not None
    new = handing_on(taking_kwargs(init))
    return None if new.deep_equals(init) else changed(owner, init, new)


def _arguments(owner: cst.ClassDef) -> list[str]:
    init = method(owner, "__init__")
    assert init is not None
    parameters = [*init.params.params[1:], *init.params.kwonly_params]
    return [name for each in parameters if (name := each.name.value) not in OF_KERAS]


OF_KERAS = ("name", "dtype", "trainable")
"""The arguments that the base's own config has."""


def _saying(
    case: Case,
    old: cst.ClassDef,
    owner: cst.ClassDef,
    names: Sequence[str],
    objects: Sequence[str],
    *,
    converted: bool = False,
) -> cst.Module | None:
    """Return the module with a config that says the arguments, some of which are objects.

    With ``converted`` an object may be said as the layer keeps it: a tensor in place of an array.
    """
    module, package = case.module, None
    if not names:
        return None
    serialize, package = _saving_function(case, "serialize")
    items = []
    for name in names:
        attribute = _kept_in(owner, name)
        if attribute is None and converted and name in objects:
            attribute = _converted_in(owner, name)
        if attribute is None:
            attribute = f"self.{name}" if not _is_attribute(owner, name) else f"self._{name}"
            init = method(owner, "__init__")
            assert init is not None
            line = f"{attribute} = {name}\n"
            owner = changed(owner, init, inserted(module, init, line, after_super(init)))
        items.append(Item(name, f"{serialize}({attribute})" if name in objects else attribute))
    new = with_items(module, owner, items, quote_of(owner, module))
    if new is None:
        return None
    if not objects:
        return replaced(module, old, new)
    with_reading = _reading(case, new, objects)
    if with_reading is None:
        return None
    return with_import(replaced(case.module, old, with_reading), package)


def _kept_in(owner: cst.ClassDef, name: str) -> str | None:
    """Return the attribute that keeps an argument as it was given."""
    for written, value in _given(method(owner, "__init__")):
        if written in (f"self.{name}", f"self._{name}") and text(value) == name:
            return written
    return None


def _converted_in(owner: cst.ClassDef, name: str) -> str | None:
    """Return the attribute of its name that keeps what a function has made of an argument."""
    made = m.Call(args=[m.Arg(value=m.Name(name)), m.ZeroOrMore()])
    found = _given(method(owner, "__init__"))
    is_made = any(written == f"self.{name}" and m.matches(value, made) for written, value in found)
    return f"self.{name}" if is_made else None


def _is_attribute(owner: cst.ClassDef, name: str) -> bool:
    """Whether the class has something else under that name."""
    given = any(written == f"self.{name}" for written, _ in _given(owner))
    return given or method(owner, name) is not None


def _given(scope: cst.CSTNode | None) -> Iterator[tuple[str, cst.BaseExpression]]:
    """Yield what a scope assigns to, as it is written, and the values; one by one of several."""
    for found in m.findall(scope, m.Assign()) if scope else ():
        assign = cst.ensure_type(found, cst.Assign)
        for place in (each.target for each in assign.targets):
            one, other = _parts(place), _parts(assign.value)
            if len(one) == len(other):
                yield from zip(map(text, one), other, strict=True)
            else:
                yield from ((text(part), assign.value) for part in one)


def _parts(node: cst.BaseExpression) -> list[cst.BaseExpression]:
    """Return the parts of a tuple, or what is none alone."""
    return [each.value for each in node.elements] if isinstance(node, cst.Tuple) else [node]


def _saving_function(case: Case, verb: str) -> tuple[str, str | None]:
    """Return how to write the function that turns objects into configs, or back.

    ``tf.keras`` of Keras 3 has it under ``utils`` alone.
    """
    written, package = case.names.known(f"keras.saving.{verb}_keras_object")
    behind_tensorflow = case.names.stands_for(written).startswith("tensorflow.keras")
    return (written.replace(".saving.", ".utils.") if behind_tensorflow else written), package


def _reading(case: Case, owner: cst.ClassDef, objects: Sequence[str]) -> cst.ClassDef | None:
    """Return the class with a ``from_config`` that makes objects of what stands for them."""
    deserialize, _ = _saving_function(case, "deserialize")
    quote = quote_of(owner, case.module)
    lines = [
        f"    config[{quote}{name}{quote}] = {deserialize}(config[{quote}{name}{quote}])\n"
        for name in objects
    ]
    own = method(owner, "from_config")
    if own is not None:
        body = statements(own)
        code = "".join(line.strip() + "\n" for line in lines)
        return changed(owner, own, inserted(case.module, own, code, 0)) if body else None
    code = (
        "@classmethod\ndef from_config(cls, config):\n    config = dict(config)\n"
        f"{''.join(lines)}    return cls(**config)\n"
    )
    return with_method(case.module, owner, code)


def quote_of(owner: cst.ClassDef, module: cst.Module) -> str:
    """Return the quotation mark that the author uses."""
    for scope in (owner, module):
        strings = [cst.ensure_type(s, cst.SimpleString) for s in m.findall(scope, m.SimpleString())]
        plain = [s.quote for s in strings if len(s.quote) == 1]
        if plain:
            return max(('"', "'"), key=lambda mark: sum(mark == each for each in plain))
    return '"'


REMEDY = Remedy(codes=("LD501",), candidates=candidates)
