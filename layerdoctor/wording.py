"""How the messages of all rules put the same things."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from layerdoctor.stages import Stage

if TYPE_CHECKING:
    from layerdoctor.facts import Breach, Constant, Failure, LayerFacts, UntrackedVariable

FRAMEWORKS = {"keras": "Keras 3", "tf_keras": "Keras 2", "tf.Module": "`tf.Module`"}

UNITS = {"GiB": 2**30, "MiB": 2**20, "KiB": 2**10}

NAMED = 3
"""How many names a message lists before it counts the rest."""

STAGES = {
    Stage.CONSTRUCT: "`__init__`",
    Stage.BUILD: "`build`",
    Stage.CALL: "`call`",
    Stage.REPEAT: "a repeated `call`",
    Stage.GRADIENT: "the backward pass of `call`",
    Stage.CONTRACT: "a check of the contract",
}


def framework(name: str | None) -> str:
    """The framework as people call it."""
    return FRAMEWORKS.get(name or "", "Keras")


def told(failure: Failure | None) -> str:
    """The exception and the first line of its message: ``ValueError: no such axis``."""
    if failure is None:
        return "an exception"
    lines = [line.strip() for line in failure.message.splitlines() if line.strip()]
    first = lines[0].rstrip(".") if lines else ""
    return ": ".join(part for part in (failure.exception, first) if part)


def raised(error: BaseException) -> str:
    """An exception as one line: its class and the first line of its words."""
    try:
        words = str(error).strip()
    except BaseException:
        words = "(its message cannot be read)"
    first = words.splitlines()[0] if words else ""
    return f"{type(error).__name__}: {first[:500]}" if first else type(error).__name__


def listed(names: Iterable[str], among: Iterable[str] = ()) -> str:
    """Names in backticks, ``and`` before the last; of many, a few and how many more.

    Many that differ in their indices alone are one: ```self.blocks[*].gate` (12 of 12)``, by
    those of ``among`` that are called so.
    """
    names = list(names)
    if len(names) > NAMED + 1 and are_alike(names):
        pattern = _open(names[0])
        of = sum(_open(name) == pattern for name in among)
        return f"`{pattern}` ({len(names)} of {of})" if of else f"`{pattern}` ({len(names)})"
    quoted = [f"`{name}`" for name in names]
    if len(quoted) > NAMED + 1:
        quoted = [*quoted[:NAMED], f"{len(quoted) - NAMED} more"]
    before, last = quoted[:-1], quoted[-1:]
    return " and ".join([", ".join(before), *last] if before else last)


def by_name(words: str, facts: LayerFacts) -> str:
    """Words in which the layers of a model that has only a list of them go by their names.

    ``self.layers[26].gamma`` is ``block_1_expand_BN.gamma`` then.
    """
    names = {each.attribute: each.name for each in facts.layers or ()}

    def name(found: re.Match[str]) -> str:
        return names.get(found[0], found[0])

    return re.sub(r"self\.layers\[\d+\](?=[.`]|$)", name, words) if names else words


def are_alike(names: Iterable[str]) -> bool:
    """Whether they differ in their indices alone."""
    return len(set(map(_open, names))) == 1


def shared_name(names: Iterable[str]) -> str:
    """Return what attributes share, with ``[*]`` for an index and ``.*`` for what differs."""
    open_names = [_open(name).split(".") for name in names]
    shared: list[str] = []
    for parts in zip(*open_names, strict=False):
        if len(set(parts)) > 1:
            return ".".join([*shared, "*"])
        shared.append(parts[0])
    return ".".join(shared)


def _open(name: str) -> str:
    """The name with every index left open: ``self.blocks[*].gate``."""
    return re.sub(r"\[[^\[\]]*\]", "[*]", name)


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """``1 weight``, ``2 weights``."""
    return f"{number} {noun}" if number == 1 else f"{number} {plural or f'{noun}s'}"


def sequence(numbers: Iterable[int]) -> str:
    """``1, 2, 3``."""
    return ", ".join(str(number) for number in numbers)


def shape_of(shape: Sequence[int | None]) -> str:
    """The shape as a Python tuple."""
    return str(tuple(shape))


def input_shapes(facts: LayerFacts) -> str:
    """``inputs of shape (4, 5) and (4, 1)``; ``these inputs`` where no shape is known."""
    shapes = [shape_of(given.shape) for given in facts.inputs if given.shape is not None]
    return f"inputs of shape {' and '.join(shapes)}" if shapes else "these inputs"


def size_of(count: int) -> str:
    """A number of bytes in the largest unit that leaves at least one: ``20.2 MiB``."""
    for unit, size in UNITS.items():
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return counted(count, "byte")


def described(constant: Constant) -> str:
    """``float32 tensor of shape (5, 4), 80 bytes``."""
    kind = "tensor" if constant.kind == "tensor" else "NumPy array"
    shape = shape_of(constant.shape)
    return f"{constant.dtype} {kind} of shape {shape}, {size_of(constant.bytes)}"


def by_how_much(breach: Breach) -> str:
    """`` by up to 0.25`` where the difference is known."""
    return "" if breach.difference is None else f" by up to {breach.difference:.3g}"


def weight_code(
    facts: LayerFacts, variable: UntrackedVariable | Constant, *, anew: bool = False
) -> str:
    """The line that makes it a weight which starts as it does: ``self.gain = ...``.

    Where its elements differ, or are drawn ``anew`` each time, the code takes them from a local
    variable, computed as they are now.
    """
    # facts take a while to import, and whoever only explains a rule needs none
    from layerdoctor.facts import Constant, UntrackedVariable

    attribute = variable.name if isinstance(variable, Constant) else variable.attribute
    holder, _, last = attribute.rpartition(".")
    inside = f"{holder}."
    if any(weight.attribute.startswith(inside) for weight in facts.weights):  # a `self` of its own
        attribute = f"self.{last}"
    trainable = isinstance(variable, UntrackedVariable) and variable.trainable
    shape, dtype = variable.shape, variable.dtype
    filled = None if anew else variable.filled
    own = re.sub(r"\W+", "_", attribute.removeprefix("self.")).strip("_")
    target = f"{attribute} = " if attribute == f"self.{own}" else ""
    values = "`" if filled is not None else f"`, with the values it has now in `{own}`"
    fixed = [] if trainable else ["trainable=False"]
    if facts.framework == "tf.Module":
        start = own if filled is None else f"tf.fill({shape_of(shape)}, {_number(filled, dtype)})"
        return f"`{target}tf.Variable({', '.join([start, *fixed])}){values}"
    arguments = [
        f'name="{own}"',
        f"shape={shape_of(shape)}",
        f"initializer={_initializer(facts, own, filled, dtype)}",
        *([] if dtype == "float32" else [f'dtype="{dtype}"']),
        *fixed,
    ]
    return f"`{target}self.add_weight({', '.join(arguments)}){values}"


def _initializer(facts: LayerFacts, own: str, filled: float | None, dtype: str) -> str:
    usual = {0.0: '"zeros"', 1.0: '"ones"'}
    if filled in usual:
        return usual[filled]
    keras = "tf_keras" if facts.framework == "tf_keras" else "keras"
    return f"{keras}.initializers.Constant({own if filled is None else _number(filled, dtype)})"


def _number(number: float, dtype: str) -> str:
    return f"{number:.7g}" if dtype.startswith(("float", "bfloat")) else str(int(number))


def doing(failure: Failure) -> str:
    """What was running when it failed: a method of the layer, or a check of its contract."""
    if failure.check is not None:
        return f"the check `{failure.check}`"
    return STAGES[failure.stage]
