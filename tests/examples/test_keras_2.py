"""With TensorFlow up to 2.15, where `keras` is Keras 2, the samples and examples say the same."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import pytest

from layerdoctor.rules import RULES
from tests.command import layerdoctor
from tests.examples.test_rule_examples import EXAMPLES, reported
from tests.examples.test_samples import SAID, SAMPLES


def is_keras_2() -> bool:
    try:
        return version("keras").startswith("2.")
    except PackageNotFoundError:
        return False


pytestmark = pytest.mark.skipif(not is_keras_2(), reason="the installed Keras is not Keras 2")

TRACKED = "Keras 2 tracks a `tf.Variable` and what a `tf.Module` holds"
ONE_SHAPE = "`build` of Keras 2 gets one shape, and this layer wants two"
ONE_NAME = "weights of sub-layers that `build` builds share a name, which `.h5` refuses"
UNASKED = "Keras 2 compiles with XLA only where it is asked to"
OWN: dict[str, tuple[set[str], str]] = {
    "plain_temperature": (set(), TRACKED),
    "batch_whitening": ({"LD502"}, f"{TRACKED}; without names of their own `.h5` refuses them"),
    "transformer_block": ({"LD002"}, ONE_SHAPE),
    "bad_LD101": (set(), TRACKED),
    "bad_LD102": ({"LD502"}, ONE_NAME),
    "good_LD102": ({"LD502"}, ONE_NAME),
    "bad_LD406": (set(), UNASKED),
}
"""What Keras 2 itself does otherwise, and what is said of it then."""


@pytest.fixture(scope="module")
def samples() -> dict[str, Any]:
    config = ("--config", str(SAMPLES / "layerdoctor.toml"))
    done = layerdoctor("check", "--no-cache", "--format", "json", *config, cwd=SAMPLES.parent)
    return {target["id"]: target for target in json.loads(done.stdout)["targets"]}


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return reported(tmp_path_factory.mktemp("examples"), EXAMPLES)


def said(target: dict[str, Any]) -> set[str]:
    """Return all codes; skip what needs Keras 3, or `tf_keras`, which is not installed there."""
    if target["error"] is not None and target["error"]["kind"] == "import":
        pytest.skip(target["error"]["message"].partition(" (")[0])
    assert target["status"] == "examined", target["error"]
    assert target["framework"] in ("tf_keras", "tf.Module", None)
    return {finding["code"] for finding in target["findings"]}


@pytest.mark.parametrize("name", SAID)
def test_a_sample_gets_the_same_findings(samples: dict[str, Any], name: str) -> None:
    codes, _ = OWN.get(name, ({code for code, _, _ in SAID[name]}, ""))
    assert said(samples[name]) == codes


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_shows_its_defect_and_no_other(examples: dict[str, Any], name: str) -> None:
    kind, _, code = name.partition("_")
    codes, _ = OWN.get(name, ({code} if kind == "bad" else set(), ""))
    notes = {rule.code for rule in RULES if rule.severity.value == "note"} - {code}
    assert said(examples[name]) - notes == codes
