"""Layers of which nothing is said but where they are: what is guessed, and what is said of it."""

from __future__ import annotations

import json
import shutil
import subprocess
import textwrap
from pathlib import Path
from typing import Any

import pytest

from tests.command import layerdoctor

LAYERS = """
    import keras
    import tensorflow as tf


    class Attend(keras.layers.Layer):
        def __init__(self, num_heads, key_dim, **kwargs):
            super().__init__(**kwargs)
            self.attention = keras.layers.MultiHeadAttention(num_heads, key_dim)
            self.supports_masking = True

        def build(self, query_shape, memory_shape):
            self.attention.build(query_shape, memory_shape)

        def call(self, query, memory, mask=None, training=False):
            return self.attention(query, memory, training=training)


    class Blur(keras.layers.Layer):
        def build(self, input_shape):
            self.scale = self.add_weight(name="scale", shape=(5,))

        def call(self, pictures):
            return tf.nn.avg_pool2d(pictures * self.scale, 2, 1, "SAME")


    class Broken(keras.layers.Layer):
        def call(self, inputs):
            return inputs + self.nothing


    class Refusing(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            raise ValueError("no")


    class Picky(keras.layers.Layer):
        def call(self, inputs):
            if inputs.shape[-1] != 37 or inputs.shape[0] != 3:
                raise ValueError("not what was agreed on")
            return inputs


    class Configured(keras.layers.Layer):
        def __init__(self, settings, **kwargs):
            super().__init__(**kwargs)
            self.units = settings.units

        def call(self, inputs):
            return inputs


    class Logarithm(keras.layers.Layer):
        def call(self, inputs):
            tf.debugging.assert_positive(inputs)
            return tf.math.log(inputs)
    """


FURTHER = """
    import os

    import keras
    import tensorflow as tf


    class Base(keras.layers.Layer):
        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.units = units

        def call(self, inputs):
            return inputs * self.units

        def get_config(self):
            return {**super().get_config(), "units": self.units}


    class HandingOn(Base):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)


    class Ending(keras.layers.Layer):
        def call(self, query, memory):
            if query.shape[-1] != 77:
                os._exit(9)
            return query + memory


    class HandingOnUnseen(Base):
        def __init__(self, **kwargs):
            initialise = Base.__init__
            initialise(self, **kwargs)


    class Filling(Base):
        def __init__(self, **kwargs):
            super().__init__(units=3, **kwargs)


    class Flavoured(keras.layers.Layer):
        def __init__(self, flavour, **kwargs):
            super().__init__(**kwargs)
            if flavour == 1234:
                self.factor = 2.0

        def call(self, inputs):
            return inputs * self.factor


    class Branching(keras.layers.Layer):
        def call(self, inputs):
            if inputs.shape[-1] == 37:
                factor = 2.0
            return inputs * factor


    class TooLate(keras.layers.Layer):
        def call(self, inputs):
            scaled = inputs * factor
            factor = 2.0
            return scaled


    class Asking(keras.layers.Layer):
        def __init__(self, table=None, names=None):
            super().__init__()
            if not (table or names):
                raise ValueError("what to look up is required")


    class Dropping(keras.layers.Layer):
        def call(self, inputs, training=False):
            if training:
                batch, steps, width = inputs.shape
                return inputs * tf.cast(tf.random.uniform((batch, steps, 1)) > 0.5, "float32")
            return inputs


    class OnlyTraining(keras.layers.Layer):
        def call(self, inputs, training=False):
            if not training:
                raise ValueError("nothing to do in inference")
            return inputs * 2.0


    class Edges(keras.layers.Layer):
        def call(self, inputs):
            nodes, edge_index = inputs
            return tf.gather(nodes, edge_index[0], axis=0)


    class Ordering(keras.layers.Layer):
        def call(self, inputs):
            return tf.argsort(inputs)


    class Frames(keras.layers.Layer):
        def call(self, inputs):
            return tf.signal.frame(inputs, frame_length=20, frame_step=10, axis=1)


    class AttendsToSelf(keras.layers.Layer):
        def build(self, input_shape):
            self.query = self.add_weight(name="query", shape=(input_shape[-1], 4))
            self.key = self.add_weight(name="key", shape=(input_shape[-1], 4))

        def call(self, inputs):
            rows, width = tf.shape(inputs)[0], inputs.shape[-1]
            query, key = (
                tf.reshape(inputs @ kernel, (rows, -1, 4)) for kernel in (self.query, self.key)
            )
            shares = tf.nn.softmax(tf.matmul(query, key, transpose_b=True))
            return tf.matmul(shares, tf.reshape(inputs, (rows, -1, width)))


    class Ends(keras.layers.Layer):
        def call(self, inputs):
            os.abort()


    class Levels(keras.layers.Layer):
        def call(self, inputs):
            given = isinstance(inputs, dict)
            return {level: inputs[level] for level in ("low", "high") if given}


    class Spreads(keras.layers.Layer):
        def __init__(self, rank, **kwargs):
            super().__init__(**kwargs)
            self.rank = rank

        def call(self, inputs):
            steps = tf.cast(self.rank - 2, inputs.dtype)
            return inputs * (2.0 * steps / steps)


    class CentresSteps(keras.layers.Layer):
        def build(self, input_shape):
            self.input_spec = keras.layers.InputSpec(ndim=len(input_shape))
            self.gain = self.add_weight(name="gain", shape=input_shape[-1:])

        def call(self, inputs):
            steps = list(range(1, len(inputs.shape) - 1))
            return self.gain * (inputs - tf.reduce_mean(inputs, axis=steps, keepdims=True))


    class WrapsDepthwise(keras.layers.Layer):
        def __init__(self, layer, **kwargs):
            super().__init__(**kwargs)
            self.layer = layer

        def call(self, inputs):
            kernel = self.layer.depthwise_kernel
            return self.layer(inputs) + tf.reduce_sum(kernel)


    class ThreeAxes(keras.layers.Layer):
        def call(self, inputs):
            if inputs.shape[-1] != 3:
                raise ValueError("pictures have three colours")
            return inputs * 2.0

        def compute_output_shape(self, input_shape):
            batch, steps, features = input_shape
            return batch, steps, features


    class PicksOne(keras.layers.Layer):
        def __init__(self, **kwargs):
            super().__init__()
            if not kwargs:
                raise ValueError("must provide one of rows and columns")


    class Empty(tf.Module):
        @property
        def variables(self):
            if not super().variables:
                raise ValueError("there are no variables yet")
            return super().variables

        trainable_variables = variables

        def __call__(self, inputs):
            return inputs * 2.0


    class Applies(tf.Module):
        def __init__(self, module):
            super().__init__()
            self.module = module

        def __call__(self, inputs):
            return self.module(inputs)


    class NamesFirst(keras.layers.Layer):
        def build(self, input_shape):
            self.gain = self.add_weight("gain", shape=input_shape[-1:])

        def call(self, inputs):
            return inputs * self.gain


    class HalfAShape(keras.layers.Layer):
        def call(self, inputs):
            return inputs[:, ::2]

        def compute_output_shape(self, input_shape):
            return input_shape[0], input_shape[1] / 2


    class Rounds(keras.layers.Layer):
        def call(self, inputs):
            return inputs * self.steps


    class RoundsHalves(Rounds):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.steps = 2.0


    class ReturnsNothing(keras.layers.Layer):
        def call(self, inputs):
            return None

        def compute_output_shape(self, input_shape):
            return input_shape


    class Times(keras.layers.Layer):
        def call(self, inputs):
            return tf.cast(inputs, "float32")[..., None] * tf.ones((6,))

        def compute_output_shape(self, input_shape):
            return input_shape[0], 6


    class WeighedSum(keras.layers.Layer):
        def build(self, input_shape):
            self.gain = self.add_weight(name="gain", shape=(len(input_shape),))

        def call(self, inputs):
            return sum(inputs[i] * self.gain[i] for i in range(self.gain.shape[0]))


    class GathersAlong(keras.layers.Layer):
        def call(self, nodes, weights=None, edge_index=None):
            return tf.gather(nodes, tf.convert_to_tensor(edge_index)[0], axis=0)
    """


@pytest.fixture(scope="module")
def further(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Return what is said of the further layers, by class."""
    folder = tmp_path_factory.mktemp("further")
    (folder / "more.py").write_text(textwrap.dedent(FURTHER), encoding="utf-8")
    command = ("check", "more.py", "tf_keras.layers:Lambda", "--format", "json", "--no-cache")
    result = run(folder, *command)
    assert result.returncode in {0, 1}, result.stderr
    targets = json.loads(result.stdout)["targets"]
    return {target["id"].rpartition(":")[2]: target for target in targets}


@pytest.mark.parametrize(
    ("name", "args"),
    [("HandingOn", {"units": 4}), ("HandingOnUnseen", {"units": 4}), ("Filling", {})],
)
def test_arguments_are_guessed_for_the_base_class(
    further: dict[str, dict[str, Any]], name: str, args: dict[str, Any]
) -> None:
    target = further[name]
    assert (target["status"], target["args"]) == ("examined", args)
    assert [item["code"] for item in target["findings"] if item["code"] < "LD1"] == []


def test_a_death_in_a_call_that_was_guessed_is_told_as_that(
    further: dict[str, dict[str, Any]],
) -> None:
    (found,) = further["Ending"]["findings"]
    assert (found["code"], found["severity"]) == ("LD005", "warning")
    assert found["message"].startswith("`call` ended the process")
    assert found["message"].endswith("where the inputs had to be guessed")
    assert found["help"] == "say what it is called with: `--shape SIZES`"
    assert [given["name"] for given in further["Ending"]["inputs"]] == ["query", "memory"]


@pytest.mark.parametrize(
    "name",
    [
        "Flavoured",
        "Branching",
        "Asking",
        "WrapsDepthwise",
        "PicksOne",
        "ThreeAxes",
        "Rounds",
        "ReturnsNothing",
    ],
)
def test_what_a_guess_may_have_caused_is_no_finding(
    further: dict[str, dict[str, Any]], name: str
) -> None:
    target = further[name]
    assert (target["status"], target["error"]["kind"]) == ("skipped", "guess")
    assert target["findings"] == []


def test_an_end_while_guessing_is_told_of_the_call_that_was_tried(
    further: dict[str, dict[str, Any]],
) -> None:
    (finding,) = further["Ends"]["findings"]
    assert (finding["code"], finding["severity"]) == ("LD005", "warning")
    assert finding["message"].startswith("`call` ended the process")
    assert "the inputs had to be guessed" in finding["message"]


def test_of_guessed_features_a_sequence_is_made_before_a_weight_is_called_dead(
    further: dict[str, dict[str, Any]],
) -> None:
    assert further["AttendsToSelf"]["inputs"][0]["shape"] == [4, 8]
    assert "zero-gradient" not in rules(further["AttendsToSelf"])


def test_what_shows_nothing_is_tried_with_other_inputs_and_arguments(
    further: dict[str, dict[str, Any]],
) -> None:
    assert further["CentresSteps"]["inputs"][0]["shape"] == [2, 6, 8]
    assert further["Spreads"]["args"] == {"rank": 4}
    assert "zero-gradient" not in rules(further["CentresSteps"])
    assert "non-finite" not in rules(further["Spreads"])


def test_a_promised_shape_says_which_rank_is_meant(further: dict[str, dict[str, Any]]) -> None:
    assert further["Times"]["inputs"][0]["shape"] == [4]
    assert "wrong-output-shape" not in rules(further["Times"])


def test_what_takes_the_first_axis_apart_is_not_judged_by_batches(
    further: dict[str, dict[str, Any]],
) -> None:
    assert "fixed-batch-size" not in rules(further["WeighedSum"])


def test_a_use_that_keras_refuses_is_the_layers_fault(
    further: dict[str, dict[str, Any]],
) -> None:
    (found,) = further["NamesFirst"]["findings"]
    assert found["code"] == "LD002"
    assert "guessed" not in found["message"]


def test_a_shape_that_is_none_is_mended_where_it_is_computed(
    further: dict[str, dict[str, Any]],
) -> None:
    (found,) = further["HalfAShape"]["findings"]
    assert found["code"] == "LD404"
    assert found["help"].startswith("make `compute_output_shape` return")


@pytest.mark.parametrize("name", ["Empty", "Applies"])
def test_a_module_is_asked_for_no_more_than_it_has(
    further: dict[str, dict[str, Any]], name: str
) -> None:
    assert further[name]["status"] == "examined"
    assert further[name]["findings"] == []


def test_an_optional_input_is_given_where_none_will_not_do(
    further: dict[str, dict[str, Any]],
) -> None:
    nodes, index = further["GathersAlong"]["inputs"]
    assert (nodes["name"], index["name"]) == (None, "edge_index")
    assert (index["dtype"], index["high"]) == ("int32", 3)


def test_a_call_that_returns_nothing_is_no_guess(further: dict[str, dict[str, Any]]) -> None:
    assert "returns nothing" in further["Levels"]["error"]["message"]


def test_a_name_that_is_set_too_late_is_the_layers_fault(
    further: dict[str, dict[str, Any]],
) -> None:
    assert rules(further["TooLate"]) == ["call-error"]


def test_inputs_suit_training_too(further: dict[str, dict[str, Any]]) -> None:
    assert further["Dropping"]["inputs"][0]["shape"] == [2, 6, 8]
    assert "call-error" not in rules(further["Dropping"])


def test_what_works_in_training_alone_is_examined_in_training(
    further: dict[str, dict[str, Any]],
) -> None:
    target = further["OnlyTraining"]
    assert target["status"] == "examined"
    assert "--call training=true" in target["asks"][0]
    assert "call-error" not in rules(target)


def test_inputs_in_a_list_have_the_roles_of_their_names(
    further: dict[str, dict[str, Any]],
) -> None:
    nodes, index = further["Edges"]["inputs"]
    assert (nodes["dtype"], index["dtype"]) == ("float32", "int32")
    assert further["Edges"]["findings"] == []


def test_whole_numbers_are_given_to_what_makes_whole_numbers(
    further: dict[str, dict[str, Any]],
) -> None:
    [given] = further["Ordering"]["inputs"]
    assert (given["shape"], given["dtype"]) == ([4, 8], "int32")


def test_inputs_too_short_for_any_output_are_made_longer(
    further: dict[str, dict[str, Any]],
) -> None:
    assert further["Frames"]["inputs"][0]["shape"][1] > 20


def test_a_guessed_function_can_be_saved_by_keras_2(further: dict[str, dict[str, Any]]) -> None:
    target = further["Lambda"]
    assert target["status"] == "examined"
    assert rules(target) == []


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    (folder / "own.py").write_text(textwrap.dedent(LAYERS), encoding="utf-8")
    return folder


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return layerdoctor(*arguments, cwd=folder, COLUMNS="200")


@pytest.fixture(scope="module")
def checked(project: Path) -> dict[str, dict[str, Any]]:
    """Return what one run without any config says of each layer."""
    result = run(project, "check", "own.py", "--format", "json")
    assert result.returncode == 1, result.stderr
    return {target["id"]: target for target in json.loads(result.stdout)["targets"]}


@pytest.fixture
def own(checked: dict[str, dict[str, Any]], project: Path, tmp_path: Path) -> Path:
    """Return a copy of the project, in which its layers are known already."""
    shutil.copytree(project, tmp_path / "own")
    return tmp_path / "own"


def rules(target: dict[str, Any]) -> list[str]:
    return [item["rule"] for item in target["findings"] if item["severity"] != "note"]


def test_a_layer_is_examined_with_nothing_said(checked: dict[str, dict[str, Any]]) -> None:
    target = checked["own:Attend"]
    assert target["status"] == "examined"
    assert target["args"] == {"num_heads": 2, "key_dim": 4}
    assert [item["name"] for item in target["inputs"]] == ["query", "memory"]
    assert all(item["inferred"] for item in target["inputs"])
    options, entry = target["asks"]
    assert "`--arg num_heads=2 --arg key_dim=4 --input query=2,6,8 --input memory=2,6,8`" in options
    assert "[tool.layerdoctor.targets.attend]" in entry
    assert rules(target) == []


def test_failed_trials_lead_to_rank_and_size(checked: dict[str, dict[str, Any]]) -> None:
    assert checked["own:Blur"]["inputs"][0]["shape"] == [2, 8, 8, 5]


def test_a_range_is_guessed(checked: dict[str, dict[str, Any]]) -> None:
    [given] = checked["own:Logarithm"]["inputs"]
    assert (given["low"], given["high"]) == (0.1, 1.0)
    assert rules(checked["own:Logarithm"]) == []


def test_a_fault_of_its_own_is_told(checked: dict[str, dict[str, Any]]) -> None:
    assert rules(checked["own:Broken"]) == ["call-error"]
    assert rules(checked["own:Refusing"]) == ["construction-error"]


@pytest.mark.parametrize(
    ("name", "blank", "otherwise"),
    [
        ("Picky", "--shape SIZES", ""),
        (
            "Configured",
            "--arg settings=VALUE",
            ", or write a function that returns the layer and name it: `own:make`",
        ),
    ],
)
def test_what_cannot_be_guessed_is_skipped(
    checked: dict[str, dict[str, Any]], name: str, blank: str, otherwise: str
) -> None:
    target = checked[f"own:{name}"]
    assert (target["status"], target["error"]["kind"]) == ("skipped", "guess")
    assert "raised" in target["error"]["message"]
    assert target["asks"] == [f"complete `layerdoctor inspect own:{name} {blank}`{otherwise}"]
    assert target["findings"] == []


def test_skipped_layers_fail_the_run_only_if_asked(project: Path, tmp_path: Path) -> None:
    text = (project / "own.py").read_text(encoding="utf-8")
    picky = "import keras\n\n\n" + text[text.index("class Picky") : text.index("class Configured")]
    (tmp_path / "picky.py").write_text(picky, encoding="utf-8")
    assert run(tmp_path, "check", "picky.py", "--no-cache").returncode == 0
    assert run(tmp_path, "check", "picky.py", "--no-cache", "--strict").returncode == 2
    named = run(tmp_path, "check", "picky:Picky", "--no-cache")
    assert (named.returncode, "guess" in named.stdout) == (2, True)


def test_another_range_is_asked_for_and_no_finding(project: Path) -> None:
    result = run(project, "inspect", "own:Logarithm", "--shape", "4,5", "--format", "json")
    [target] = json.loads(result.stdout)["targets"]
    assert result.returncode == 0
    assert "--input 4,5:float32:0.1..1" in target["asks"][0]
    assert target["findings"] == []


CONFIG = """\
# what we agreed on
[targets.pooled]  # never change
target = "own:Blur"
inputs = [{ shape = [2, 8, 8, 5] }]
"""


def test_init_adds_entries_and_keeps_the_rest(own: Path) -> None:
    config = own / "layerdoctor.toml"
    config.write_text(CONFIG, encoding="utf-8")
    first = run(own, "check", "--init")
    written = config.read_text(encoding="utf-8")
    assert written.startswith(CONFIG)
    assert "4 targets added to `layerdoctor.toml`" in first.stderr
    assert (
        '[targets.attend]\ntarget = "own:Attend"\nargs = { num_heads = 2, key_dim = 4 }\n'
        'inputs = [{ name = "query", shape = [2, 6, 8] }, { name = "memory", shape = [2, 6, 8] }]'
    ) in written
    again = run(own, "check", "--format", "json", "--select", "LD0")
    targets = {item["id"]: item for item in json.loads(again.stdout)["targets"]}
    assert not any(item["inferred"] for item in targets["attend"]["inputs"])
    assert set(targets) == {"pooled", "attend", "broken", "refusing", "logarithm"}


def test_list_says_what_is_configured(own: Path) -> None:
    (own / "layerdoctor.toml").write_text(CONFIG, encoding="utf-8")
    result = run(own, "list")
    lines = [line.split() for line in result.stdout.splitlines()]
    assert result.returncode == 0
    assert ["own:Attend", "own.py:6", "keras", "-"] in lines
    assert ["own:Blur", "own.py:19", "keras", "pooled"] in lines
    assert run(own, "list", "nowhere").returncode == 2


def test_a_path_is_checked_with_its_configured_entries(own: Path) -> None:
    (own / "layerdoctor.toml").write_text(CONFIG, encoding="utf-8")
    result = run(own, "check", ".", "--format", "json")
    targets = {item["id"]: item for item in json.loads(result.stdout)["targets"]}
    assert "pooled" in targets
    assert "own:Blur" not in targets
    assert "own:Attend" in targets
