"""The report for people."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from layerdoctor.facts import Gradient, GrowingState, Growth, NewVariable, Retrace, Step
from layerdoctor.judge.diagnosis import Diagnosis, diagnose
from layerdoctor.judge.run import Report
from layerdoctor.report import Style, render
from layerdoctor.rule import Problem, Severity
from layerdoctor.target import Input
from tests.hand_made import at, constant, layer, rule, untracked, weight, write
from tests.report.sample import (
    BROKEN,
    HEALTHY,
    MODULE,
    SKIPPED,
    cut_layer,
    everything,
    failed_layer,
    report,
)

WIDE = Style(width=120)
UNUSED = Gradient(status="none", cause="unused")


def full(given: Report, style: Style = WIDE) -> str:
    return render("full", given, style)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, MODULE)
    return "layers.py"


def test_a_finding_shows_its_source_its_path_and_what_to_do(here: str) -> None:
    text = full(report(cut_layer(here)))
    assert (
        "error[LD202] cut-gradient: `self.gamma` is cut at ArgMax\n"
        "  --> layers.py:16:24\n"
        "   |\n"
        "15 |         y = x * self.gamma\n"
        "16 |         return tf.cast(tf.argmax(y, -1), tf.float32)\n"
        "   |                        ^^^^^^^^^^^^^^^^\n"
        "  path: gamma → Mul line 15 → ArgMax line 16 ✂ → output\n"
        "  help: use `tf.nn.softmax`\n"
    ) in text
    assert text.endswith(
        "✗ 1 error, 1 warning in 1 layer, 1 suppressed; LD202 and LD504 fail the run "
        "· learn more: layerdoctor rule LD202\n"
    )


def test_a_path_is_shown_only_where_it_is_cut(here: str) -> None:
    facts = cut_layer(here).facts
    elsewhere = Problem("self.gamma", "`self.gamma` is late", at=at(10, None, here))
    assert "path:" not in full(report(diagnose(facts, [rule("LD107", "late-weight", elsewhere)])))


def test_all_that_was_seen_stands_above_the_findings(here: str) -> None:
    text = full(report(cut_layer(here)))
    seen, _, _ = text.partition("error[LD202]")
    for part in (
        "layers.Sample(units=4)",
        "Keras 3 · layers.py:8",
        "(10, 5) float32 → (10, 4) float32",
        "1, 1 trainable, 20 parameters",
        "build:10",
        "none: cut at ArgMax, line 16",
        "self.hid",
        "self.helper.dense",
        "from self.gamma",
        "80 bytes",
        "failed   batch_size: the batch is gone",
        "skipped  state: the layer is random",
        "passed   config",
    ):
        assert part in seen


def test_what_did_not_run_is_shown_as_that(here: str) -> None:
    text = full(report(failed_layer(here)))
    assert "(10, 5) float32 → not run" in text
    assert "nothing observed: `call` raised\n" in text
    assert "Calls" not in text
    assert "Checks" not in text
    assert "passed" not in text


def test_a_failure_shows_its_exception_and_the_authors_lines(here: str) -> None:
    text = full(report(failed_layer(here)))
    assert "raised: InvalidArgumentError: sizes differ\n" in text
    assert "[8,16] and [8,16]\n" in text
    assert "by way of: layers.py:15 in call\n             layers.py:16 in helper\n" in text
    assert "ops.py" not in text
    assert "ops.py" in full(report(failed_layer(here)), Style(width=120, verbose=True))


def test_a_span_of_several_lines_is_bracketed(here: str) -> None:
    problem = Problem("self.gamma", "m", at=at(10, None, here))
    text = full(report(diagnose(layer(), [rule("LD201", "unused-weight", problem)])))
    assert (
        "10 | /         self.gamma = self.add_weight(\n"
        '11 | |             name="gamma", shape=(4,)\n'
        "12 | |         )\n"
        "   | |_________^\n"
    ) in text


def test_the_middle_of_a_long_span_is_left_out(tmp_path: Path) -> None:
    lines = "".join(f"    item_{number},\n" for number in range(40))
    file = write(tmp_path, f"x = [\n{lines}]\n")
    problem = Problem(None, "m", at=at(1, None, file))
    text = full(report(diagnose(layer(), [rule("LD104", "hidden-constant", problem)])))
    assert "item_0" in text
    assert "\n..\n" in text
    assert "item_39" in text
    assert "item_20" not in text


def test_a_place_without_source_is_still_named() -> None:
    text = full(report(cut_layer("elsewhere.py")))
    assert "--> elsewhere.py:16\n" in text


def test_of_several_layers_only_those_with_something_to_say_are_shown(here: str) -> None:
    text = full(everything(here))
    assert "error[import] gone: no module `gone`" in text
    assert "skipped[guess] deep:Net: no usual input fits" in text
    assert "help: give the input: `--shape 4,5`" in text
    assert "layers.Healthy" not in text
    assert "Weights" not in text
    assert "in 2 of 3 layers, 1 suppressed, 1 skipped, 1 not examined" in text


def test_the_gravest_layers_come_first_then_the_names() -> None:
    def of(name: str, severity: Severity | None) -> Diagnosis:
        problem = Problem(None, "m", at=None)
        found = [rule("LD104", "hidden-constant", problem, severity=severity)] if severity else []
        return diagnose(layer(class_name=name, target=name.replace(".", ":")), found)

    shown = [
        of("layers.Fine", None),
        of("layers.Note", Severity.NOTE),
        of("layers.Zeta", Severity.ERROR),
        of("layers.Alpha", Severity.ERROR),
    ]
    heads = re.findall(r"── layers\.(\w+)", full(report(*shown), Style(verbose=True)))
    assert heads == ["Alpha", "Zeta", "Note", "Fine"]


def test_errors_come_before_warnings_whatever_their_lines() -> None:
    early, late = Problem("self.a", "m", at=at(3)), Problem("self.b", "m", at=at(9))
    rules = [
        rule("LD201", "unused-weight", early, severity=Severity.WARNING),
        rule("LD101", "untracked-variable", late),
    ]
    text = full(report(diagnose(layer(), rules)))
    assert text.index("LD101") < text.index("LD201")


def test_verbose_shows_all_of_every_layer(here: str) -> None:
    text = full(everything(here), Style(width=120, verbose=True))
    assert "layers.Healthy" in text
    assert text.count("Weights") == 3
    assert "Traceback: gone" in text


def test_quiet_keeps_to_findings_and_summary(here: str) -> None:
    text = full(report(cut_layer(here)), Style(width=120, quiet=True))
    assert "Weights" not in text
    assert "error[LD202]" in text
    assert full(report(HEALTHY, exit_code=0), Style(quiet=True)) == (
        "✓ no findings in 1 layer; the run passes\n"
    )


def test_a_run_without_a_layer_does_not_look_healthy() -> None:
    text = full(report(BROKEN, exit_code=2))
    assert "✗ no layer examined, 1 not examined" in text
    assert "✓" not in text
    assert "no findings" not in full(report(SKIPPED, exit_code=0))


def test_calls_show_what_grows() -> None:
    growth = Growth(
        calls=20,
        variables_per_call=(3, *[1] * 19),
        tracked_per_call=tuple(range(3, 23)),
        new_variables=(NewVariable(name="gain", call=2, location=at(15)),),
        state=(GrowingState(attribute="self.cache", kind="tensors", sizes=(7,), location=at(9)),),
        retraced=(Retrace(function="step", location=None, traces=(1, 2, 3)),),
    )
    text = full(report(Diagnosis(layer(growth=growth))))
    assert re.search(r"call +1 +2 +3 +4 +5 +6 +7 +20\n", text)
    assert re.search(r"weights after it +3 +4 +5 +6 +7 +8 +9 +22\n", text)
    assert "`self.cache` holds" in text
    assert "traces of `step`" in text
    assert "call 2 made gain, line 15" in text


def test_many_weights_are_folded_with_counts() -> None:
    zero = Gradient(status="zero", norm=0.0, stuck=True)
    weights = tuple(
        weight(
            part, attribute=f"self.blocks[{block}].{part}", **({"gradient": zero} if odd else {})
        )
        for block in range(100)
        for part in ("query", "key", "value")
        for odd in [block == 7 and part == "key"]
    )
    given = report(Diagnosis(layer(weights=weights)), exit_code=0)
    text = full(given)
    assert "300, 300 trainable, 6,000 parameters" in text
    assert "self.blocks[*].query \u00d7100" in text
    assert "self.blocks[*].key \u00d799" in text
    assert re.search(r"self\.blocks\[7\]\.key .*zero, stuck", text)
    assert len(text.splitlines()) < 30
    assert "self.blocks[99].query" in full(given, Style(width=120, verbose=True))


def test_weights_of_many_kinds_are_folded_by_sub_layer() -> None:
    weights = tuple(
        weight(attribute=f"self.part_{part}.layer_{number}.kernel")
        for part in range(4)
        for number in range(25)
    )
    text = full(report(Diagnosis(layer(weights=weights)), exit_code=0))
    assert "self.part_3.* \u00d725" in text


def test_inputs_say_their_name_their_range_and_that_they_were_guessed() -> None:
    inputs = (
        Input(name="ids", shape=(8, 16), dtype="int32", low=0, high=999, inferred=True),
        Input(npy="bias.npy"),
    )
    text = full(report(Diagnosis(layer(inputs=inputs))))
    assert "ids=(8, 16) int32 0..999 (guessed), bias.npy float32 →" in text


NASTY = "[bold]x[/bold]\x1b[31m\x07\u202e\u2028y"


def nasty() -> Report:
    facts = layer(
        args={NASTY: NASTY},
        weights=(weight(attribute=f"self.{NASTY}"),),
        untracked_variables=(untracked(NASTY),),
        constants=(constant(NASTY),),
    )
    problem = Problem(NASTY, NASTY, at=at(1, None, f"{NASTY}.py"), help=NASTY)
    return report(diagnose(facts, [rule("LD101", "untracked-variable", problem)]), BROKEN)


@pytest.mark.parametrize("style", [Style(verbose=True), Style(color=True, verbose=True)])
def test_user_text_is_neither_markup_nor_control(style: Style) -> None:
    text = re.sub(r"\x1b\[[0-9;]*m", "", full(nasty(), style))
    assert "[bold]x[/bold]\\x1b[31m\\x07\\u202e\\u2028y" in text.replace("\n", "")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2028]", text)


def test_without_colour_there_is_no_escape_sequence() -> None:
    assert "\x1b" not in full(everything())
    assert "\x1b[1;31merror[LD202]" in full(everything(), Style(color=True))


def test_plain_ascii_where_there_is_no_unicode(tmp_path: Path) -> None:
    file = write(tmp_path, "größe = tf.round(größe)\n")
    problem = Problem("self.größe", "`self.größe` is cut", at=at(1, "round", file))
    diagnosis = diagnose(layer(), [rule("LD202", "cut-gradient", problem)])
    text = full(report(diagnosis, cut_layer(), BROKEN), Style(width=100, unicode=False))
    assert text.isascii()
    assert "-> ArgMax line 16 (cut) -> output" in text
    source, underline = text.partition("gr\\xf6\\xdfe = ")[2].splitlines()[:2]
    assert source == "tf.round(gr\\xf6\\xdfe)"
    assert underline.strip("| ") == "^" * len(source)


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_no_line_is_wider_than_asked_and_nothing_is_lost(tmp_path: Path, width: int) -> None:
    code = f"value = function({', '.join(f'argument_{number}' for number in range(30))})"
    file = write(tmp_path, f"{code}\n")
    facts = layer(
        file=file,
        weights=(weight(attribute="self.block.attention.w", location=at(20, None, file)),),
        untracked_variables=(untracked(attribute="self.helper.memory.slots.rows"),),
        constants=(constant("self.positions.table", derived_from=("self.kernel",)),),
    )
    problem = Problem("self.w", "long words " * 20, at=at(1, "function", file))
    text = full(
        report(diagnose(facts, [rule("LD104", "hidden-constant", problem)])), Style(width=width)
    )
    assert max(map(len, text.splitlines())) <= width
    squeezed = re.sub(r"[\s|^]|(?m:^1)", "", text)
    assert re.sub(r"\s", "", code) in squeezed
    if width >= 80:
        for name in ("self.block.attention.w", "float32", "ndarray", "build:20"):
            assert name in text


def test_wide_characters_keep_the_underline_in_place(tmp_path: Path) -> None:
    file = write(tmp_path, "if x:\n\ta = '宽'; b = tf.round(x)\n")
    problem = Problem(None, "m", at=at(2, "round", file))
    text = full(report(diagnose(layer(), [rule("LD202", "cut-gradient", problem)])))
    source, underline = text.partition("2 | ")[2].splitlines()[:2]
    assert underline.index("^") - len("  | ") == source.index("tf.round") + len("宽")


def test_only_a_note_is_no_failure() -> None:
    problem = Problem("self.t", "m", at=None)
    rules = [rule("LD104", "hidden-constant", problem, severity=Severity.NOTE)]
    text = full(report(diagnose(layer(), rules), exit_code=0))
    assert "· 1 note in 1 layer" in text
    assert "✓" not in text


def test_verbose_shows_the_source_with_its_marks_in_the_margin(here: str) -> None:
    text = full(report(cut_layer(here)), Style(width=120, verbose=True))
    assert "  ┇ 15         y = x * self.gamma\n" in text
    assert (
        "  ✂ 16         return tf.cast(tf.argmax(y, -1), tf.float32)\n"
        "               → self.helper.dense: Dense untracked\n"
        "               → the gradient of `self.gamma` ends here at ArgMax\n"
        "               → error[LD202] cut-gradient\n"
    ) in text
    assert "┇ no gradient: it is cut on the way" in text
    assert "Source" not in full(report(cut_layer(here)))


def test_the_margin_keeps_to_ascii_where_there_is_no_unicode(here: str) -> None:
    text = full(report(cut_layer(here)), Style(width=120, verbose=True, unicode=False))
    assert text.isascii()
    assert "  x 16 " in text


def test_file_names_are_links_where_the_terminal_can(here: str) -> None:
    linked = full(report(cut_layer(here)), Style(width=120, color=True, links=True))
    assert linked.count(Path(here).absolute().as_uri()) == 2
    assert "\x1b]8" not in full(report(cut_layer(here)), Style(width=120, color=True))
    assert "\x1b]8" not in full(report(cut_layer(here)), Style(width=120, links=True))


def test_what_is_the_same_in_every_row_of_a_wide_table_is_said_once() -> None:
    variables = tuple(
        untracked(attribute=f"self.encoder.blocks[{number}].attention.kernel", gradient=UNUSED)
        for number in range(3)
    )
    text = full(report(Diagnosis(layer(untracked_variables=variables))), Style(width=80))
    said = " ".join(text.split())
    assert re.search(r"Untracked variables 3; all: .*trains yes", said)
    assert "self.encoder.blocks[2].attention.kernel" in text
    wide = full(report(Diagnosis(layer(untracked_variables=variables))), Style(width=160))
    assert "all:" not in wide
    assert "held by" in wide


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ValueError, match="`yaml` is no format"):
        render("yaml", everything(), Style())


def test_what_was_guessed_is_one_quiet_line_and_its_config_entry_for_the_curious() -> None:
    line = "guessed: float32 (4, 8), units=4 · set with `--shape 4,8 --arg units=4`"
    facts = layer(asks=(line, "or in the config:\n[tool.layerdoctor.targets.sample]"))
    text = full(report(Diagnosis(facts)))
    assert f"\n{line}\n" in text
    assert "[tool.layerdoctor" not in text
    assert "[tool.layerdoctor.targets.sample]" in full(
        report(Diagnosis(facts)), Style(width=120, verbose=True)
    )
    assert "units=4 - set with" in full(report(Diagnosis(facts)), Style(width=120, unicode=False))


def test_what_a_function_makes_is_called_by_the_function() -> None:
    facts = layer(target="models.py:make", class_name="layers.Sample")
    assert full(report(Diagnosis(facts))).startswith(
        "── models.py:make(units=4)\nlayers:Sample · layers.Sample · Keras 3 · layers.py:8\n"
    )


def test_files_of_libraries_are_named_from_the_library() -> None:
    folder = "/opt/venv/lib/python3.11/site-packages/"
    file = f"{folder}keras/src/layers/core/dense.py"
    finding = rule("LD202", "cut-gradient", Problem("self.w", "m", at=at(9, file=file)))
    facts = layer(file=file, line=12, weights=(weight("w", location=at(7, file=file)),))
    text = full(report(diagnose(facts, [finding])))
    assert folder not in text
    assert "Keras 3 · keras/src/layers/core/dense.py:12\n" in text
    assert "--> keras/src/layers/core/dense.py:9" in text


def test_a_table_without_room_for_its_columns_is_a_list() -> None:
    facts = layer(untracked_variables=(untracked(),))
    text = full(report(Diagnosis(facts)), Style(width=44))
    assert re.search(r"  self\.hid  held by attribute  shape \(4,\)\n", text), text


def test_of_a_long_path_the_beginning_and_the_end_are_shown(here: str) -> None:
    before = tuple(Step(op=f"Op{number}", location=at(15)) for number in range(19))
    path = full(report(cut_layer(here, before))).partition("  path: ")[2]
    words = " ".join(path.partition("  help: ")[0].split())
    assert words.startswith("gamma → Op0 line 15 → Op1")
    assert "Op5 line 15 → … 9 more … → Op15 line 15" in words
    assert words.endswith("→ ArgMax line 16 ✂ → output")
