"""A forked process lacks a thread of its server's, and a layer may wait for that for ever."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
import pytest

from tests.command import layerdoctor, write

PARSING = """
import keras
import tensorflow as tf

VALUES = tf.train.FloatList(value=[1.0] * 4000)
ROW = tf.train.Example(
    features=tf.train.Features(feature={"x": tf.train.Feature(float_list=VALUES)})
).SerializeToString()


class Parsing(keras.layers.Layer):
    def call(self, inputs):
        columns = {"x": tf.io.FixedLenFeature([4000], tf.float32)}
        rows = tf.io.parse_example(tf.constant([ROW] * 64), columns)
        return inputs + tf.cast(tf.reduce_mean(rows["x"]), inputs.dtype)
"""


@pytest.mark.thorough
@pytest.mark.skipif(sys.platform == "darwin", reason="no process is forked there")
def test_what_waits_for_a_thread_of_the_server_is_examined_in_a_process_of_its_own(
    tmp_path: Path,
) -> None:
    write(tmp_path, parsing=PARSING)
    options = ("--shape", "4,5", "--timeout", "10", "--format", "json")
    ended = layerdoctor("inspect", "parsing:Parsing", *options, cwd=tmp_path)
    (target,) = msgspec.json.decode(ended.stdout)["targets"]
    found = [each["code"] for each in target["findings"]]
    assert (target["status"], found, ended.returncode) == ("examined", [], 0)
