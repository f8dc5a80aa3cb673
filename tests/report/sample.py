"""Reports made by hand that the tests of all formats share."""

from __future__ import annotations

from dataclasses import replace

from layerdoctor.facts import (
    Breach,
    Check,
    Environment,
    Failure,
    FlowEdge,
    FlowGraph,
    FlowNode,
    Gradient,
    LayerFacts,
    Stage,
    Step,
    TargetError,
)
from layerdoctor.judge.diagnosis import Diagnosis, diagnose
from layerdoctor.judge.run import Report
from layerdoctor.rule import Problem, Severity
from tests.hand_made import at, constant, hidden_layer, layer, rule, untracked, weight

MODULE = '''\
"""A layer."""

import keras
import tensorflow as tf


# a remark
class Sample(keras.layers.Layer):
    def build(self, shape):
        self.gamma = self.add_weight(
            name="gamma", shape=(4,)
        )

    def call(self, x):
        y = x * self.gamma
        return tf.cast(tf.argmax(y, -1), tf.float32)
'''

ENVIRONMENT = Environment(
    python="3.11.7",
    tensorflow="2.21.0",
    keras="3.15.1",
    tf_keras=None,
    numpy="2.4.6",
    platform="linux-x86_64",
    device="CPU",
    seed=0,
)


def cut_flow(file: str = "layers.py") -> FlowGraph:
    """Return the flow of ``Sample``: what line 15 multiplies, line 16 cuts."""
    return FlowGraph(
        nodes=(
            FlowNode(id="x", kind="input", label="x"),
            FlowNode(id="g", kind="weight", label="self.gamma"),
            FlowNode(id="15", kind="line", label="Mul", location=at(15, None, file)),
            FlowNode(id="16", kind="line", label="ArgMax, Cast", location=at(16, None, file)),
            FlowNode(id="out", kind="output", label="output"),
        ),
        edges=(
            FlowEdge(source="x", target="15", gradient="none"),
            FlowEdge(source="g", target="15", gradient="none"),
            FlowEdge(source="15", target="16", gradient="none"),
            FlowEdge(source="16", target="out", gradient="flows"),
        ),
    )


def cut_layer(file: str = "layers.py", before: tuple[Step, ...] = ()) -> Diagnosis:
    """Return a layer with an error, a warning without a place, and a suppressed note.

    ``before`` are steps of the path that is cut, in front of the others.
    """
    cut = Gradient(
        status="none",
        cause="cut",
        op="ArgMax",
        location=at(16, "argmax", file),
        path=(
            *before,
            Step(op="Mul", location=at(15, None, file)),
            Step(op="ArgMax", location=at(16, None, file), cut=True),
        ),
    )
    facts = layer(
        file=file,
        weights=(weight("gamma", location=at(10, None, file), gradient=cut),),
        untracked_variables=(untracked(),),
        untracked_layers=(hidden_layer(),),
        constants=(constant(derived_from=("self.gamma",)),),
        flow=cut_flow(file),
        checks=(
            Check(name="config", status="passed"),
            Check(name="state", status="skipped", reason="the layer is random"),
            Check(
                name="batch_size",
                status="failed",
                reason="the batch is gone",
                breaches=(Breach(kind="shape", expected="7", received="1"),),
            ),
        ),
    )
    rules = [
        rule(
            "LD202",
            "cut-gradient",
            Problem("self.gamma", "`self.gamma` is cut at ArgMax", at=at(16, "argmax", file)),
            help="use `tf.nn.softmax`",
        ),
        rule(
            "LD504",
            "fixed-batch-size",
            Problem(None, "works for 10 and not for 7", at=None),
            severity=Severity.WARNING,
        ),
        rule(
            "LD104",
            "hidden-constant",
            Problem("self.table", "`self.table` is an array", at=at(10, None, file)),
            severity=Severity.NOTE,
        ),
    ]
    diagnosis = diagnose(facts, rules)
    findings = tuple(
        replace(finding, suppressed="baseline") if finding.code == "LD104" else finding
        for finding in diagnosis.findings
    )
    return replace(diagnosis, findings=findings)


def failed_layer(file: str = "layers.py") -> Diagnosis:
    """Return a layer whose ``call`` raised."""
    failure = Failure(
        stage=Stage.CALL,
        kind="raised",
        exception="InvalidArgumentError",
        message="sizes differ\n[8,16] and [8,16]",
        location=at(16, "argmax", file),
        traceback=(
            "Traceback (most recent call last):\n"
            f'  File "{file}", line 15, in call\n    y = x * self.gamma\n'
            '  File "/lib/keras/ops.py", line 99, in inner\n    pass\n'
            f'  File "{file}", line 16, in helper\n    return\n'
        ),
    )
    facts = layer(
        id="failing",
        file=file,
        outputs=None,
        growth=None,
        checks=(),
        completed=(Stage.CONSTRUCT, Stage.BUILD),
        failures=(failure,),
    )
    message = "`call` raised InvalidArgumentError: sizes differ"
    problem = Problem(None, message, at=at(16, "argmax", file))
    return diagnose(facts, [rule("LD003", "call-error", problem)])


BROKEN = Diagnosis(
    LayerFacts(
        id="gone",
        target="gone:Layer",
        status="error",
        error=TargetError(kind="import", message="no module `gone`", traceback="Traceback: gone"),
    )
)
SKIPPED = Diagnosis(
    LayerFacts(
        id="deep:Net",
        target="deep:Net",
        status="skipped",
        error=TargetError(kind="guess", message="no usual input fits"),
        asks=("give the input: `--shape 4,5`",),
    )
)
HEALTHY = Diagnosis(layer(id="healthy", class_name="layers.Healthy"))


def report(*diagnoses: Diagnosis, exit_code: int = 1) -> Report:
    """Return a report on these layers."""
    return Report(diagnoses=diagnoses, environment=ENVIRONMENT, exit_code=exit_code)


def everything(file: str = "layers.py") -> Report:
    """Return a report with a layer of every kind."""
    diagnoses = (cut_layer(file), failed_layer(file), BROKEN, SKIPPED, HEALTHY)
    return report(*diagnoses, exit_code=2)
