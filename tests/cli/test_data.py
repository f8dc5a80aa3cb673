"""Inputs that come from files of data, on the command line and in a config."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from tests.command import layerdoctor, write

TWO = """
import keras


class Two(keras.layers.Layer):
    def build(self, query_shape, key_shape):
        self.gain = self.add_weight(name="gain", shape=(query_shape[-1],))

    def call(self, query, key):
        return query * self.gain + keras.ops.cast(key, query.dtype)
"""


def test_an_archive_holds_inputs_by_name(tmp_path: Path) -> None:
    write(tmp_path, two=TWO)
    arrays = {"key": np.ones((8, 4), "int32"), "query": np.ones((8, 4), "float32")}
    np.savez(tmp_path / "batch.npz", **arrays)  # type: ignore[arg-type]
    result = layerdoctor("inspect", "two.py", "--input", "@batch.npz", "-f", "json", cwd=tmp_path)
    [target] = json.loads(result.stdout)["targets"]
    given = {each["name"]: (each["npy"], each["shape"], each["dtype"]) for each in target["inputs"]}
    assert given == {
        "key": ("batch.npz:key", [8, 4], "int32"),
        "query": ("batch.npz:query", [8, 4], "float32"),
    }
    assert target["outputs"][0]["shape"] == [8, 4]
    assert (target["findings"], result.returncode) == ([], 0)


def test_a_config_names_one_array_or_all_of_them(tmp_path: Path) -> None:
    tables = "".join(
        f'[targets.{name}]\ntarget = "two:Two"\ninputs = {inputs}\n'
        for name, inputs in (
            ("all", '[{ npy = "data/batch.npz" }]'),
            ("one", '{ query = { npy = "data/batch.npz:arr_1" }, key = { shape = [8, 4] } }'),
        )
    )
    write(tmp_path, two=TWO, config=tables)
    (tmp_path / "data").mkdir()
    np.savez(tmp_path / "data" / "batch.npz", np.ones((8, 4)), np.ones((8, 4)))
    result = layerdoctor("check", "-f", "json", cwd=tmp_path)
    targets = json.loads(result.stdout)["targets"]
    assert [target["outputs"][0]["shape"] for target in targets] == [[8, 4], [8, 4]]
    assert result.returncode == 0
    (tmp_path / "data" / "batch.npz").write_bytes(b"no archive")
    result = layerdoctor("check", cwd=tmp_path)
    assert "targets.all.inputs: cannot read the archive `data/batch.npz`" in result.stderr
    assert result.returncode == 2
