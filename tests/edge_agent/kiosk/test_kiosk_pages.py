from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from kiosk_village import sample_notices

from edge_agent.kiosk.columns import BOARDS

if TYPE_CHECKING:
    from kiosk_village import Village

PAGES = (
    "/",
    "/board/affairs",
    "/newest",
    "/panel",
    "/guide",
    "/search",
    "/say",
    "/notice/N001",
    "/wall",
)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_forbids_what_it_did_not_bring(open_village: Village, path: str) -> None:
    code, html, headers = open_village.get(path)
    policy = headers["Content-Security-Policy"]
    assert code == 200
    assert "default-src 'none'" in policy
    assert "'unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert not re.search(r"<script(?![^>]+src=\"/static/)", html)
    assert not re.search(r"\son\w+=|\sstyle=|https?://", html.split("<svg")[0])


def test_every_notice_is_three_taps_from_home(open_village: Village) -> None:
    home = _links(open_village.get("/")[1])
    boards = [link for link in home if link.startswith("/board/")]
    assert len(boards) == len(BOARDS)
    columns = [link for board in boards for link in _links(open_village.get(board)[1])
               if link.count("/") == 3 and link.startswith("/board/")]  # fmt: skip
    notices = {link for column in columns for link in _links(open_village.get(column)[1])
               if link.startswith("/notice/")}  # fmt: skip
    assert notices == {f"/notice/{each}" for each in sample_notices()}


def test_a_notice_says_where_one_is_and_who_answers(open_village: Village) -> None:
    html = open_village.get("/notice/N001")[1]
    for wanted in ("清水镇青石村", "村务公开", "社会保障", "内容更新到", "第 1 版", "覃少华",
                   "0872-0000388", "手机扫码看"):  # fmt: skip
        assert wanted in html


def test_a_long_notice_has_chapters(open_village: Village) -> None:
    html = open_village.get("/notice/N011")[1]
    last = max(int(n) for n in re.findall(r"\?chapter=(\d+)", html))
    assert last > 3
    assert open_village.get(f"/notice/N011?chapter={last}")[0] == 200
    assert f"{last} / {last}" in open_village.get(f"/notice/N011?chapter={last + 50}")[1]


def test_search_by_name_leads_to_the_row(open_village: Village) -> None:
    html = open_village.get("/search?q=崔彩霞")[1]
    link = next(link for link in _links(html) if "/row/" in link)
    row = open_village.get(link)[1]
    assert "<h1>崔彩霞</h1>" in row
    assert "月保障金额(元)" in row


def test_search_by_letters_and_by_surname(open_village: Village) -> None:
    assert "崔彩霞" in open_village.get("/search?i=CCX")[1]
    assert "崔彩霞" in open_village.get("/search?surname=崔")[1]
    assert "没有找到" in open_village.get("/search?i=QQQQQ")[1]
    assert "请人帮找" in open_village.get("/search?q=查无此人")[1]


def test_search_by_digits_on_the_pad(open_village: Village) -> None:
    assert "/row/" in open_village.get("/search?i=46800")[1]


def test_one_finds_her_row_in_a_table_by_surname(open_village: Village) -> None:
    html = open_village.get("/notice/N001/find/0?surname=崔")[1]
    assert "崔彩霞" in html
    assert open_village.get("/notice/N001/find/7")[0] == 404


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/notice/N999", "/notice/..%2f..%2fetc", "/board/nothing", "/board/affairs/债",
     "/notice/N001/row/0/30", "/notice/N001/row/9/0", "/notice/N003/row/0/0", "/asset/" + "0" * 64,
     "/speech/N001/chapter-9/0.wav", "/said/none", "/say/nothing", "/static/../app.py",
     "/static/%2e%2e/app.py"],
)  # fmt: skip
def test_what_is_not_there_is_a_page_with_a_way_on(open_village: Village, path: str) -> None:
    code, html, _ = open_village.get(path)
    assert code in {403, 404}
    assert "Traceback" not in html


@pytest.mark.parametrize(
    "path",
    ["/notice/N001?page=x", "/notice/N001?sort=-5&down=9", "/notice/N011?chapter=0", "/?a=b",
     "/search?i=%00%ff"],
)  # fmt: skip
def test_odd_arguments_are_taken_calmly(open_village: Village, path: str) -> None:
    assert open_village.get(path)[0] == 200


def test_a_table_can_be_sorted_and_seen_large(open_village: Village) -> None:
    columns = sample_notices()["N001"].tables[0].columns
    amount = next(n for n, c in enumerate(columns) if c.type == "money")
    html = open_village.get(f"/notice/N001?layout=table&sort={amount}&down=1")[1]
    cells = re.findall(r'<td class="money">([\d.]+)</td>', html)
    assert cells == sorted(cells, key=float, reverse=True)
    assert 'aria-sort="descending"' in html
    assert '<ol class="cards">' in open_village.get("/notice/N001?layout=cards")[1]


def test_the_screen_speaks_to_this_machine_only(open_village: Village) -> None:
    assert open_village.get("/", Host="evil.example")[0] == 403
    assert open_village.get("/", Host=f"localhost:{open_village.port}")[0] == 200


@pytest.mark.parametrize(
    "path", ["/size", "/reset", "/alarm", "/alive", "/say/question", "/wall/shown"]
)
def test_a_foreign_page_can_post_nothing(open_village: Village, path: str) -> None:
    assert open_village.post(path, [], Origin="https://evil.example")[0] == 403
    assert open_village.post(path, [], Origin="null")[0] == 403


def test_a_browser_names_our_own_page_as_the_origin(open_village: Village) -> None:
    """With no-referrer a browser posts forms with ``Origin: null``, and every form would fail."""
    assert open_village.get("/")[2]["Referrer-Policy"] == "same-origin"


def test_the_type_size_is_kept_and_forgotten_at_reset(open_village: Village) -> None:
    code, _, headers = open_village.post("/size", [("size", "3"), ("back", "/notice/N001")])
    assert (code, headers["Location"]) == (303, "/notice/N001")
    cookie = headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    value = cookie.split(";")[0]
    assert 'class="size-3"' in open_village.get("/", Cookie=value)[1]
    assert 'class="size-1"' in open_village.get("/", Cookie=value.replace("=3", "=9"))[1]
    assert "Max-Age=0" in open_village.post("/reset", [])[2]["Set-Cookie"]


@pytest.mark.parametrize(
    "back", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x", ""]
)
def test_nobody_is_led_away_from_the_screen(open_village: Village, back: str) -> None:
    assert open_village.post("/size", [("size", "2"), ("back", back)])[2]["Location"] == "/"


def test_a_post_that_is_too_large_is_refused(open_village: Village) -> None:
    assert open_village.post("/say/question", [("text", "字" * 40_000)])[0] == 413


@pytest.mark.parametrize("sound", ["村", "QUJ", "QUJD\n", "QUI=QUI=", "\x00"])
def test_a_recording_that_no_page_of_ours_sent_is_refused_in_words(
    open_village: Village, sound: str
) -> None:
    code, html, _ = open_village.post("/say/question", [("voice", f"audio/webm;base64,{sound}")])
    assert code == 422
    assert "录音没有录好" in html


def test_what_is_shown_on_the_panel_is_listed_in_its_order(open_village: Village) -> None:
    listed = [link for link in _links(open_village.get("/panel")[1]) if link.startswith("/notice/")]
    planned = [name.split("@")[0] for name in open_village.status()["on_panel"]]
    assert listed == [f"/notice/{each}" for each in planned]


def _links(html: str) -> list[str]:
    return [link.replace("&amp;", "&") for link in re.findall(r'<a[^>]*href="([^"]+)"', html)]
