"""The report's page in a real browser, where a Chromium is installed."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.chromium import Chromium, find_chromium
from tests.report_samples import HOSTILE, accepted, foreign, hostile, rejected, write
from toolflow_graph.evaluation.report import build_report

BINARY = find_chromium()
pytestmark = pytest.mark.skipif(BINARY is None, reason="no Chromium is installed: the page cannot be opened")

HARMED = "document.documentElement.dataset.harmed ?? null"
ROWS = "[...document.querySelectorAll('.row .row-id')].map((node) => node.textContent)"
STATUS = "document.getElementById('status').textContent"


@pytest_asyncio.fixture
async def browser() -> AsyncIterator[Chromium]:
    assert BINARY is not None
    async with Chromium(BINARY) as browser:
        await browser.show_as(1400, 900)
        yield browser


def lay_out(folder: Path, *, policy: bool = True) -> str:
    """The page's address; without its policy, escaping alone has to hold."""
    many = [{**foreign(), "id": f"many-{place}"} for place in range(300)]
    page = build_report(write(folder / "d.jsonl", hostile(), accepted(), rejected(), *many), title=HOSTILE[1])
    if not policy:
        assert 'http-equiv="Content-Security-Policy"' in page
        page = page.replace('http-equiv="Content-Security-Policy"', 'name="none"')
    path = folder / "page.html"
    path.write_text(page, encoding="utf-8")
    return path.as_uri()


async def show(browser: Chromium, address: str) -> None:
    await browser.open(address)
    await browser.wait_for("document.documentElement?.dataset.ready")


@pytest.mark.parametrize("policy", [True, False], ids=["policy", "no policy"])
async def test_no_hostile_text_runs_wherever_it_is_shown(browser: Chromium, tmp_path: Path, policy: bool) -> None:
    address = lay_out(tmp_path, policy=policy)
    await show(browser, f"{address}#dialogues?q=needle-in-hay")
    await browser.wait_for(f"{STATUS} === '1 of 303 dialogues'")
    await browser.press("j")
    await browser.wait_for("document.querySelectorAll('.message').length >= 4")
    # Everything unfolded, the offered tools and where a value comes from included.
    await browser.evaluate("document.querySelectorAll('#dialogue details').forEach((node) => { node.open = true; })")
    await browser.wait_for("document.querySelector('#offered-tools .tool')")
    await browser.evaluate("document.querySelector('.arguments tr').focus()")
    told = await browser.evaluate("document.getElementById('dialogue').textContent")
    for text in HOSTILE[:7]:
        assert text in told
    assert "12345678901234567890" in told
    assert await browser.evaluate("document.querySelectorAll('img, iframe, #view-dialogues a').length") == 0
    assert await browser.evaluate("document.querySelectorAll('script').length") >= 12
    assert await browser.evaluate(HARMED) is None
    assert browser.errors == []
    # Nothing was asked for but the page.
    assert {url.partition("#")[0] for url in browser.requested} <= {address, "about:blank"}


async def test_list_filters_and_keys(browser: Chromium, tmp_path: Path) -> None:
    await show(browser, f"{lay_out(tmp_path)}#dialogues")
    assert await browser.evaluate(STATUS) == "303 dialogues"
    drawn = await browser.evaluate(ROWS)
    # Only what is seen is in the page.
    assert drawn[1:3] == ["sample", "sample-2"]
    assert len(drawn) < 40
    await browser.press("j")
    await browser.press("j")
    await browser.press("j")
    await browser.wait_for("document.querySelector('.head h2')?.textContent === 'sample-2'")
    assert "verdict bad" in await browser.evaluate("document.querySelector('.verdict').className")
    finding = "document.querySelector('.messages .finding.error').textContent"
    assert "seats come from nowhere" in await browser.evaluate(finding)
    assert "1 refused reply" in await browser.evaluate("document.querySelector('.alternatives').textContent")
    assert "help 2" in await browser.evaluate("document.querySelector('.scores').textContent")
    assert "not trained on" in await browser.evaluate("document.getElementById('m-10').textContent")
    assert await browser.evaluate("document.querySelectorAll('.plan ol > li').length") == 3
    await browser.evaluate("document.querySelector('#m-8 .argument').focus()")
    assert "result of search_flights (message 3), at flights[0].flight_id" in await browser.evaluate(
        "document.getElementById('tip').textContent"
    )
    assert await browser.evaluate("document.getElementById('m-3').classList.contains('lit')") is True
    await browser.press("e")
    assert await browser.evaluate("document.querySelectorAll('.call:not([open])').length") == 0
    await browser.press("k")
    await browser.wait_for("document.querySelector('.head h2')?.textContent === 'sample'")
    await browser.press("/")
    assert await browser.evaluate("document.activeElement.id") == "search"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("verdict=rejected&code=ungrounded_argument", ["sample-2"]),
        ("behaviour=chained", ["sample"]),
        ("source=unknown&q=%22seats+come%22", ["sample-2"]),
        ("q=MARTA+many-7+nothing-like-it", []),
        ("q=MARTA+many-77", ["many-77"]),
        ("order=score&verdict=rejected&role=assistant", ["sample-2"]),
        ("tool=send_email_message&turns=4&calls=4&q=many-299", ["many-299"]),
    ],
)
async def test_filters_in_the_address(browser: Chromium, tmp_path: Path, query: str, found: list[str]) -> None:
    await show(browser, f"{lay_out(tmp_path)}#dialogues?{query}")
    rows = await browser.evaluate(ROWS)
    assert [row for row in rows if not row.startswith("bad ")] == found


async def test_bars_lead_to_their_dialogues_and_the_theme_turns(browser: Chromium, tmp_path: Path) -> None:
    await show(browser, lay_out(tmp_path))
    bar = 'document.querySelector(\'[data-filter="code"][data-value="ungrounded_argument"]\')'
    await browser.evaluate(f"{bar}.focus()")
    await browser.press("Enter")
    await browser.wait_for("location.hash === '#dialogues?code=ungrounded_argument'")
    await browser.wait_for(f"{STATUS}.includes(' of 303 ')")
    assert "sample-2" in await browser.evaluate(ROWS)
    paper = "getComputedStyle(document.body).backgroundColor"
    light = await browser.evaluate(paper)
    await browser.press("t")
    assert await browser.evaluate(paper) != light


async def test_nothing_is_wider_than_a_phone(browser: Chromium, tmp_path: Path) -> None:
    await browser.show_as(390, 844, phone=True)
    address = lay_out(tmp_path)
    for view in ("", "#dialogues", "#dialogues?id=sample-2"):
        await show(browser, f"{address}{view}")
        assert await browser.evaluate("document.documentElement.scrollWidth") <= 390
    seen = "(id) => document.getElementById(id).offsetParent !== null"
    assert await browser.evaluate(f"['list', 'dialogue'].map({seen})") == [False, True]
    await browser.evaluate("document.querySelector('.back').click()")
    assert await browser.evaluate(f"['list', 'dialogue'].map({seen})") == [True, False]
