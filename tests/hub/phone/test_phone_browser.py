"""The phone pages in a real browser of a phone's size: readable, reachable, nothing from outside.

The pages are rendered first and handed to Chromium from memory, so that no port and no second
process is needed.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.staticfiles import finders
from django.test import Client
from playwright.sync_api import sync_playwright

from tests.hub.phone.conftest import corrected, published, withdrawn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page, Route

    from tests.hub.conftest import Desk

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed"),
]
Forms = dict[str, dict[str, Any]]
Pages = dict[str, tuple[int, str]]
ROOT = "http://village.test"
PHONE = {"width": 390, "height": 844}
SMALLEST_PX = 18
TARGET_PX = 44
_SIZES = "() => [...document.querySelectorAll('body *')].filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())).map(e => [e.tagName + ':' + e.textContent.trim().slice(0, 20), parseFloat(getComputedStyle(e).fontSize), parseFloat(getComputedStyle(e).lineHeight)])"  # noqa: E501 - one expression of the browser's language
_TARGETS = "() => [...document.querySelectorAll('a, button, input:not([type=hidden]), select, textarea')].filter(e => e.id !== 'website' && e.className !== 'skip').map(e => [e.textContent.trim().slice(0, 20) || e.id, e.getBoundingClientRect().width, e.getBoundingClientRect().height])"  # noqa: E501 - as above


@pytest.fixture
def rendered(people: Desk, notices: Forms) -> dict[str, Pages]:
    """Every kind of page, by size of type and address."""
    for key in ("N001", "N022", "N034"):
        published(people, {**notices[key], "valid_until": "2099-12-31"})
    corrected(people, published(people, {**notices["N003"], "valid_until": "2099-12-31"}), "改期",
              summary="改到7月7日停水。")  # fmt: skip
    withdrawn(people, published(people, notices["N011"]))
    village = people.village.code
    addresses = ["/v/530199/", f"/v/{village}/", f"/v/{village}/财务公开/资产/", "/n/N022/",
                 "/n/N001/", "/n/N003/", "/n/N003/1/", "/n/N011/", f"/v/{village}/find/?q=停水",
                 f"/v/{village}/say/?about=N003", "/slip/", "/v/ZZZZZZZZZZ/",
                 f"/v/{village}/村务公开/服务管理/"]  # fmt: skip
    found: dict[str, Pages] = {}
    for size in ("standard", "largest"):
        client = Client()
        client.cookies["type_size"] = size
        answers = {each: client.get(each) for each in addresses}
        found[size] = {each: (a.status_code, a.content.decode()) for each, a in answers.items()}
    return found


@pytest.fixture
def phone() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        context = browser.new_context(viewport=PHONE, java_script_enabled=True)  # type: ignore[arg-type] # a typed dict
        yield context.new_page()
        browser.close()


def _serve(page: Page, pages: Pages, outside: list[str]) -> None:
    def answer(route: Route) -> None:
        parts = urlsplit(route.request.url)
        address = unquote(parts.path) + (f"?{unquote(parts.query)}" if parts.query else "")
        if parts.netloc != "village.test":
            outside.append(route.request.url)
            route.abort()
        elif address in pages:
            status, body = pages[address]
            route.fulfill(status=status, body=body, content_type="text/html; charset=utf-8")
        elif address.startswith("/static/"):
            path = finders.find(address.removeprefix("/static/"))
            route.fulfill(path=Path(str(path)))
        else:
            route.fulfill(status=200, body="{}", content_type="application/json")

    page.route("**/*", answer)


@pytest.mark.timeout(180)
def test_every_page_is_readable_reachable_and_its_own(
    rendered: dict[str, Pages], phone: Page
) -> None:
    outside: list[str] = []
    faults: list[tuple[str, object]] = []
    for size, pages in rendered.items():
        phone.unroute_all()
        _serve(phone, pages, outside)
        for address in pages:
            phone.goto(ROOT + address)
            at = f"{size} {address}"
            assert phone.locator("h1").count() == 1
            faults += [(at, each) for each in _too_small(phone)]
            if phone.evaluate("document.documentElement.scrollWidth") > PHONE["width"]:
                faults.append((at, "wider than the phone"))
            if size == "standard":
                found = Axe().run(phone)
                faults += [(at, each["id"]) for each in found.response["violations"]]
    assert faults == []
    assert outside == []


def _too_small(page: Page) -> Iterator[object]:
    for words, size_px, line_px in page.evaluate(_SIZES):
        if size_px < SMALLEST_PX or line_px < 1.3 * size_px:
            yield words, size_px, line_px
    for words, width_px, height_px in page.evaluate(_TARGETS):
        if min(width_px, height_px) < TARGET_PX:
            yield words, width_px, height_px


def test_the_pages_work_with_the_keyboard_in_the_order_in_which_they_read(
    rendered: dict[str, Pages], phone: Page
) -> None:
    pages = rendered["standard"]
    _serve(phone, pages, [])
    phone.goto(f"{ROOT}/v/530199001001/")
    order = []
    for _ in range(6):
        phone.keyboard.press("Tab")
        order.append(phone.evaluate("document.activeElement.textContent.trim() || 'field'"))
    assert order == ["跳到正文", "云岭县", "清水镇", "青石村", "field", "查一查"]
