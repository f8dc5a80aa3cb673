"""Where variables hide."""

from __future__ import annotations

import pytest

from layerdoctor.facts import LayerFacts
from tests.probe.marked_layers import observed_before_contract

MODULE = "hidden_variables"


@pytest.fixture(scope="module")
def seen() -> dict[str, LayerFacts]:
    return observed_before_contract(MODULE)


@pytest.mark.parametrize(
    ("layer", "written"),
    [
        ("InPartial", ["self.fn.args[0]"]),
        ("InNamedTuple", ["self.p.gain", "self.p.bias"]),
        ("InTuple", ["self.t[0]", "self.t[1]", "self.d['a'][0]"]),
        ("InDict", ["self.p['a']", "self.p['b']"]),
        ("OtherModuleGlobal", ["shared_settings.GAIN"]),
        ("OtherClass", ["shared_settings.Store.gain"]),
        ("FuncAttr", ["funcattr.gain"]),
        ("ObjArray", ["self.vs[0]", "self.vs[1]"]),
    ],
)
def test_a_variable_is_called_as_its_author_writes_it(
    seen: dict[str, LayerFacts], layer: str, written: list[str]
) -> None:
    assert [item.attribute for item in seen[layer].untracked_variables] == written


def test_variables_of_keras_are_told_from_those_of_tensorflow(seen: dict[str, LayerFacts]) -> None:
    kinds = {name: seen[name].untracked_variables[0].kind for name in ("InHelper", "Attr")}
    assert kinds == {"InHelper": "keras.Variable", "Attr": "tf.Variable"}
