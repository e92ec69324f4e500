"""The pages that lead to notices: home, boards, columns, lists, search, guide."""

from __future__ import annotations

import string
from itertools import islice
from typing import TYPE_CHECKING

from aiohttp import web

from edge_agent.kiosk.actions import close_answer
from edge_agent.kiosk.columns import ICONS, OTHER, board_by_key, place
from edge_agent.kiosk.rendering import page
from edge_agent.kiosk.search import MAX_QUERY
from edge_agent.kiosk.spelling import letters
from edge_agent.kiosk.state import SCREEN, SLIPS
from edge_agent.kiosk.tables import row_gist, row_title

if TYPE_CHECKING:
    from edge_agent.kiosk.search import Hit

NEWEST = 5
LIST_LENGTH = 200
KEYS = (*string.ascii_uppercase, *string.digits)


async def home(request: web.Request) -> web.Response:
    """Boards, search, newest, what the panel shows: at most eight tiles."""
    close_answer(request)
    edition = request.app[SCREEN].edition
    return page(request, "home.html", newest=edition.notices[:NEWEST])


async def board(request: web.Request) -> web.Response:
    """The columns of one board with the number of notices in each."""
    found = board_by_key(request.match_info["board"])
    if found is None:
        raise web.HTTPNotFound
    edition = request.app[SCREEN].edition
    counts = edition.counts()
    tiles = [
        (column, ICONS[column], counts[found.name, column])
        for column in (*found.columns, OTHER)
        if column != OTHER or (found.name, OTHER) in counts
    ]
    here = (each for each in edition.notices if place(each.column)[0] == found.name)
    return page(request, "board.html", board=found, tiles=tiles, newest=tuple(islice(here, NEWEST)))


async def column(request: web.Request) -> web.Response:
    """The notices of one column, newest first."""
    found = board_by_key(request.match_info["board"])
    name = request.match_info["column"]
    if found is None or name not in ICONS:
        raise web.HTTPNotFound
    notices = request.app[SCREEN].edition.in_column(found.name, name)
    return page(
        request, "list.html", trail=[(f"/board/{found.key}", found.name)], title=name,
        notices=notices[:LIST_LENGTH], total=len(notices), hint="",
    )  # fmt: skip


async def newest(request: web.Request) -> web.Response:
    """Everything, newest first."""
    edition = request.app[SCREEN].edition
    return page(
        request, "list.html", trail=[], title="最新公示", notices=edition.notices[:LIST_LENGTH],
        total=len(edition.notices), hint="", withdrawn=edition.withdrawn,
    )  # fmt: skip


async def on_panel(request: web.Request) -> web.Response:
    """What the LED panel shows now, in its order."""
    notices = tuple(held.notice for held in request.app[SCREEN].edition.plan.panel)
    return page(
        request, "list.html", trail=[], title="电子屏正在播", notices=notices[:LIST_LENGTH],
        total=len(notices), hint="文化广场的电子屏正按这个顺序轮流播放。",
    )  # fmt: skip


async def guide(request: web.Request) -> web.Response:
    """查询指南: how to look up, the sheet of the catalogue, and where to complain."""
    edition = request.app[SCREEN].edition
    contacts = {n.sender.complaints: n.sender for n in edition.notices if n.sender.complaints}
    return page(
        request, "guide.html", counts=edition.counts(), contacts=tuple(contacts.values())[:3]
    )


async def search(request: web.Request) -> web.Response:
    """By pinyin initials, by words or digits, by surname."""
    index = request.app[SCREEN].edition.index
    query = request.query.get("q", "")[:MAX_QUERY].strip()
    typed = request.query.get("i", "")[:MAX_QUERY].upper()
    surname = request.query.get("surname", "")[:2]
    digits = bool(typed) and typed.isdigit()
    hits = index.by_words(typed if digits else query) if digits or query else []
    keys = index.by_initials(typed) if typed and not digits else []
    return page(
        request, "search.html", query=query, typed=typed if digits else letters(typed),
        surname=surname, keys=keys, hits=[_shown(hit) for hit in hits], pad=KEYS,
        surnames=index.surnames()[:24], people=index.with_surname(surname)[:80] if surname else (),
    )  # fmt: skip


def _shown(hit: Hit) -> tuple[Hit, str, str]:
    """A hit with the two lines that the list shows for a row."""
    if hit.where != "row":
        return (hit, "", "")
    table = hit.notice.tables[hit.table]
    return (hit, row_title(table, hit.row), row_gist(table, hit.row))


async def say(request: web.Request) -> web.Response:
    """The page where one chooses what to say."""
    close_answer(request)
    notice_id = request.query.get("notice", "")
    held = request.app[SCREEN].edition.by_id.get(notice_id)
    return page(
        request, "say.html", slips_open=request.app[SLIPS].is_open,
        about=held.notice if held else None,
    )  # fmt: skip
