"""A shape or an argument that was chosen wrongly is said to be that, and not the layer's fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerdoctor.probe.examination.examination import Examination
from layerdoctor.probe.layer.loading import NothingToExamine
from layerdoctor.target import Input, Target

HERE = Path(__file__).parent


def refusal(name: str, shape: tuple[int, ...], **args: object) -> str:
    target = Target(
        id=name,
        target=f"layers.slips:{name}",
        inputs=(Input(shape=shape),) if shape else (),
        args=args,
        app_dirs=(str(HERE),),
    )
    with pytest.raises(NothingToExamine) as refused:
        Examination(target, lambda _message: None).run()
    assert refused.value.error.kind == "inputs"
    return refused.value.error.message


def test_a_shape_without_its_batch_is_the_shape_s_fault() -> None:
    words = refusal("OverTime", (8,))
    assert "works with axes before it: `--shape 4,6,8`" in words


@pytest.mark.parametrize("shape", [(4, 6, 8), ()])
def test_an_argument_that_no_constructor_has_is_the_argument_s_fault(
    shape: tuple[int, ...],
) -> None:
    words = refusal("OverTime", shape, epsilo=3)
    assert "`OverTime` has no argument `epsilo`" in words
    assert words.endswith("; did you mean `epsilon`?")


def test_an_argument_that_the_layer_hands_on_wrongly_is_the_layer_s_fault() -> None:
    told: list[object] = []
    target = Target(
        id="HandsOn",
        target="layers.slips:HandsOn",
        inputs=(Input(shape=(4, 8)),),
        args={"epsilon": 3},
        app_dirs=(str(HERE),),
    )
    Examination(target, told.append).run()
    assert any("Unrecognized keyword" in str(each) for each in told)
