"""The pages of one notice: its chapters, its tables, one row large, and that it is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from edge_agent.kiosk.chapters import chapters_of
from edge_agent.kiosk.names import surname_of
from edge_agent.kiosk.rendering import day, page
from edge_agent.kiosk.search import MAX_QUERY, rows_with
from edge_agent.kiosk.state import SCREEN
from edge_agent.kiosk.tables import labels_and_values, row_gist, row_title, view

if TYPE_CHECKING:
    from contract.notice import Notice, Table

MOST_ROWS = 200
MOST_SURNAMES = 80


async def notice(request: web.Request) -> web.Response:
    """One notice, one chapter of it."""
    found = _notice(request)
    if found is None:
        return gone(request)
    chapters = chapters_of(found)
    at = min(max(_number(request, "chapter", 1), 1), len(chapters))
    query = request.query
    tables = {
        number: view(
            found.tables[number], number, sort=_number(request, "sort", -1),
            down=query.get("down") == "1", page=_number(request, "page", 1),
        )
        for _, number in chapters[at - 1].blocks if number >= 0
    }  # fmt: skip
    return page(
        request, "notice.html", notice=found, chapters=chapters, at=at, chapter=chapters[at - 1],
        tables=tables, related=request.app[SCREEN].edition.related(found),
        layout=query.get("layout", ""),
    )  # fmt: skip


async def row(request: web.Request) -> web.Response:
    """One row of a table, large: label and value."""
    found = _notice(request)
    if found is None:
        return gone(request)
    table, at = _table(request, found), int(request.match_info["row"])
    if not 0 <= at < len(table.rows):
        raise web.HTTPNotFound
    return page(
        request, "row.html", notice=found, table_number=int(request.match_info["table"]), at=at,
        length=len(table.rows), title=row_title(table, at), pairs=labels_and_values(table, at),
    )  # fmt: skip


async def find_row(request: web.Request) -> web.Response:
    """“找我的一行”: surnames of this table, then the rows."""
    found = _notice(request)
    if found is None:
        return gone(request)
    number = int(request.match_info["table"])
    table = _table(request, found)
    query = request.query.get("q", "")[:MAX_QUERY]
    surname = request.query.get("surname", "")[:2]
    titles = [row_title(table, at) for at in range(len(table.rows))]
    surnames = sorted({surname_of(title) for title in titles if title})
    if surname:
        rows = [at for at, title in enumerate(titles) if surname_of(title) == surname]
    else:
        rows = list(rows_with(table, query))
    return page(
        request, "find_row.html", notice=found, table_number=number,
        surnames=surnames[:MOST_SURNAMES], query=query, surname=surname,
        rows=[(at, titles[at], row_gist(table, at)) for at in rows[:MOST_ROWS]],
        more=len(rows) > MOST_ROWS,
    )  # fmt: skip


def gone(request: web.Request) -> web.Response:
    """A notice that is not here: withdrawn or expired, or never known."""
    notice_id = request.match_info["notice"]
    screen = request.app[SCREEN]
    told = next((each for each in screen.edition.withdrawn if each.id == notice_id), None)
    if told is not None:
        why = told.reason or "涉及个人信息，不便公开，可以问村委会。"
        return page(
            request, "sorry.html", status=410, word="这条公示已撤回",
            next_step=f"撤回原因：{why}",
            detail=f"{told.about}　编号 {told.id}　{day(told.at)}撤回",
        )  # fmt: skip
    if screen.ledger.is_gone(notice_id):
        return page(
            request, "sorry.html", status=410, word="这条公示已撤回或到期",
            next_step="内容已从本机删除。想知道原因，请问村委会。",
        )  # fmt: skip
    raise web.HTTPNotFound


async def notice_state(request: web.Request) -> web.Response:
    """For an open page: is what it shows still the last word?"""
    held = request.app[SCREEN].edition.by_id.get(request.match_info["notice"])
    return web.json_response({"revision": held.notice.revision if held else 0})


def _notice(request: web.Request) -> Notice | None:
    held = request.app[SCREEN].edition.by_id.get(request.match_info["notice"])
    return held.notice if held else None


def _table(request: web.Request, found: Notice) -> Table:
    number = int(request.match_info["table"])
    if number >= len(found.tables):
        raise web.HTTPNotFound
    return found.tables[number]


def _number(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else default
