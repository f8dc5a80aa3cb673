"""What cannot be examined is told in one clear message, and ends with 2."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.command import COMMAND, ENVIRONMENT, layerdoctor

MODULES = {
    "layers": """
import keras


class Dense(keras.layers.Layer):
    def __init__(self, units, activation=None):
        super().__init__()
        self.units = units

    def call(self, inputs):
        return inputs


class Pair(keras.layers.Layer):
    def call(self, query, key, training, mask):
        return query + key


class Bias(keras.layers.Layer):
    def __init__(self, table):
        super().__init__()
        self.table = self.add_weight(shape=table.shape, initializer="zeros")

    def call(self, inputs):
        return inputs + self.table


class Six(keras.layers.Layer):
    def build(self, shape):
        self.kernel = self.add_weight(name="kernel", shape=(6, 2))

    def call(self, inputs):
        return keras.ops.matmul(inputs, self.kernel)


def factory(units):
    return Dense(units)


def forgetful():
    return None


number = 3
instance = Pair()
""",
    "needs_absent": "import no_such_package_anywhere\n",
    "broken": "def half(:\n",
    "stubborn": "value = 1\nraise ValueError('not today')\n",
    "leaving": "raise SystemExit('going')\n",
    "dying": "import os\nos.abort()\n",
    "endless": "while True:\n    pass\n",
    "training": "def train():\n    while True:\n        pass\n\n\ntrain()\n",
    "reading": "data = open('gone.csv').read()\n",
    "needing": "table = open('gone.csv').read()\n\n\ndef make():\n    return len(table)\n",
    "talking": "for step in range(50):\n    print('epoch', step)\nimport gone_again\n",
}

CASES: dict[str, tuple[dict[str, Any], str, str]] = {
    "no module": (
        {"target": "layer:Dense"},
        "import",
        r"there is no module `layer`, looked for under .* and on `sys\.path`; .*`--app-dir DIR`",
    ),
    "no file": (
        {"target": "gone/layers.py:Dense"},
        "import",
        r"there is no file `gone/layers\.py`",
    ),
    "import of another": (
        {"target": "needs_absent:Dense"},
        "import",
        r"importing `needs_absent` raised ModuleNotFoundError: No module named "
        r"'no_such_package_anywhere', at needs_absent\.py:1$",
    ),
    "syntax": (
        {"target": "broken.py:Dense"},
        "import",
        r"importing `broken` raised SyntaxError: invalid syntax .*, at broken\.py:1$",
    ),
    "import raises": (
        {"target": "stubborn:Dense"},
        "import",
        r"importing `stubborn` raised ValueError: not today, at stubborn\.py:2$",
    ),
    "import exits": (
        {"target": "leaving:Dense"},
        "import",
        r"importing `leaving` raised SystemExit: going, at leaving\.py:1$",
    ),
    "import dies": (
        {"target": "dying:Dense"},
        "import",
        r"importing `dying`: the process was ended by SIGABRT",
    ),
    "import hangs": (
        {"target": "endless:Dense", "timeout": 2},
        "import",
        r"importing `endless`: no answer within 2 s",
    ),
    "import trains": (
        {"target": "training:Dense", "timeout": 2},
        "import",
        r"importing `training`: no answer within 2 s; `train\(\)` at training\.py:6 runs whenever "
        r"the module is imported; .* under `if __name__ == \"__main__\":`$",
    ),
    "import reads": (
        {"target": "reading:Dense"},
        "import",
        r"No such file or directory: 'gone\.csv', at reading\.py:1; "
        r"`data = open\('gone\.csv'\)\.read\(\)` runs whenever",
    ),
    "import needs": (
        {"target": "needing:make"},
        "import",
        r"No such file or directory: 'gone\.csv', at needing\.py:1$",
    ),
    "import talks": (
        {"target": "talking:Dense"},
        "import",
        r"No module named 'gone_again', at talking\.py:3$",
    ),
    "no attribute": (
        {"target": "layers:Dens"},
        "attribute",
        r"module `layers` has no attribute `Dens`; did you mean `Dense`\?",
    ),
    "no inner attribute": (
        {"target": "layers:Dense.Inner"},
        "attribute",
        r"class `Dense` has no attribute `Inner`",
    ),
    "no layer": (
        {"target": "layers:number"},
        "not-a-layer",
        r"`layers:number` is a int; expected a subclass or an instance of `keras\.layers\.Layer`",
    ),
    "a factory that needs arguments": (
        {"target": "layers:factory"},
        "not-a-layer",
        r"that needs the argument `units`",
    ),
    "a factory of nothing": (
        {"target": "layers:forgetful"},
        "not-a-layer",
        r"`layers:forgetful` returned a NoneType; expected a layer",
    ),
    "an argument too many": (
        {"target": "layers:Dense", "args": {"units": 3, "rate": 0.5}},
        "inputs",
        r"unexpected keyword argument 'rate'.*expected `Dense\(.*units.*; leave out `--arg rate",
    ),
    "arguments for an instance": (
        {"target": "layers:instance", "args": {"units": 3}},
        "inputs",
        r"`layers:instance` is an instance, which takes no constructor arguments; "
        r"received `units`",
    ),
    "a missing argument of the call": (
        {"target": "layers:Pair", "inputs": [{"shape": [4, 5]}]},
        "inputs",
        r"missing a required argument: 'key'; add `--input key=SHAPE` or `--call key=VALUE`",
    ),
    "an input too many": (
        {"target": "layers:Dense", "args": {"units": 3}, "inputs": [{"shape": [4, 5]}] * 2},
        "inputs",
        r"too many positional arguments; leave out an input, or say .*`--inputs-as`",
    ),
    "no such array": (
        {"target": "layers:Dense", "args": {"units": 3}, "inputs": [{"npy": "gone.npy"}]},
        "inputs",
        r"cannot read the array `gone\.npy`: .*No such file.*expected a file written by",
    ),
    "no array": (
        {"target": "layers:Dense", "args": {"units": 3}, "inputs": [{"npy": "text.npy"}]},
        "inputs",
        r"cannot read the array `text\.npy`",
    ),
    "no such name in an archive": (
        {"target": "layers:Dense", "args": {"units": 3}, "inputs": [{"npy": "two.npz:kee"}]},
        "inputs",
        r"`two\.npz` holds no array `kee`; it holds `query`, `key`$",
    ),
    "data that does not fit": (
        {"target": "layers:Six", "inputs": [{"npy": "five.npy"}]},
        "inputs",
        r"for `five\.npy` \(8, 5\) float64, and works for `--shape 4,6`; save an array of such",
    ),
    "a pickled array": (
        {"target": "layers:Bias", "args": {"table": {"npy": "pickled.npy"}}},
        "inputs",
        r"cannot read the array `pickled\.npy`: it holds pickled objects, which are never loaded",
    ),
    "half an array": (
        {"target": "layers:Bias", "args": {"table": {"npy": "half.npy"}}},
        "inputs",
        r"cannot read the array `half\.npy`",
    ),
    "no such object": (
        {"target": "layers:Bias", "args": {"table": {"object": "layers:tabel"}}},
        "attribute",
        r"module `layers` has no attribute `tabel`",
    ),
    "an object of no module": (
        {"target": "layers:Bias", "args": {"table": {"object": "no_such_module:x"}}},
        "inputs",
        r"cannot import `no_such_module` for the object `no_such_module:x`",
    ),
    "an object that refuses": (
        {"target": "layers:Bias", "args": {"table": {"object": "layers:Dense", "args": {"x": 1}}}},
        "inputs",
        r"calling the object `layers:Dense` raised TypeError: .*unexpected keyword argument 'x'",
    ),
}


def toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value)


class Opened:
    """Writes a file when it is unpickled."""

    def __reduce__(self) -> tuple[Any, tuple[str, str]]:
        return open, ("unpickled", "w")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("bad input")
    for name, source in MODULES.items():
        (made / f"{name}.py").write_text(source, encoding="utf-8")
    (made / "text.npy").write_text("no array", encoding="utf-8")
    np.save(made / "pickled.npy", np.array([Opened()], dtype=object), allow_pickle=True)
    np.save(made / "five.npy", np.zeros((8, 5)))
    np.savez(made / "two.npz", query=np.zeros((2, 3)), key=np.zeros((2, 3)))
    np.save(made / "half.npy", np.zeros(100))
    (made / "half.npy").write_bytes((made / "half.npy").read_bytes()[:200])
    lines = []
    for name, (table, _, _) in CASES.items():
        lines.append(f'[targets."{name}"]')
        lines += [f"{key} = {toml(item)}" for key, item in table.items()]
        if "inputs" not in table:
            lines.append("inputs = [{ shape = [4, 5] }]")
    (made / "layerdoctor.toml").write_text("\n".join(lines), encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def run(folder: Path) -> subprocess.CompletedProcess[str]:
    return layerdoctor(
        "check", "--no-cache", "--format", "json", "--output", "report.json", cwd=folder
    )


@pytest.fixture(scope="module")
def errors(run: subprocess.CompletedProcess[str], folder: Path) -> dict[str, Any]:
    found = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return {target["id"]: target["error"] for target in found["targets"]}


def test_nothing_to_examine_ends_with_2(run: subprocess.CompletedProcess[str]) -> None:
    assert run.returncode == 2


def test_an_import_does_not_flood_standard_error(run: subprocess.CompletedProcess[str]) -> None:
    assert re.findall("epoch [0-9]+", run.stderr) == [f"epoch {number}" for number in range(5)]
    assert "(45 more lines printed by the import; what is no definition" in run.stderr


@pytest.mark.parametrize("name", CASES)
def test_it_is_told_what_was_received_and_what_to_write(errors: dict[str, Any], name: str) -> None:
    _, kind, words = CASES[name]
    assert errors[name] is not None
    assert errors[name]["kind"] == kind
    assert re.search(words, errors[name]["message"], re.DOTALL)


def test_no_traceback_shows_our_own_frames(errors: dict[str, Any]) -> None:
    shown = [error["traceback"] or "" for error in errors.values()]
    assert any("not today" in text for text in shown)
    assert [text for text in shown if "layerdoctor/probe" in text or "importlib" in text] == []


def test_a_pickle_is_never_opened(errors: dict[str, Any], folder: Path) -> None:
    assert errors["a pickled array"] is not None
    assert not (folder / "unpickled").exists()


def test_another_backend_that_is_exported_is_refused(folder: Path) -> None:
    pair = ("inspect", "layers:Pair", "--shape", "4,5")
    ended = layerdoctor(*pair, cwd=folder, KERAS_BACKEND="jax")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == (
        "layerdoctor: KERAS_BACKEND is `jax`; layers are examined on TensorFlow: "
        "unset KERAS_BACKEND, or write `KERAS_BACKEND=tensorflow layerdoctor ...`\n"
    )


REPORT_BACKEND = """
import os

import keras


class Backend(keras.layers.Layer):
    def call(self, inputs):
        print("home", os.environ.get("KERAS_HOME"))
        print("models", os.path.realpath(os.path.join(os.environ["KERAS_HOME"], "models")))
        return inputs
"""


@pytest.fixture
def keras_home(tmp_path: Path) -> Path:
    (tmp_path / "backend.py").write_text(REPORT_BACKEND, encoding="utf-8")
    home = tmp_path / "home of Keras"
    (home / "models").mkdir(parents=True)
    return home


def test_another_backend_in_the_config_of_keras_is_overridden_and_said_so(keras_home: Path) -> None:
    config = keras_home / "keras.json"
    config.write_text(json.dumps({"backend": "jax"}), encoding="utf-8")
    before = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    ended = subprocess.run(
        [*COMMAND, "inspect", "backend:Backend", "--shape", "4,5"],
        cwd=keras_home.parent,
        env={**ENVIRONMENT, **before, "KERAS_HOME": str(keras_home)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert ended.returncode == 0
    assert f"layerdoctor: {config} names the backend `jax`" in ended.stderr
    assert f"home {keras_home}" in ended.stderr
    assert json.loads(config.read_text(encoding="utf-8")) == {"backend": "jax"}


def test_keras_writes_no_config_where_there_was_none(keras_home: Path, tmp_path: Path) -> None:
    ended = subprocess.run(
        [*COMMAND, "inspect", "backend:Backend", "--shape", "4,5"],
        cwd=tmp_path,
        env={**ENVIRONMENT, "KERAS_HOME": str(keras_home)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert ended.returncode == 0
    assert sorted(path.name for path in keras_home.iterdir()) == ["models"]
    private = re.search(r"^home (.*)$", ended.stderr, re.MULTILINE)
    assert private is not None
    assert not Path(private[1]).exists()
    assert f"models {keras_home / 'models'}" in ended.stderr


def test_python_without_tensorflow_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "tensorflow.py").write_text("raise ImportError('broken wheel')", encoding="utf-8")
    ended = subprocess.run(
        [*COMMAND, "inspect", "keras.layers:Dense", "--shape", "4,5", "--arg", "units=2"],
        cwd=tmp_path,
        env={**ENVIRONMENT, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ENVIRONMENT['PYTHONPATH']}"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert ended.returncode == 2
    assert "ImportError: broken" in ended.stdout
    assert sys.executable in ended.stdout
