"""What a failure teaches: each row of the table answers the message that it was made for."""

from __future__ import annotations

import pytest

from layerdoctor.guessing.forms import Form, as_list, floats
from layerdoctor.guessing.lessons import FEATURES, LESSONS, Lesson, learn
from layerdoctor.target import Input


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.message)
def test_a_row_answers_its_own_message(lesson: Lesson) -> None:
    without = [other for other in LESSONS if other is not lesson]
    answers = learn(lesson.tried, lesson.message)
    assert answers
    assert lesson.tried not in answers
    assert answers != learn(lesson.tried, lesson.message, lessons=without)


@pytest.mark.parametrize(
    ("words", "shape"),
    [
        ("expected ndim=4, found ndim=2. Full shape received: (4, 8)", (2, 8, 8, 3)),
        ("expected min_ndim=3, found ndim=2", (2, 6, 8)),
        ("not enough values to unpack (expected 3, got 2)", (2, 6, 8)),
        ("tuple index out of range", (2, 6, 8)),
        ("images must be 4-dimensional", (2, 8, 8, 3)),
        ("Shape must be rank 3 but is rank 2", (2, 6, 8)),
        ("expected axis -1 of input shape to have value 5, but received (4, 8)", (4, 5)),
        ("Matrix size-incompatible: In[0]: [4,8], In[1]: [7,3]", (4, 7)),
        ("Dimensions must be equal, but are 8 and 5", (4, 5)),
        ("the number of channels (8) must be divisible by 12", (4, 24)),
    ],
)
def test_a_failure_teaches_the_shape(words: str, shape: tuple[int, ...]) -> None:
    assert shape in [form.inputs[0].shape for form in learn(FEATURES, words)]


def test_a_failure_teaches_type_range_and_structure() -> None:
    [form, *_] = learn(FEATURES, "indices[0,4] = -1 is not in [0, 20)")
    assert form.inputs == (Input(shape=(2, 6), dtype="int32", low=0, high=19, inferred=True),)
    [form, *_] = learn(FEATURES, "Value for attr 'T' of float is not in the list: int32, int64")
    assert form.inputs[0].dtype == "int32"
    [form, *_] = learn(FEATURES, "the inputs must be positive")
    assert (form.inputs[0].low, form.inputs[0].high) == (0.1, 1.0)
    [form, *_] = learn(FEATURES, "a merge layer should be called on a list of 3 inputs")
    assert (form.inputs_as, len(form.inputs)) == ("list", 3)


def test_a_list_that_was_wrong_becomes_one_input() -> None:
    tried = as_list(floats(2), 2)
    [form] = learn(tried, 'Layer "head" expects 1 input(s), but it received 2 input tensors.')
    assert form == Form(inputs=tried.inputs[:1])


def test_the_highest_rank_comes_first_where_one_sample_is_refused() -> None:
    words = "a single image has 3 dimensions; expected rank 4 or 5"
    ranks = [len(form.inputs[0].shape or ()) for form in learn(FEATURES, words)]
    assert ranks == sorted(ranks, reverse=True)
    assert len(ranks) > 1


def test_what_says_nothing_teaches_nothing_but_the_sizes_of_the_layer() -> None:
    assert learn(FEATURES, "something else went wrong") == []
    [form] = learn(FEATURES, "operands could not be broadcast together", [7])
    assert form.inputs[0].shape == (4, 7)
