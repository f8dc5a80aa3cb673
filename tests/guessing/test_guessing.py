"""What is guessed of arguments and inputs, and what a failure teaches."""

from __future__ import annotations

from typing import Any

import pytest

from layerdoctor.guessing.arguments import Arguments, Parameter, usual_values
from layerdoctor.guessing.forms import usual_forms
from layerdoctor.guessing.source_hints import Hints, choices, documented_shapes, handed_on, read


def first_value(name: str, annotation: str = "", doc: str = "") -> Any:
    parameter = Parameter(name=name, required=True, annotation=annotation, doc=doc)
    return next(usual_values(parameter, "keras"))


@pytest.mark.parametrize(
    ("name", "annotation", "doc", "value"),
    [
        ("units", "", "", 4),
        ("num_heads", "", "", 2),
        ("kernel_size", "", "", 3),
        ("rate", "", "", 0.2),
        ("axis", "", "", -1),
        ("hidden_size", "", "", 8),
        ("patch_size", "", "", 2),
        ("vocab_size", "int", "", 20),
        ("activation", "", "", "relu"),
        ("layer", "", "", {"object": "keras.layers:Dense", "args": {"units": 4}}),
        ("embedding_matrix", "np.ndarray", "", {"array": [20, 8]}),
        ("num_position_embeddings", "", "", 20),
        ("value_range", "", "", [0.0, 1.0]),
        ("min_level", "", "", 2),
        ("layer_scale_init", "", "", 0.1),
        ("unheard_of", "float", "", 0.5),
        ("unheard_of", "list[int]", "", [4, 4]),
        ("unheard_of", "Literal['left', 'right']", "", "left"),
        ("unheard_of", "", "Float between 0 and 1.", 0.5),
        ("unheard_of", "", "Positive integer.", 4),
    ],
)
def test_usual_values(name: str, annotation: str, doc: str, value: Any) -> None:
    assert first_value(name, annotation, doc) == value


def test_a_failure_moves_the_argument_it_names() -> None:
    parameters = [Parameter(name=name, required=True) for name in ("units", "factor")]
    arguments = Arguments(parameters, {}, "keras")
    before = dict(arguments.guessed)
    assert arguments.amend("`factor` must be an integer in the range [1, 9]")
    assert arguments.guessed == {**before, "factor": 5}


def test_an_optional_argument_is_given_once_a_failure_asks_for_it() -> None:
    parameters = [Parameter(name="num_bins", required=False, unset=True)]
    arguments = Arguments(parameters, {}, "keras")
    assert arguments.values == {}
    assert arguments.amend("you need to set `num_bins`")
    assert arguments.values == {"num_bins": 8}


def test_given_arguments_are_never_changed() -> None:
    arguments = Arguments([Parameter(name="units", required=True)], {"units": 7}, "keras")
    assert not arguments.amend("`units` must be a string")
    assert arguments.values == {"units": 7}


@pytest.mark.parametrize(
    ("call", "hints"),
    [
        ("def call(self, x):\n    b, t, c = tf.shape(x)", Hints(rank=3)),
        ("def call(self, x):\n    b, h, w, c = x.shape", Hints(rank=4)),
        (
            "def call(self, x):\n    a, b = x\n    return a + b",
            Hints(items=2, item_names=("a", "b")),
        ),
        ("def call(self, x):\n    return x['ids'] + x['mask']", Hints(keys=("ids", "mask"))),
        ("def call(self, x):\n    return tf.gather(self.table, x)", Hints(integer=True)),
        ("def call(self, x):\n    return tf.nn.conv2d(x, self.w)", Hints(rank=4)),
        ("def call(self, x):\n    return tf.reduce_mean(x, axis=[1, 2])", Hints(least_rank=3)),
        ("def call(self, x):\n    return x[:, -1, :]", Hints(least_rank=3)),
        ("def call(self, x):\n    steps = ops.shape(x)[-2]", Hints(least_rank=3)),
        ("def call(self, x):\n    size = tf.shape(x)\n    b, t, c = size", Hints(rank=3)),
        ("def call(self, x):\n    width = x.shape[-1]", Hints()),
        ("def call(self, x):\n    return not python", Hints()),
    ],
)
def test_hints_in_the_source(call: str, hints: Hints) -> None:
    assert read(call, "", "x", "", "") == hints


def test_hints_in_build_annotation_and_docstring() -> None:
    build = "def build(self, input_shape):\n    batch, steps, width = input_shape"
    assert read("", build, "x", "", "").rank == 3
    build = "def build(self, input_shape):\n    self.width = input_shape[-2] * input_shape[-1]"
    assert read("", build, "x", "", "").least_rank == 3
    assert read("", "", "x", "list[tf.Tensor]", "").items == 2
    assert read("", "", "x", "", "x: a tensor of shape (batch, height, width, channels)").rank == 4


def test_documented_lists_and_shapes() -> None:
    text = """Gather.

    inputs: List of tensors to stack.

        - nodes (Tensor): Embeddings of shape `([N], F)`
        - index (Tensor): Pairs of shape `(2, [M])`
    """
    hints = read("", "", "inputs", "", text)
    assert (hints.items, hints.item_shapes) == (2, (("N", "F"), ("2", "M")))
    assert documented_shapes("- one of shape (batch, ...)") == ()
    form = next(usual_forms(["inputs"], Hints(items=2, item_shapes=hints.item_shapes)))
    assert [item.shape for item in form.inputs] == [(4, 8), (2, 6)]


def test_an_annotation_of_alternatives_asks_for_no_list() -> None:
    assert read("", "", "x", "Union[tf.Tensor, list[int], int]", "") == Hints()


def test_what_a_constructor_hands_on() -> None:
    handed = handed_on("def __init__(self, a, **kw):\n    super().__init__(a, units=4, **kw)")
    assert (handed.positional, handed.keywords, handed.rest) == (1, frozenset({"units"}), True)
    assert handed_on("def __init__(self, **kw):\n    Base.__init__(self, **kw)").positional == 0
    assert not handed_on("def __init__(self, **kw):\n    pass").rest


def test_texts_that_a_constructor_compares_with_come_first() -> None:
    source = "def __init__(self, mode):\n    if mode not in ('left', 'right'):\n        raise"
    parameter = Parameter(name="mode", required=True, choices=choices(source, "mode"))
    assert next(usual_values(parameter, "keras")) == "left"


def test_texts_that_a_failure_allows_are_taken() -> None:
    arguments = Arguments([Parameter(name="statistics", required=True)], {}, "keras")
    arguments.guessed["statistics"] = [4]
    assert arguments.amend("statistic must be one of ['mean', 'max']")
    assert arguments.values == {"statistics": ["mean"]}


def test_inputs_have_the_roles_of_their_names() -> None:
    form = next(usual_forms(["query", "memory", "attention_mask", "token_ids"], Hints()))
    query, memory, mask, ids = form.inputs
    assert query.shape == memory.shape == (2, 6, 8)
    assert (mask.shape, mask.dtype) == ((2, 6), "bool")
    assert (ids.shape, ids.dtype) == ((2, 6), "int32")
    assert [item.name for item in form.inputs] == ["query", "memory", "attention_mask", "token_ids"]


def test_a_list_is_no_call_where_more_than_that_is_required() -> None:
    for form in usual_forms(["inputs", "states"], Hints(items=2)):
        assert [item.name for item in form.inputs] == ["inputs", "states"]


def test_lengths_are_one_for_each_sample() -> None:
    form = next(usual_forms(["sequence", "output_lengths"], Hints()))
    assert [item.shape for item in form.inputs] == [(2, 6, 8), (2,)]
    assert (form.inputs[1].dtype, form.inputs[1].low, form.inputs[1].high) == ("int32", 1, 6)


def test_a_size_that_a_usual_one_is_divided_by_comes_last() -> None:
    arguments = Arguments([Parameter(name="dim", required=True)], {}, "keras")
    tried = [arguments.guessed["dim"]]
    while arguments.amend("dim should be divisible by head_dim") and len(tried) < 3:
        tried.append(arguments.guessed["dim"])
    assert tried == [8, 4, 64]
