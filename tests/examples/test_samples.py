"""What layerdoctor says of each sample layer: every finding, its subject and its line."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from tests.command import ROOT, layerdoctor

SAMPLES = ROOT / "sample_layers"

SAID: dict[str, list[tuple[str, str | None, str]]] = {
    "pretrained_embedding": [],
    "dynamic_bias": [],
    "prompt_columns": [("LD003", None, "tf.concat(")],
    "projection": [],
    "affine_projection": [],
    "activated_projection": [],
    "linear_score": [("LD003", None, "tf.matmul(")],
    "prior_logits": [
        ("LD104", "self.log_prior", "self.log_prior = "),
        ("LD505", None, "+ self.log_prior"),
    ],
    "weekday_lookup": [("LD104", "self.table", "self.table = ")],
    "temperature": [],
    "plain_temperature": [("LD101", "self.temperature", 'tf.Variable(1.0, name="temperature")')],
    "legacy_temperature": [],
    "platt_scaling": [],
    "deferred_dense": [],
    "initialized_dense": [],
    "bottleneck": [],
    "activity_memory": [("LD302", "self.history", "self.history.append(")],
    "attention_pool": [
        ("LD301", None, "keras.layers.Dense(self.hidden"),
        ("LD301", None, "keras.layers.Dense(1)"),
    ],
    "attentive_relu": [
        ("LD104", "SHARPNESS", "SHARPNESS = "),
        ("LD505", None, "tf.sigmoid(SHARPNESS)"),
    ],
    "batch_whitening": [
        ("LD101", "self.moving_mean", "self.moving_mean = "),
        ("LD101", "self.moving_variance", "self.moving_variance = "),
    ],
    "capsule_squash": [
        ("LD205", "output", "capsules / length"),
        ("LD508", None, "def call"),
    ],
    "causal_scores": [
        ("LD402", "self.mask", "self.mask = tf.linalg"),
        ("LD508", None, "def __init__"),
    ],
    "column_dropout": [("LD506", None, "tf.nn.dropout(")],
    "contrast_stretch": [("LD401", None, "images.numpy()")],
    "expert_router": [("LD202", "self.gate", "tf.argmax(")],
    "gated_unit": [("LD201", "self.gate_bias", "self.gate_bias = ")],
    "gaussian_bands": [
        ("LD104", "self.places", "self.places = "),
        ("LD106", "self.columns", "self.columns = "),
    ],
    "input_noise": [("LD403", None, "np.random.normal(")],
    "mlp_block": [
        ("LD501", "activation", "config.update("),
        ("LD508", None, "def __init__"),
    ],
    "prototype_head": [("LD203", "self.prototypes", "ops.stop_gradient(")],
    "radial_basis": [("LD503", None, "return (*input_shape")],
    "random_features": [("LD103", "self.directions", "self.directions = ")],
    "residual_tower": [
        ("LD102", "self.blocks", "self.first = "),
        ("LD102", "self.blocks", "self.second = "),
    ],
    "step_blend": [("LD504", None, "tf.zeros((self.batch, inputs.shape[-1]), inputs.dtype)")],
    "wide_and_deep": [("LD001", None, "def __init__")],
    "low_rank_adapter": [],
    "straight_through": [],
    "transformer_block": [],
}
"""The findings of each target: the code, the subject, and what stands on the line pointed at."""

LEGACY = {"legacy_temperature"}


@pytest.fixture(scope="module")
def targets() -> dict[str, dict[str, Any]]:
    """Return what one run says of every sample, by the target's id."""
    config = ("--config", str(SAMPLES / "layerdoctor.toml"))
    result = layerdoctor("check", "--no-cache", "--format", "json", *config, cwd=ROOT)
    assert result.returncode == 1, result.stderr
    return {target["id"]: target for target in json.loads(result.stdout)["targets"]}


def test_every_configured_sample_has_its_findings_stated() -> None:
    config = msgspec.toml.decode((SAMPLES / "layerdoctor.toml").read_bytes())
    assert set(config["targets"]) == set(SAID)


@pytest.mark.parametrize("name", SAID)
def test_sample(name: str, targets: dict[str, dict[str, Any]]) -> None:
    target = targets[name]
    assert target["status"] == "examined"
    assert target["framework"] == ("tf_keras" if name in LEGACY else "keras")
    findings = target["findings"]
    said = sorted((finding["code"], finding["subject"] or "") for finding in findings)
    assert said == sorted((code, subject or "") for code, subject, _ in SAID[name]), findings
    for finding in findings:
        assert any(
            (finding["code"], finding["subject"]) == (code, subject) and text in pointed_at(finding)
            for code, subject, text in SAID[name]
        ), finding


def pointed_at(finding: dict[str, Any]) -> str:
    """Return the lines of source that the finding points at."""
    location = finding["location"]
    assert location["file"].startswith("sample_layers/")
    lines = (ROOT / location["file"]).read_text(encoding="utf-8").splitlines()
    return "\n".join(lines[location["line"] - 1 : location["end_line"]])
