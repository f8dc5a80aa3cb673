"""The schema of the config agrees with what is read."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from layerdoctor.config import schema, settings
from layerdoctor.config.settings import ConfigError
from tests.command import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SAMPLES = ROOT / "sample_layers" / "layerdoctor.toml"

EVERYTHING = """
app-dir = ["src", "."]
fail-on = "error"
ignore = ["LD104"]
select = ["LD1"]
exclude = ["**/old/**"]
baseline = "known.json"
per-path-ignores = { "old/**" = ["LD104"] }
memory-limit = "4G"
calls = 2
timeout = 1.5
seed = 3
device = "gpu"
strict = true
require-reason = true
jobs = 2
format = "json"
cache-dir = "cache"
cache-env = ["MYPKG_*"]
severity = { LD505 = "error", cut-gradient = "note" }

[targets.one]
target = "a.b:C"
args = { units = 4, table = { array = [2, 3] } }
inputs = [{ shape = [2, 3], dtype = "int32", low = 0, high = 9 }, { npy = "x.npy" }]
inputs-as = "list"
call = { training = true }
memory-limit = 1000

[targets.two]
target = "a.b:C"
inputs = { query = { shape = [2, 3] } }
"""

WRONG = [
    "fail-no = 'error'",
    "fail-on = 'errors'",
    "calls = 'three'",
    "calls = 0",
    "timeout = 0",
    "seed = -1",
    "jobs = 0",
    "device = 'tpu'",
    "memory-limit = '4X'",
    "memory-limit = 0",
    "severity = { LD505 = 'fatal' }",
    "format = 'text'",
    "strict = 'yes'",
    "ignore = 'LD1'",
    "[targets.a]\ninputs = []",
    "[targets.a]\ntarget = 'a:B'\nshape = [1]",
    "[targets.a]\ntarget = 'a:B'\ninputs = [{ shape = 'x' }]",
    "[targets.a]\ntarget = 'a:B'\ninputs = [{ shape = [1], dtype = 'float' }]",
    "[targets.a]\ntarget = 'a:B'\ninputs = { x = { shap = [1] } }",
]


def errors(text: str) -> list[Any]:
    return list(Draft202012Validator(schema.schema()).iter_errors(tomllib.loads(text)))


def test_the_shipped_file_is_up_to_date() -> None:
    assert schema.FILE.read_text(encoding="utf-8") == schema.text()


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(schema.schema())


def test_what_is_right_is_accepted_by_both(tmp_path: Path) -> None:
    for text in (EVERYTHING, SAMPLES.read_text(encoding="utf-8")):
        file = tmp_path / "layerdoctor.toml"
        file.write_text(text, encoding="utf-8")
        settings.load(file)
        assert errors(text) == []


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_refused_by_both(text: str, tmp_path: Path) -> None:
    file = tmp_path / "layerdoctor.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError):
        settings.load(file)
    assert errors(text)
