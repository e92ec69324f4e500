from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from kiosk_village import Village, flood_alert, key, sample_notices
from payloads import payloads

from contract.notice import Asset, Column, File, Heading, Notice, Paragraph, Sender, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page, Request

PAYLOADS = payloads()
A_NOTICE = 20
COLUMNS = ("村务公开/社会保障", "财务公开/资金", "便民服务/办事流程")
SAMPLE = sample_notices()["N001"]
SAMPLE_FILE = Asset("0" * 64, 1, "application/pdf")
TRACES = (
    "script:not([src^='/static/']), iframe, object, embed, base, meta[http-equiv], portal, "
    "img[src=x], [onerror], [onload], [onfocus], [onmouseover], [onclick], a[href^='javascript'], "
    "link:not([href^='/static/']), main style, main form:not([action^='/search']):not(.say)"
)
pytestmark = pytest.mark.browser


def _poisoned(number: int, carried: list[str]) -> Notice:
    """A notice that says the first of these wherever it can, and all of them in its body."""
    payload = carried[0]
    table = Table(
        (Column("n", f"姓名{payload}", "name"), Column("m", payload, "money")),
        (*((each, each) for each in carried), ("王伟", payload)),
        (payload, "合计"),
    )
    texts = (Heading(payload), *(Paragraph(each) for each in carried))
    files = (File(SAMPLE_FILE, f"{each}.pdf") for each in carried)
    return replace(
        SAMPLE,
        id=f"X{number}",
        title=f"{payload}停水",
        summary=payload,
        item_name=payload,
        column=COLUMNS[number % len(COLUMNS)],
        sender=Sender(payload, payload, "village", payload),
        revision=2,
        correction=payload,
        link=payload,
        blocks=(*texts, table, *files) if len(carried) > 1 else (table, *files),
        search=(key(payload), key(f"{payload}停水")),
    )


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    village = Village(tmp_path_factory.mktemp("poisoned"))
    alone = (_poisoned(n, [payload]) for n, payload in enumerate(PAYLOADS))
    starts = range(0, len(PAYLOADS), A_NOTICE)
    together = (_poisoned(1000 + n, PAYLOADS[n : n + A_NOTICE]) for n in starts)
    village.publish(*alone, *together)
    village.start()
    yield village
    village.close()


class Watch:
    """Hears every request, dialog and new window of a page."""

    def __init__(self, page: Page, home: str) -> None:
        self.strange: list[str] = []
        self._page = page
        self._home = home
        page.on("request", self._request)
        page.on("dialog", lambda dialog: self.strange.append(dialog.message))
        page.on("popup", lambda popup: self.strange.append(popup.url))

    def _request(self, request: Request) -> None:
        if not request.url.startswith(f"{self._home}/"):
            self.strange.append(request.url)

    def check(self, where: str) -> None:
        assert self._page.evaluate("typeof pwned") == "undefined", where
        assert self._page.evaluate(f"document.querySelectorAll({TRACES!r}).length") == 0, where
        assert self.strange == [], where


def _look(page: Page, village: Village, path: str, watch: Watch) -> None:
    answer = page.goto(village.url + path, wait_until="domcontentloaded")
    assert answer is not None
    assert answer.status == 200, path
    watch.check(path)


def test_there_are_more_than_three_hundred_payloads() -> None:
    assert len(set(PAYLOADS)) >= 300


@pytest.mark.timeout(240)
def test_no_payload_runs_from_text_table_or_file_name(poisoned: Village, screen: Page) -> None:
    watch = Watch(screen, poisoned.url)
    for start in range(0, len(PAYLOADS), A_NOTICE):
        _look(screen, poisoned, f"/notice/X{1000 + start}?layout=table", watch)
        last = 1
        for chapter in screen.locator("a.chapter").all()[1:]:
            last = max(last, int((chapter.get_attribute("href") or "").rpartition("=")[2]))
        for chapter_number in range(2, last + 1):
            _look(screen, poisoned, f"/notice/X{1000 + start}?chapter={chapter_number}", watch)


@pytest.mark.timeout(120)
def test_no_payload_runs_from_titles_in_lists(poisoned: Village, screen: Page) -> None:
    watch = Watch(screen, poisoned.url)
    seen = 0
    for board, column in (("affairs", "社会保障"), ("finance", "资金"), ("service", "办事流程")):
        _look(screen, poisoned, f"/board/{board}/{quote(column)}", watch)
        seen += screen.locator("a.line").count()
    assert seen >= len(PAYLOADS)


@pytest.mark.timeout(1800)
def test_no_payload_runs_on_a_page_of_its_own_or_from_what_was_searched_for(
    poisoned: Village, screen: Page
) -> None:
    """Every twentieth; ``KIOSK_LONG=1`` takes all of them (1,200 pages)."""
    watch = Watch(screen, poisoned.url)
    for number in range(0, len(PAYLOADS), 1 if os.environ.get("KIOSK_LONG") else A_NOTICE):
        _look(screen, poisoned, f"/notice/X{number}", watch)
        _look(screen, poisoned, f"/notice/X{number}/row/0/0", watch)
        _look(screen, poisoned, f"/search?q={quote(PAYLOADS[number])}", watch)


def test_no_payload_runs_from_lists_finders_and_the_wall(poisoned: Village, screen: Page) -> None:
    watch = Watch(screen, poisoned.url)
    for path in ("/", "/newest", "/board/affairs", "/guide", "/notice/X0/find/0?q=1", "/wall",
                 "/notice/X0?layout=table", "/notice/X0?layout=cards", "/search?i=P"):  # fmt: skip
        screen.goto(poisoned.url + path)
        watch.check(path)


def test_no_payload_runs_from_an_alarm(village: Village, screen: Page) -> None:
    watch = Watch(screen, village.url)
    village.start()
    screen.goto(village.url)
    payload = "<img src=x onerror=pwned=1>"
    notice = flood_alert().notice
    body = Paragraph(f"转移路线：{payload}→{payload}。避险点：{payload}。")
    poisoned = replace(
        notice, title=payload, summary=payload, blocks=(body,), sender=Sender(payload)
    )
    village.alert(flood_alert(poisoned))
    screen.wait_for_selector("#alarm:not([hidden])")
    watch.check("alarm")
    assert screen.inner_text("#alarm-title") == payload
    screen.reload()
    watch.check("alarm, drawn by the server")


def test_no_payload_runs_from_the_feedback_form(village: Village, screen: Page) -> None:
    watch = Watch(screen, village.url)
    (village.root / "state" / "kiosk" / "hub_feedback_key").write_bytes(b"\x09" * 32)
    village.start()
    for payload in PAYLOADS[::80]:
        screen.goto(f"{village.url}/say/question?notice={quote(payload)}")
        screen.fill("#text", payload)
        screen.click(".send")
        screen.wait_for_selector("#slip")
        watch.check(payload)


def test_a_picture_that_is_a_program_is_not_served(village: Village) -> None:
    svg = (
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
    )
    picture = village.picture(svg, "image/svg+xml", "图")
    village.publish(replace(SAMPLE, blocks=(picture,)))
    village.start()
    village.wait_for("N001")
    assert village.get(f"/asset/{picture.asset.sha256}")[0] == 404
