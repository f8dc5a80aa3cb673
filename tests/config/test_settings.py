"""What a config file says becomes settings and targets, or an error that names file and key."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from layerdoctor.config.settings import ConfigError, Settings, find, load, overridden
from layerdoctor.target import BadInput, Input, Target

WHOLE = """
app-dir = "src"
fail-on = "error"
select = ["LD1"]
ignore = ["LD104"]
calls = 4
timeout = 30
seed = 7
device = "gpu"
memory-limit = "4G"
exclude = ["**/migrations/**"]
baseline = "known.json"
strict = true
jobs = 2
format = "concise"
cache-dir = "cache"
cache-env = ["MYPKG_*"]
severity = { LD505 = "error" }
require-reason = true

[targets.attention]
target = "mypkg.layers:Attention"
args = { units = 64, table = { array = [10, 4] }, start = { npy = "start.npy" } }
inputs = [{ shape = [8, 16, 64] }]
call = { training = true }
select = ["LD2"]
ignore = ["LD301"]
timeout = 5
calls = 2
seed = 1
device = "cpu"
memory-limit = 1024

[targets.decoder]
target = "layers/decoder.py:Decoder"
inputs-as = "list"
[targets.decoder.inputs]
query = { shape = [8, 16, 64] }
ids = { shape = [8, 16], dtype = "int32", low = 0, high = 999 }
bias = { npy = "tests/bias.npy" }
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, text: str, name: str = "layerdoctor.toml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_every_key_arrives(home: Path) -> None:
    settings = load(write(home, WHOLE))
    attention, decoder = settings.configured()
    assert (settings.fail_on, settings.select, settings.ignore) == ("error", ["LD1"], ["LD104"])
    assert (settings.exclude, settings.baseline) == (["**/migrations/**"], "known.json")
    assert (settings.strict, settings.jobs, settings.format) == (True, 2, "concise")
    assert settings.cache_folder == home / "cache"
    assert (settings.cache_env, settings.require_reason) == (["MYPKG_*"], True)
    assert settings.severity == {"LD505": "error"}
    table = settings.targets["attention"]
    assert (table.select, table.ignore) == (["LD2"], ["LD301"])
    assert attention == Target(
        id="attention",
        target="mypkg.layers:Attention",
        args={"units": 64, "table": {"array": [10, 4]}, "start": {"npy": "start.npy"}},
        inputs=(Input(shape=(8, 16, 64)),),
        call={"training": True},
        app_dirs=("src",),
        calls=2,
        timeout=5.0,
        seed=1,
        device="cpu",
        memory_limit=1024,
    )
    assert decoder == Target(
        id="decoder",
        target=f"{Path('layers', 'decoder.py')}:Decoder",
        inputs=(
            Input(name="query", shape=(8, 16, 64)),
            Input(name="ids", shape=(8, 16), dtype="int32", low=0.0, high=999.0),
            Input(name="bias", npy=str(Path("tests", "bias.npy"))),
        ),
        inputs_as="list",
        app_dirs=("src",),
        calls=4,
        timeout=30.0,
        seed=7,
        device="gpu",
        memory_limit=4 * 2**30,
    )


def test_pyproject_says_the_same_under_its_prefix(home: Path) -> None:
    prefixed = re.sub(r"(?m)^\[", "[tool.layerdoctor.", f"[tool.layerdoctor]\n{WHOLE}")
    prefixed = prefixed.replace("[tool.layerdoctor.tool.layerdoctor]", "[tool.layerdoctor]")
    pyproject = write(home / "a", prefixed, "pyproject.toml")
    plain = write(home / "a", WHOLE)
    assert load(pyproject).configured() == load(plain).configured()


def test_without_a_file_there_are_the_defaults(home: Path) -> None:
    settings = load(None)
    assert settings == Settings()
    assert settings.configured() == ()
    assert settings.plain("a:B") == Target(id="a:B", target="a:B")


def test_the_closest_file_is_found(home: Path) -> None:
    outer = write(home, "")
    inner = home / "a" / "b"
    inner.mkdir(parents=True)
    assert find(inner) == outer
    write(home / "a", "[tool.other]\n", "pyproject.toml")
    assert find(inner) == outer
    closer = write(home / "a", "[tool.layerdoctor]\n", "pyproject.toml")
    assert find(inner) == closer
    closest = write(home / "a", "")
    assert find(inner) == closest


def test_paths_are_relative_to_the_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(home / "project", WHOLE.replace('"src"', '["src", "/opt/lib"]'))
    elsewhere = home / "elsewhere"
    elsewhere.mkdir()
    attention, decoder = load(file).configured()
    assert attention.app_dirs == (str(Path("project", "src")), os.path.abspath("/opt/lib"))
    assert attention.args["start"] == {"npy": str(Path("project", "start.npy"))}
    monkeypatch.chdir(elsewhere)
    attention, decoder = load(file).configured()
    assert attention.app_dirs[0] == str(home / "project" / "src")
    assert decoder.target == f"{home / 'project' / 'layers' / 'decoder.py'}:Decoder"
    assert decoder.inputs[2].npy == str(home / "project" / "tests" / "bias.npy")


def test_without_app_dir_modules_are_beside_the_file(home: Path) -> None:
    settings = load(write(home / "project", '[targets.a]\ntarget = "a:B"\n'))
    assert [target.app_dirs for target in settings.configured()] == [("project",)]
    assert settings.plain("a:B").app_dirs == (".",)


def test_the_command_line_wins_over_the_file_and_over_a_target(home: Path) -> None:
    settings = overridden(
        load(write(home, WHOLE)), {"calls": 9, "memory_limit": "1k", "fail_on": "never"}
    )
    assert settings.fail_on == "never"
    assert [(t.calls, t.memory_limit, t.timeout) for t in settings.configured()] == [
        (9, 1024, 5.0),
        (9, 1024, 30.0),
    ]


def test_what_is_selected_on_the_command_line_the_config_does_not_ignore(home: Path) -> None:
    settings = overridden(load(write(home, WHOLE)), {"select": ["LD104"], "ignore": ["LD106"]})
    assert (settings.select, settings.ignore) == (["LD104"], ["LD106"])
    table = settings.targets["attention"]
    assert (table.select, table.ignore) == ([], ["LD301"])
    added = overridden(load(write(home, WHOLE)), {"ignore": ["LD106"]})
    assert (added.select, added.ignore) == (["LD1"], ["LD104", "LD106"])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"calls": 0}, "--calls: received `0`; expected a whole number from 1 on"),
        ({"timeout": 0.0}, "--timeout: received `0.0`; expected a number above 0"),
        ({"timeout": float("inf")}, "--timeout: received `inf`"),
        ({"timeout": float("nan")}, "--timeout: received `nan`"),
        ({"seed": -1}, "--seed: received `-1`; expected a whole number from 0"),
        ({"seed": 2**32}, "--seed: received `4294967296`"),
        ({"device": "tpu"}, "--device: received `tpu`; expected one of cpu, gpu"),
        ({"memory_limit": "much"}, "--memory-limit: received `much`; expected text such as `4G`"),
        ({"fail_on": "all"}, "--fail-on: received `all`; expected one of error, warning, note"),
    ],
)
def test_what_the_command_line_cannot_say(given: dict[str, object], message: str) -> None:
    with pytest.raises(BadInput, match=re.escape(message)):
        overridden(Settings(), given)


TARGET = '[targets.a]\ntarget = "a:B"\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fail_on = 'error'", "unknown key `fail_on`; did you mean `fail-on`?"),
        ("zzz = 1", "unknown key `zzz`; expected one of app-dir, baseline"),
        ("file = 'x'", "unknown key `file`"),
        ("calls = 'three'", "calls: received `three`; expected a whole number from 1 on"),
        ("calls = true", "calls: received `true`; expected a whole number"),
        ("calls = 0", "calls: received `0`"),
        ("timeout = inf", "timeout: received `inf`"),
        ("fail-on = 'all'", "fail-on: received `all`"),
        ("device = 'tpu'", "device: received `tpu`"),
        ("memory-limit = -1", "memory-limit: received `-1`"),
        ("strict = 1", "strict: received `1`; expected true or false"),
        ("jobs = 0", "jobs: received `0`; expected a whole number from 1 on"),
        ("format = 'jsno'", "did you mean `json`?"),
        ("cache-dir = 1979-05-27", "cache-dir: received `1979-05-27`; expected text"),
        (
            "severity = { LD505 = 'eror' }",
            "severity.LD505: received `eror`; expected one of error,",
        ),
        ("severity = 'error'", "severity: received `error`; expected a table"),
        ("ignore = 'LD1'", "ignore: received `LD1`; expected a list of texts"),
        ("app-dir = ['a', 3]", "app-dir[1]: received `3`; expected text"),
        ("targets = 3", "targets: received `3`; expected a table"),
        ("[targets]\na = 3", "targets.a: received `3`; expected a table"),
        ("[targets.a]\ncalls = 2", "targets.a: the key `target` is missing"),
        ("[targets.a]\ntarget = 'nothing'", "`nothing` is no target"),
        (TARGET + "arg = {}", "targets.a: unknown key `arg`; did you mean `args`?"),
        (TARGET + "calls = 'three'", "targets.a.calls: received `three`; expected a whole number"),
        (TARGET + "seed = -1", "targets.a.seed: received `-1`"),
        (TARGET + "inputs-as = 'set'", "targets.a.inputs-as: received `set`"),
        (
            TARGET + "inputs = 3",
            "targets.a.inputs: received `3`; expected a list of tables or a table",
        ),
        (TARGET + "inputs = [3]", "targets.a.inputs[0]: received `3`; expected a table"),
        (TARGET + "inputs = [{}]", "targets.a.inputs[0]: expected either `shape` or `npy`"),
        (TARGET + "inputs = [{ shap = [2] }]", "inputs[0]: unknown key `shap`; did you mean `sha"),
        (
            TARGET + "inputs = [{ shape = [-1] }]",
            "inputs[0].shape[0]: received `-1`; expected a whole number from 0",
        ),
        (
            TARGET + "inputs = [{ shape = 2 }]",
            "inputs[0].shape: received `2`; expected a list of whole numbers",
        ),
        (
            TARGET + "inputs = { x = { shape = [2], dtype = 'int' } }",
            "targets.a.inputs.x.dtype: received `int`; expected one of float16",
        ),
        (
            TARGET + "inputs = { x = { shape = [2], name = 'y' } }",
            "targets.a.inputs.x: the key is the name; leave `name` out",
        ),
        (
            TARGET + "inputs = [{ shape = [2], dtype = 'int8', low = 0, high = 300 }]",
            "targets.a.inputs[0]: `300` is no value of `int8`",
        ),
        (
            TARGET + "inputs = [{ shape = [2], low = 1, high = 0 }]",
            "targets.a.inputs[0]: the range from 1 to 0 is empty",
        ),
        (
            TARGET + "inputs = [{ npy = 'a.npy', dtype = 'int8' }]",
            "targets.a.inputs[0]: the array of a file has its own dtype",
        ),
        (
            TARGET + "args = { deep = [{ array = [2], hihg = 3 }] }",
            "targets.a.args: unknown key `hihg`; did you mean `high`?",
        ),
        (TARGET + "args = { start = { object = 'x' } }", "`x` is no target"),
        ("fail-on = \ncalls = 3", "layerdoctor.toml:1:11: is no TOML: invalid value"),
        ("calls = 3\n[targets.a", "layerdoctor.toml:2: is no TOML: expected"),
    ],
)
def test_what_a_config_cannot_say(home: Path, text: str, message: str) -> None:
    file = write(home, text)
    with pytest.raises(ConfigError) as refused:
        load(file)
    assert str(refused.value).startswith(f"{file}:")
    assert message in str(refused.value)


def test_a_config_that_cannot_be_read_is_named(home: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot read the config gone\.toml: No such file"):
        load(Path("gone.toml"))
    bytes_of_another_encoding = home / "layerdoctor.toml"
    bytes_of_another_encoding.write_bytes(b'app-dir = "\xff"')
    with pytest.raises(ConfigError, match="is not UTF-8"):
        load(bytes_of_another_encoding)
    with pytest.raises(ConfigError, match=re.escape("there is no table `[tool.layerdoctor]`")):
        load(write(home, "", "pyproject.toml"))
