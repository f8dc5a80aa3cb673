"""LD501 lossy-config."""

from __future__ import annotations

from layerdoctor.facts import Stage
from layerdoctor.judge.diagnosis import diagnose
from layerdoctor.rule import Severity
from layerdoctor.rules import RULES
from tests.hand_made import at
from tests.rules.seeing import breach, broken, found, only, raised

BECAME = {"expected": "4.0", "received": "1.0"}


def test_a_dropped_argument_is_named_with_its_values() -> None:
    facts = broken(
        breach(
            "config",
            "dropped",
            subject="temperature",
            **BECAME,
            effect="outputs",
            attribute="self._temperature",
        ),
        breach("state", "lost", difference=0.5),
    )
    problem = only("lossy-config", facts)
    assert problem.message == (
        "`get_config` drops the argument `temperature`: 4.0 became 1.0, "
        "and the output of the rebuilt layer differs"
    )
    assert problem.at == at(8)
    assert problem.severity is None
    assert problem.help is not None
    assert '{**super().get_config(), "temperature": self._temperature}' in problem.help
    assert found(facts) == ["lossy-config"]


def test_arguments_that_one_config_drops_are_one_finding() -> None:
    lost = [
        breach("config", "dropped", subject=name, expected="2", received="1", effect="weights")
        for name in ("rate", "units")
    ]
    facts = broken(*lost, breach("state", "lost", subject="self.units", difference=0.5))
    problem = only("lossy-config", facts)
    assert problem.message == (
        "`get_config` drops the arguments `rate` and `units`: 2 became 1, 2 became 1, "
        "and the rebuilt layer has other weights"
    )
    assert problem.help is not None
    assert problem.help.startswith("keep `rate` and `units` as given in an attribute"), "not kept"
    assert found(facts) == ["lossy-config"]


def test_what_only_the_base_class_says_is_a_note_where_nothing_thaws() -> None:
    frozen, typed = (
        breach("config", "dropped", subject=name, tried=f"{name}={tried}", received=received)
        for name, tried, received in (
            ("trainable", "False", "True"),
            ("dtype", "'float64'", "'float32'"),
        )
    )
    problem = only("lossy-config", broken(frozen, typed))
    assert problem.severity is Severity.WARNING
    assert problem.message == (
        "`get_config` leaves out `trainable` and `dtype`, which every layer has: once loaded, a "
        "frozen layer trains again; with `trainable=False` it comes back as True, "
        "with `dtype='float64'` it comes back as 'float32'"
    )
    assert only("lossy-config", broken(typed)).severity is Severity.NOTE


def test_the_value_that_shows_it_is_named() -> None:
    facts = broken(
        breach("config", "dropped", subject="temperature", tried="temperature=4.0", **BECAME)
    )
    assert "with `temperature=4.0` it comes back as 1.0" in only("lossy-config", facts).message


def test_a_rebuilt_layer_that_cannot_be_called_says_why() -> None:
    facts = broken(
        breach("config", "changed", subject="sizes", **BECAME, effect="raises", failure=raised())
    )
    assert "the rebuilt layer raises" in only("lossy-config", facts).message


def test_a_changed_argument_shows_both_values() -> None:
    facts = broken(breach("config", "changed", subject="sizes", expected="(1, 2)", received="'1'"))
    assert "it was (1, 2) and is now '1'" in only("lossy-config", facts).message


def test_saving_that_raises_is_a_warning() -> None:
    failure = raised(exception="TypeError", message="unexpected keyword argument 'name'")
    problem = only("lossy-config", broken(breach("config", "refused", failure=failure)))
    assert problem.severity is Severity.WARNING
    assert problem.help is not None
    assert "`**kwargs`" in problem.help


def test_an_argument_that_cannot_be_saved_is_named() -> None:
    refused = breach("config", "refused", subject="table", failure=raised())
    assert "for the argument `table`" in only("lossy-config", broken(refused)).message


def test_arguments_that_come_back_otherwise_for_one_reason_are_one_finding() -> None:
    changed = [
        breach("config", "changed", subject=name, expected="2", received="1", location=at(9))
        for name in ("units", "depth")
    ]
    (finding,) = diagnose(broken(*changed), RULES).findings
    assert finding.subject == "units"
    assert finding.message.endswith("(and 1 more of this line: `depth`)")


def test_an_option_of_the_base_class_that_is_given_twice_is_told_how_to_give_it_once() -> None:
    failure = raised(
        exception="TypeError",
        message="__init__() got multiple values for keyword argument 'activity_regularizer'",
    )
    problem = only("lossy-config", broken(breach("config", "refused", failure=failure)))
    assert '`kwargs.setdefault("activity_regularizer", ...)`' in (problem.help or "")


def refusal(message: str, subject: str | None = "units") -> str:
    failure = raised(Stage.CONTRACT, exception="TypeError", message=message)
    breaks = breach("config", "refused", subject=subject, failure=failure)
    return only("lossy-config", broken(breaks)).help or ""


def test_an_argument_that_the_config_lacks_is_named_in_the_remedy() -> None:
    words = "Example.__init__() missing 1 required positional argument: 'units'"
    assert '{**super().get_config(), "units": self.units}' in refusal(words)


def test_an_entry_that_no_constructor_takes_is_to_go() -> None:
    words = "Example.__init__() got an unexpected keyword argument 'units'"
    assert refusal(words).startswith("take `units` out of what `get_config` returns")
