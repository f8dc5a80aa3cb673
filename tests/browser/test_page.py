"""The page in a real browser; skipped where Chromium or Playwright is not installed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from layerdoctor.judge.run import Report
from layerdoctor.report import Style, render
from layerdoctor.report.inline import inline
from tests.hand_made import write
from tests.report.sample import HEALTHY, MODULE, cut_layer, everything, failed_layer, report

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

sync_api = pytest.importorskip("playwright.sync_api")
axe_playwright = pytest.importorskip("axe_playwright_python.sync_playwright")

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")

MANY = 200
LARGEST = 5_000_000
"""In bytes: what a report of many layers may weigh."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def without_complaint(browser: Browser) -> Iterator[Page]:
    """Open a page of a browser without network; any error and any request fails in the end."""
    context = browser.new_context(offline=True)
    page = context.new_page()
    complaints: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    yield page
    context.close()
    assert complaints == []
    assert [url for url in asked if not url.startswith(("file:", "data:", "about:"))] == []


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with without_complaint(browser) as page:
        yield page


@pytest.fixture(scope="module")
def wide_or_narrow(browser: Browser) -> Iterator[Page]:
    """A page for many tests, which load it anew, and change nothing but its width."""
    with without_complaint(browser) as page:
        yield page


@pytest.fixture(scope="module")
def light_or_dark(browser: Browser) -> Iterator[Page]:
    """A page for many tests, which load it anew, and change nothing but its scheme of colors."""
    context = browser.new_context(bypass_csp=True)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a page with all that there is."""
    folder = tmp_path_factory.mktemp("whole")
    write(folder, MODULE)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return address(folder, everything())


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, MODULE)
    return tmp_path


def address(folder: Path, given: Report, fragment: str = "") -> str:
    file = folder / "report.html"
    file.write_text(render("html", given, Style()), encoding="utf-8")
    return f"{file.as_uri()}{fragment}"


def names(page: Page) -> list[str]:
    """Return the layers that the table shows, in its order."""
    return page.locator(".layers tbody tr:visible .about").all_inner_texts()


def sees(page: Page, view: str) -> None:
    """Assert that this view comes to be shown: a browser follows its address a moment later."""
    sync_api.expect(page.locator(".view:visible")).to_have_id(view)


def test_one_layer_opens_with_source_picture_and_findings(page: Page, here: Path) -> None:
    page.goto(address(here, report(cut_layer())))
    assert page.locator("h2:visible").first.inner_text() == "Sample(units=4)"
    stations = page.locator(".picture .station text:not(.words)").all_text_contents()
    assert stations[:3] == ["x", "self.gamma", "y = x * self.gamma"]
    assert stations[3].startswith("return tf.cast(tf.argmax(")
    assert page.locator(".station.cut title").text_content() == (
        "return tf.cast(tf.argmax(y, -1), tf.float32), line 16: ArgMax, Cast, "
        "a gradient that is needed ends here"
    )
    assert page.locator(".picture .scissors").count() == 1
    assert page.locator(".picture .way.lost").count() == 2
    cut = page.locator(".row.cut")
    assert cut.locator(".n").inner_text() == "16"
    assert "".join(cut.locator("mark").all_inner_texts()) == "tf.argmax(y, -1)"
    assert "✂" in cut.locator(".m").inner_text()
    assert page.locator(".code .finding.error .help").is_visible()


def test_the_scissors_stand_before_the_line_that_cuts(page: Page, here: Path) -> None:
    page.goto(address(here, report(cut_layer())))
    scissors = page.locator(".scissors").bounding_box()
    station = page.locator(".station.cut rect").bounding_box()
    assert scissors is not None
    assert station is not None
    assert scissors["x"] < station["x"] < scissors["x"] + scissors["width"] + 2
    assert station["y"] < scissors["y"] + scissors["height"] / 2 < station["y"] + station["height"]


def test_a_station_leads_to_its_line(page: Page, here: Path) -> None:
    page.goto(address(here, report(cut_layer())))
    page.locator(".picture a .station.cut").click()
    page.wait_for_url("**#layers-Sample:16")
    sync_api.expect(page.locator(".row:target .n")).to_have_text("16")


def test_search_rule_and_severity_narrow_the_table(page: Page, here: Path) -> None:
    page.goto(address(here, everything()))
    assert len(names(page)) == 5
    page.fill("#query", "is CUT at")
    assert len(names(page)) == 1
    assert page.inner_text("#shown") == "1 of 5 layers"
    page.fill("#query", "")
    page.select_option("#rule", "LD003")
    assert names(page) == ["failing · Keras 3 · layers.py:8"]
    page.select_option("#rule", "")
    page.get_by_label("warning").check()
    assert len(names(page)) == 1
    page.get_by_label("clean").check()
    assert len(names(page)) == 2
    page.fill("#query", "nothing is called this")
    assert page.locator(".nothing").is_visible()


def test_the_address_keeps_the_filters(page: Page, here: Path) -> None:
    page.goto(address(here, everything()))
    page.fill("#query", "sample")
    page.get_by_label("error").check()
    shown = names(page)
    page.goto("about:blank")
    page.goto(address(here, everything(), "#?q=sample&severity=error"))
    assert names(page) == shown
    assert page.input_value("#query") == "sample"


def test_the_table_sorts_both_ways(page: Page, here: Path) -> None:
    page.goto(address(here, everything()))
    page.get_by_role("button", name="Layer").click()
    upwards = page.locator(".layers .name").all_inner_texts()
    assert upwards == sorted(upwards, key=str.lower)
    page.get_by_role("button", name="Layer").click()
    assert page.locator(".layers .name").all_inner_texts() == upwards[::-1]
    assert page.locator("th[aria-sort=descending]").inner_text().startswith("Layer")
    page.get_by_role("button", name="Findings").click()
    assert names(page)[0].startswith("gone")


def test_the_address_keeps_the_order(page: Page, here: Path) -> None:
    page.goto(address(here, everything()))
    page.get_by_role("button", name="Layer").click()
    page.get_by_role("button", name="Layer").click()
    shown = names(page)
    assert page.evaluate("location.hash") == "#?sort=-layer"
    page.goto("about:blank")
    page.goto(address(here, everything(), "#?sort=-layer"))
    assert names(page) == shown


def test_the_gravest_layers_come_first(page: Page, here: Path) -> None:
    page.goto(address(here, everything()))
    classes = page.locator(".layers tbody tr").evaluate_all("rows => rows.map(r => r.className)")
    assert classes == ["refused", "error", "error", "clean", "skipped"]


def test_a_picture_too_wide_for_the_page_says_so_and_starts_at_its_cut(
    page: Page, here: Path
) -> None:
    page.set_viewport_size({"width": 420, "height": 800})
    page.goto(address(here, report(cut_layer())))
    assert page.get_by_text("it can be scrolled").is_visible()
    frame = page.locator(".flow .scroll").bounding_box()
    cut = page.locator(".station.cut rect").bounding_box()
    assert frame is not None
    assert cut is not None
    assert frame["x"] < cut["x"] + cut["width"] / 2 < frame["x"] + frame["width"]
    page.set_viewport_size({"width": 1600, "height": 800})
    sync_api.expect(page.get_by_text("it can be scrolled")).to_be_hidden()


def test_paper_shows_the_findings_of_every_layer(page: Page, here: Path) -> None:
    page.emulate_media(media="print")
    page.goto(address(here, everything()))
    assert page.locator(".layers").is_visible()
    assert page.get_by_text("self.gamma is cut at ArgMax").last.is_visible()
    assert page.locator("#failing .finding.error .help").is_visible()


def test_a_deep_link_shows_its_layer_and_its_line(page: Page, here: Path) -> None:
    page.goto(address(here, everything(), "#failing:16"))
    sees(page, "failing")
    sync_api.expect(page.locator("[id='failing:16']")).to_be_visible()
    page.goto(address(here, everything(), "#no-such-layer"))
    sees(page, "all")


def test_a_rule_is_explained_and_the_way_back_works(page: Page, here: Path) -> None:
    page.goto(address(here, report(cut_layer(), failed_layer()), "#failing"))
    page.locator("#failing .finding summary", has_text="Why it matters").click()
    page.get_by_role("link", name="Examples of LD003").click()
    example = page.locator("[id='rule:LD003'] pre").first.inner_text()
    assert example.startswith("import keras\nimport tensorflow as tf\n")
    page.go_back()
    sees(page, "failing")


def test_the_keyboard_is_enough(page: Page, here: Path) -> None:
    page.goto(address(here, everything()))
    page.keyboard.press("/")
    page.keyboard.type("sample")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    sees(page, "layers-Sample")
    page.keyboard.press("j")
    sees(page, "failing")
    page.keyboard.press("Escape")
    sees(page, "all")


def test_the_theme_follows_the_system_and_the_button(page: Page, here: Path) -> None:
    paper = "getComputedStyle(document.body).backgroundColor"
    page.emulate_media(color_scheme="dark")
    page.goto(address(here, report(cut_layer())))
    dark = page.evaluate(paper)
    page.get_by_role("button", name="Light").click()
    assert page.evaluate(paper) != dark
    page.get_by_role("button", name="Dark").click()
    assert page.evaluate(paper) == dark


@pytest.mark.parametrize("width", [320, 400, 1000, 1600])
@pytest.mark.parametrize("fragment", ["", "#layers-Sample", "#failing", "#rules"])
def test_nothing_makes_the_page_scroll_sideways(
    wide_or_narrow: Page, whole: str, width: int, fragment: str
) -> None:
    wide_or_narrow.goto("about:blank")
    wide_or_narrow.set_viewport_size({"width": width, "height": 800})
    wide_or_narrow.goto(f"{whole}{fragment}")
    assert wide_or_narrow.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("fragment", ["", "#layers-Sample", "#failing", "#rules"])
def test_axe_finds_no_serious_fault(
    light_or_dark: Page, whole: str, scheme: Literal["light", "dark"], fragment: str
) -> None:
    light_or_dark.goto("about:blank")
    light_or_dark.emulate_media(color_scheme=scheme)
    light_or_dark.goto(f"{whole}{fragment}")
    only = {"resultTypes": ["violations"]}
    found = axe_playwright.Axe().run(light_or_dark, options=only).response["violations"]
    serious = [
        (fault["id"], fault["nodes"][0]["html"])
        for fault in found
        if fault["impact"] in ("serious", "critical")
    ]
    assert serious == []


def test_without_scripts_everything_can_be_read(browser: Browser, here: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address(here, everything()))
    assert page.locator("#layers-Sample").is_visible()
    assert page.locator("#failing").is_visible()
    context.close()


def test_paper_shows_the_picture_and_no_controls(page: Page, here: Path) -> None:
    page.emulate_media(media="print")
    page.goto(address(here, report(cut_layer())))
    assert page.locator(".picture").is_visible()
    assert not page.locator("#theme").is_visible()


def test_many_layers_open_in_one_page(page: Page, here: Path) -> None:
    cut = cut_layer()
    layers = [
        replace(cut, facts=replace(cut.facts, id=f"layer_{number}")) for number in range(MANY)
    ]
    where = address(here, report(*layers[:-1], HEALTHY))
    assert (here / "report.html").stat().st_size < LARGEST
    page.goto(where)
    assert len(names(page)) == MANY


NOTEBOOK = "<body style='background: {paper}; margin: 0'><div id='cell'></div></body>"


@pytest.mark.parametrize(("paper", "theme"), [("#111111", "dark"), ("white", "light")])
def test_a_cell_shows_the_page_in_the_notebooks_theme(
    page: Page, here: Path, paper: str, theme: str
) -> None:
    markup = inline(report(cut_layer()))
    page.set_content(NOTEBOOK.format(paper=paper))
    page.evaluate("markup => { document.getElementById('cell').innerHTML = markup; }", markup)
    frame = page.frame_locator("#cell iframe")
    root = frame.locator("html")
    sync_api.expect(root).to_have_attribute("data-theme", theme)
    page.evaluate("document.body.style.background = 'black'")
    sync_api.expect(root).to_have_attribute("data-theme", "dark")
    box = page.locator("#cell iframe").bounding_box()
    assert box is not None
    assert 200 < box["height"] <= 900
    page.locator("#cell summary").first.click()
    sync_api.expect(page.locator("#cell iframe")).to_be_hidden()
