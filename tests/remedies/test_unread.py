"""What a change has left unread goes with it."""

from __future__ import annotations

import libcst as cst
import pytest

from layerdoctor.remedies.editing.unread import without_unread

SOURCE = """\
import tensorflow as tf


class Fold:
    def call(self, x):
        # as many as there are
        batch = {value}
        rows = batch
        size = x.shape[1]
        unread = size
        return tf.reshape(x, (rows, size))

    def other(self, x):
        batch = x.shape[0]
        return batch
"""


def changed(value: str, after: str) -> str:
    before = SOURCE.format(value=value)
    modules = (cst.parse_module(text) for text in (before, before.replace("(rows, size)", after)))
    return without_unread(*modules).code


@pytest.mark.parametrize("value", ["x.shape[0]", "tf.shape(x)[0]", "len(x) + 1", "int(x[0])"])
def test_what_only_the_former_text_read_is_taken_out(value: str) -> None:
    found = changed(value, "(-1, size)")
    assert "rows" not in found
    assert "# as many" not in found
    assert found.count("batch") == 2, "that of another method stays"
    assert "unread = size" in found, "what nobody has read before is the author's"


@pytest.mark.parametrize("value", ["self.count(x)", "(n := 3)", "next(x)"])
def test_what_may_have_an_effect_stays(value: str) -> None:
    found = changed(value, "(-1, size)")
    assert "rows" not in found
    assert f"batch = {value}" in found


def test_what_is_still_read_stays() -> None:
    assert "rows = batch" in changed("x.shape[0]", "(rows + 0, -1)")
    assert "rows = batch" in changed("x.shape[0]", "[rows for _ in x]")
