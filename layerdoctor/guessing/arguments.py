"""Small, usual values for the constructor's arguments, by name, annotation and docstring."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from layerdoctor.target import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of a constructor."""

    name: str
    required: bool
    unset: bool = False
    """Whether its default is None."""
    annotation: str = ""
    doc: str = ""
    """What the docstring says of it."""
    choices: tuple[str, ...] = ()
    """The texts that the constructor compares it with."""
    spread: bool = False
    """Whether the constructor hands it on as ``**name``."""


MOST_NAMED = 3
"""How many arguments one failure may name and still be about them."""


class Arguments:
    """The constructor's arguments as they stand; a failure moves the guessed ones on."""

    def __init__(
        self,
        parameters: Sequence[Parameter],
        given: dict[str, Value],
        package: str,
        *,
        takes_more: bool = False,
    ) -> None:
        """Guess what is required and not given.

        With ``takes_more`` the constructor takes other names too, and hands them on.
        """
        self._parameters = list(parameters)
        self._given = given
        self._package = package
        self._takes_more = takes_more
        self._left = {
            item.name: usual_values(item, package)
            for item in parameters
            if item.required and item.name not in given
        }
        self.guessed: dict[str, Value] = {name: next(left) for name, left in self._left.items()}

    @property
    def values(self) -> dict[str, Value]:
        """All arguments, given and guessed."""
        return {**self._given, **self.guessed}

    @property
    def words(self) -> set[str]:
        """The guessed texts."""
        return {value for value in self.guessed.values() if isinstance(value, str)}

    @property
    def has_objects(self) -> bool:
        """Whether a function or a layer was guessed, on its own or in a list."""
        values = [*self.guessed.values()]
        values += [item for value in values if isinstance(value, list) for item in value]
        return any(kind_of(value) == "object" for value in values)

    def amend(self, words: str) -> bool:
        """Choose other values after a failure in these words; returns whether there were any left.

        What the words name is changed first: a guessed argument, or an optional one that is unset.
        """
        if self._add_missing(words):
            return True
        named = [item for item in self._parameters if _names(words, item.name)]
        changeable = [item for item in named if item.name in self.guessed or _is_open(item)]
        for item in changeable[:MOST_NAMED]:
            if item.name not in self._given and self._move(item, words):
                return True
        guessed = [item for item in self._parameters if item.name in self.guessed]
        return not named and any(self._move(item, words) for item in reversed(guessed))

    def amend_unlearnt(self) -> bool:
        """Give what the docstring says spares the layer from being adapted; whether there is."""
        spared = [
            item
            for item in self._parameters
            if _is_open(item) and re.search(r"no need to[^.]*adapt", item.doc)
        ]
        return any(self._move(item, "") for item in spared)

    def names_open(self, words: str) -> bool:
        """Whether the words name an argument that was left unset, or that is handed on."""
        unset = (i for i in self._parameters if _is_open(i) and i.name not in self.guessed)
        return any(_names(words, item.name) for item in unset) or bool(self._missing(words))

    def may_ask(self, words: str) -> bool:
        """Whether the words may ask for an argument that was left unset, without its name."""
        asks = re.search(r"\b(must|should|needs?|requires?d?|expected|specify|provide)\b", words)
        return asks is not None and (self._takes_more or any(map(_is_open, self._parameters)))

    def _missing(self, words: str) -> list[str]:
        """Return the arguments that the words say are missing and that the constructor hands on."""
        found = re.search(r"__init__\(\) missing \d+ required [\w-]+ arguments?: (.*)", words)
        known = {item.name for item in self._parameters}
        names = re.findall(r"'(\w+)'", found[1]) if found and self._takes_more else []
        return [name for name in names if name not in known]

    def _add_missing(self, words: str) -> bool:
        """Guess what the words say is missing; returns whether anything is."""
        added = [Parameter(name=name, required=True) for name in self._missing(words)]
        self._parameters += added
        for item in added:
            self._move(item, "")
        return bool(added)

    def _move(self, item: Parameter, words: str) -> bool:
        if item.name not in self._left:
            self._left[item.name] = usual_values(item, self._package)
        one_of = _one_of(words, self.guessed.get(item.name))
        if one_of is not None and one_of != self.guessed.get(item.name):
            self.guessed[item.name] = one_of
            return True
        within = _within_range(words)
        if within is not None and within != self.guessed.get(item.name):
            self.guessed[item.name] = within
            return True
        wanted = _kind_asked_for(words)
        rest = [value for value in self._left[item.name] if value != self.guessed.get(item.name)]
        rest.sort(key=lambda value: not _is_of(value, wanted))
        self._left[item.name] = iter(rest[1:])
        if rest:
            self.guessed[item.name] = rest[0]
        return bool(rest)


def usual_values(parameter: Parameter, package: str) -> Iterator[Value]:
    """Yield the values worth trying, the likeliest first.

    ``package`` is the one that layers handed in as arguments are taken from.
    """
    annotated = _annotated_kind(parameter.annotation)
    wanted = annotated or _documented_kind(parameter.doc)
    named = list(_by_name(parameter.name, package))
    named.sort(key=lambda value: not _is_of(value, wanted))
    typed = list(_OF_KIND(package).get(wanted or "", ()))
    quoted = re.findall(r"""["']([\w-]+)["']""", parameter.annotation + " " + parameter.doc)
    texts: list[Value] = list(quoted if wanted == "text" or not named else ())
    others = [*texts, *typed, 4, 0.5, [4, 4], "relu"]
    others.sort(key=lambda value: not _is_of(value, wanted))
    values = [*named, *others]
    if annotated:
        values.sort(key=lambda value: not _is_of(value, annotated))
    values = [*([{}] if parameter.spread else ()), *parameter.choices, *values]
    shown: list[Value] = []
    for value in values:
        if not any(type(value) is type(other) and value == other for other in shown):
            shown.append(value)
            yield value


def kind_of(value: Value) -> str:
    """Return ``integer``, ``float``, ``boolean``, ``text``, ``list``, ``array``, or another word.

    That is ``object`` for what is imported, and ``table`` for a table of its own.
    """
    if isinstance(value, dict):
        return next((kind for kind in ("array", "object") if kind in value), "table")
    kinds = {bool: "boolean", int: "integer", float: "float", str: "text", list: "list"}
    return kinds[type(value)]


def _is_of(value: Value, wanted: str | None) -> bool:
    kind = kind_of(value)
    return wanted in (None, kind) or (wanted == "array" and kind == "list")


def _layer(package: str, name: str, **args: Any) -> Value:
    return {"object": f"{package}.layers:{name}", "args": args}


def _OF_KIND(package: str) -> dict[str, list[Value]]:  # noqa: N802
    return {
        "boolean": [False],
        "table": [{}],
        "list": [[4, 4], [2], ["alpha", "beta", "gamma"]],
        "array": [{"array": [20, 8]}, {"array": [8]}],
        "object": [_function(package), _layer(package, "Dense", units=4)],
    }


def _function(package: str) -> Value:
    """Return a function of one tensor. Keras 2 saves one only where it closes over nothing."""
    return {
        "object": "keras.ops:tanh"
        if package == "keras"
        else f"{package}.activations:tanh.__wrapped__"
    }


def _by_name(name: str, package: str) -> Iterator[Value]:
    for pattern, values in _FAMILIAR:
        if re.search(rf"(^|_)({pattern})($|_?\d*$)", name.lower()):
            for value in values:
                stands_for = _STANDING_FOR.get(value) if isinstance(value, str) else None
                yield stands_for(package) if stands_for else value
            return


def _wrapped(package: str) -> Value:
    return _layer(package, "Dense", units=4)


def _recurrent(package: str) -> Value:
    return _layer(package, "LSTM", units=4)


def _cell(package: str) -> Value:
    return _layer(package, "LSTMCell", units=4)


_STANDING_FOR: dict[Any, Any] = {
    "<layer>": _wrapped,
    "<recurrent>": _recurrent,
    "<layers>": lambda package: [_wrapped(package)],
    "<cell>": _cell,
    "<cells>": lambda package: [_cell(package)],
    "<function>": _function,
    "<table>": lambda _: {"array": [20, 8]},
    "<vector>": lambda _: {"array": [8]},
    "<words>": lambda _: ["alpha", "beta", "gamma", "delta"],
    "<numbers>": lambda _: [3, 5, 7, 11],
    "<fractions>": lambda _: [0.5, 0.3, 0.2],
    "<edges>": lambda _: [-1.0, 0.0, 1.0],
    "<interval>": lambda _: [0.0, 1.0],
    "<flat>": lambda _: [-1],
    "<swap>": lambda _: [2, 1],
}

_FAMILIAR: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("heads|num_heads", (2, 4)),
    ("(key|value|head|query)_(dim|size)", (4, 8)),
    ("vocabulary", (20, "<numbers>", "<words>")),
    (
        r"vocab(ulary)?(_size)?|input_dim|num_(\w+_)?(tokens|embeddings|ids)|max_(tokens|features)",
        (20,),
    ),
    (r"max_?len(gth)?|seq_?len(gth)?|sequence_length|context_length|max_position\w*", (6,)),
    ("positions|timesteps|steps|num_patches|length|window", (6, 4)),
    ("kernel_(size|shape)|kernel|filter_size", (3, "<table>")),
    (r"(pool|patch|block|window|tile)_size|(?<!_)size", (2, 4)),
    ("strides?|dilations?|dilation_rate", (1,)),
    ("ratio|reduction|expansion|reduction_factor|multiplier|depth_multiplier|repeats", (2, 0.5)),
    ("groups|num_layers|n_layers|num_blocks|blocks|depth|stages|top_k|k", (2, "<layers>")),
    ("bins|num_bins|buckets", (8,)),
    ("frequencies|probabilities|priors?|counts", ("<fractions>", 3)),
    ("boundaries|edges|thresholds|quantiles", ("<edges>", 0.5)),
    (r"\w*range|limits|bounds|interval", ("<interval>", 4)),
    ("epsilon|eps", (0.001,)),
    ("momentum|decay", (0.9,)),
    (
        r"\w*rate|dropout\w*|drop\w*|p|prob\w*|keep_prob|factor|alpha|beta|gamma|temperature|tau"
        r"|scale|std(dev)?|sigma|noise|strength|coef\w*|threshold|slope|l1|l2|lr|margin|weight",
        (0.2, 2, [0.1, 0.3]),
    ),
    ("equation|einsum", ("ab,bc->ac",)),
    ("(output|input)_shape", (4, [6, 4])),
    ("(target|new)_shape|shape", ("<flat>", 4, [6, 4])),
    ("output_size", (3, [3, 3])),
    ("dims|perm|permutation", ("<swap>", 8)),
    ("axis|axes", (-1, 1)),
    (r"activations?|nonlinearity|act(_fn)?|activation_\w+", ("relu", "<function>")),
    ("scale_init|init_scale|init_values?", (0.1,)),
    (r"\w*initializer|init", ("glorot_uniform",)),
    (r"\w*regularizer", ("l2",)),
    (r"\w*constraint", ("non_neg",)),
    ("padding|pad", ("same", 1)),
    ("data_format", ("channels_last",)),
    ("dtype", ("float32",)),
    ("cells", ("<cells>",)),
    ("cell|rnn_cell", ("<cell>",)),
    ("layers|modules|sublayers", ("<layers>", 2)),
    (
        r"(sub_?)?layer|module|wrapped|model|network|net|backbone|encoder|decoder|\w*_layer|block",
        ("<layer>", "<recurrent>"),
    ),
    (r"function|fn|func|callable|transform|op|\w+_fn|\w+_func", ("<function>",)),
    (
        r"matrix|table|\w*embeddings|vectors|basis|tensor|array|centers|anchors|codebook|weights"
        r"|lookup|\w*_matrix|\w*_weights|initial_values?",
        ("<table>", "<vector>"),
    ),
    (r"(input|in|model|embed\w*|emb|hidden|feature)_(dims?|size|channels|features)", (8, 4, 64)),
    (r"d_model|dim|width|channels|num_features|n_features|hidden_size|embed\w*", (8, 4, 64)),
    (r"rank|latent\w*|min_\w+", (2, 4)),
    (
        r"classes|categories|labels|experts|clusters|centroids|components|prototypes|slots|capsules"
        r"|levels|codes|branches|columns|iterations|num_\w+|n_\w+|n|max_\w+",
        (3, 4),
    ),
    (r"units|filters|height|features|hidden\w*|out\w*|\w*_dim|\w*_size|\w*_units", (4, 8)),
)
"""Names and the values that usually go with them; the first entry that fits counts. Sizes agree
with the usual inputs: 8 features, 6 steps, 20 ids."""


_FRAMEWORKS = ("name", "dtype", "seed", "trainable", "autocast")
"""What every layer takes, and no layer needs."""


def _names(words: str, name: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", words) is not None


def _is_open(item: Parameter) -> bool:
    return not item.required and item.unset and item.name not in _FRAMEWORKS


def _within_range(words: str) -> Value | None:
    found = re.search(r"range\s*[\[(]\s*(-?[\d.]+)\s*,\s*(-?[\d.]+)\s*[\])]", words)
    if found is None:
        return None
    try:
        low, high = float(found[1]), float(found[2])
    except ValueError:
        return None
    middle = (low + high) / 2
    return int(middle) if "." not in found[1] + found[2] and high - low > 2 else middle


def _one_of(words: str, now: Value) -> Value | None:
    """Return the first of the texts that the words allow; in a list where one was expected."""
    text = r"[\"']\w+[\"']"
    found = re.search(rf"\b(?:one of|in|among|either)\b\W{{0,3}}({text})\W+(?:or )?{text}", words)
    if found is None:
        return None
    return [found[1][1:-1]] if isinstance(now, list) else found[1][1:-1]


_ANNOTATED = (
    ("integer", r"\bint\b|Integral"),
    ("float", r"\bfloat|Real\b"),
    ("boolean", r"\bbool"),
    ("text", r"\bstr\b|Literal"),
    ("object", r"Callable|Layer\b|Module\b|Model\b"),
    ("array", r"ndarray|ArrayLike|Tensor\b"),
    ("table", r"dict|Mapping"),
    ("list", r"list|tuple|sequence|Sequence|Iterable"),
)
_DOCUMENTED = (
    ("array", r"\b(nd)?array|matrix"),
    ("list", r"\blist|\btuple"),
    ("object", r"callable|\bfunction\b|(layer|cell|module|model) instance|instance of"),
    ("text", r"\bstr(ings?)?\b"),
    ("float", r"\bfloat"),
    ("integer", r"\bint\b|\bintegers?\b|number of"),
    ("boolean", r"\bbool"),
)
"""What the kinds of values are called in annotations and in docstrings."""


def _annotated_kind(annotation: str) -> str | None:
    head = re.split(r"[\[|]", annotation.removeprefix("Optional["), maxsplit=1)[0]
    return next((kind for kind, pattern in _ANNOTATED if re.search(pattern, head)), None)


def _documented_kind(doc: str) -> str | None:
    found = [
        (match.start(), kind)
        for kind, pattern in _DOCUMENTED
        if (match := re.search(pattern, doc[:120], re.I)) is not None
    ]
    return min(found)[1] if found else None


def _kind_asked_for(words: str) -> str | None:
    found = re.search(r"(must|should|expected|needs?|requires?)\b([^.;\n]{0,60})", words, re.I)
    return _documented_kind(found[2]) if found else None
