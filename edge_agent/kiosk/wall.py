"""The HDMI-fed wall: a full-screen playlist for televisions and outdoor LED walls.

The same rules as the panel's: every page stands as long as reading it takes, what expires or is
withdrawn leaves at once, an emergency covers everything, and what was really shown is reported
by the page slide by slide and proved by the compositor's own picture (see `witness`).
"""

from __future__ import annotations

import base64
import hashlib
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aiohttp import web

from contract.notice import Heading, Paragraph, Picture, Table, Video
from contract.receipt import Shown
from edge_agent.kiosk.rendering import page
from edge_agent.kiosk.sound import SAFE_TYPES
from edge_agent.kiosk.state import SCREEN, WALL
from edge_agent.kiosk.witness import ASK_FILE, MAX_PNG_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.notice import Asset, Column, Notice
    from edge_agent.kiosk.wall_log import Showing

READ_S_PER_CHAR = 0.25
LEAST_S, MOST_S, PICTURE_S = 8.0, 60.0, 12.0
LONGEST_VIDEO_S = 1800.0
CHARS_A_SLIDE = 150
ROWS_A_SLIDE = 8
ATTRACT_SLIDES, ATTRACT_NOTICES = 12, 6


@dataclass(frozen=True, slots=True)
class Slide:
    """One page of the wall; ``number`` of ``total`` within its notice."""

    notice: Notice
    kind: str
    dwell_s: float
    text: str = ""
    columns: tuple[Column, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    asset: Asset | None = None
    number: int = 1
    total: int = 1


async def wall(request: web.Request) -> web.Response:
    """The whole playlist in one page; it asks for the next one when the plan changes."""
    screen = request.app[SCREEN]
    notices = [held.notice for held in screen.edition.plan.wall]
    request.app[WALL].keep_only({notice.name for notice in notices})
    slides = [slide for notice in notices for slide in slides_of(notice)]
    return page(request, "wall.html", slides=slides, attract=False)


async def attract(request: web.Request) -> web.Response:
    """What an unused query screen shows: posters and videos first, then the newest in a word."""
    notices = request.app[SCREEN].edition.notices
    slides = [slide for notice in notices for slide in slides_of(notice)]
    posters = [slide for slide in slides if slide.asset is not None][:ATTRACT_SLIDES]
    words = [slides_of(notice)[0] for notice in notices[:ATTRACT_NOTICES]]
    plain = [slide for slide in words if slide.kind == "text"]
    return page(request, "wall.html", slides=[*posters, *plain], attract=True)


async def begins(request: web.Request) -> web.Response:
    """The page has drawn a slide: ask for a picture of it, if there is none of its notice yet."""
    found = await _reported(request)
    screen, log = request.app[SCREEN], request.app[WALL]
    if found is None or screen.alarms:
        log.covered()
        return web.Response(status=204)
    slide, slides = found
    word = log.begins(slide.notice.name, slide.number, screen.part.clock.read())
    if slide.number == _telling(slides).number and not log.has_snapshot(slide.notice.name):
        ask = screen.part.settings.run / ASK_FILE
        ask.write_text(word, encoding="utf-8")
        ask.chmod(0o644)  # the keeper is another user; it holds an id, nothing of a text
    return web.Response(status=204)


async def snapshot(request: web.Request) -> web.Response:
    """The keeper's picture of the screen, taken while the slide stood that it was asked for."""
    body = await request.read()
    is_picture = body.startswith(b"\x89PNG\r\n") and len(body) <= MAX_PNG_BYTES
    word = request.headers.get("X-Slide", "")
    if not is_picture or request.app[SCREEN].alarms:
        return web.Response(status=409)
    taken = request.app[WALL].take_snapshot(word, body)
    return web.Response(status=204 if taken else 409)


async def shown(request: web.Request) -> web.Response:
    """The page reports a slide that stood for its whole time."""
    found = await _reported(request)
    screen = request.app[SCREEN]
    if found is None or screen.alarms:
        return web.Response(status=204)
    slide, slides = found
    seconds = await _seconds(request, slide)
    clock = screen.part.clock
    due = request.app[WALL].add(
        slide.notice.name, (slide.number, slide.total), seconds, clock.read(), clock.monotonic_s()
    )
    if due is not None:
        screen.part.receipt(
            "shown", slide.notice.id, slide.notice.revision, shown=_proof(due, slides),
            detail="" if due.snapshot else "hash of the words: nothing here takes pictures",
        )  # fmt: skip
    return web.Response(status=204)


def _proof(due: Showing, slides: tuple[Slide, ...]) -> Shown:
    """The picture's hash (and once the picture); without a compositor, the hash of the words."""
    told = "" if due.snapshot_told else base64.b64encode(due.snapshot).decode("ascii")
    due.snapshot_told = bool(due.snapshot)
    sha256 = hashlib.sha256(due.snapshot).hexdigest() if due.snapshot else words_sha256(slides)
    return Shown(len(slides), due.seconds, due.first_at, sha256, "wall", told)


async def _reported(request: web.Request) -> tuple[Slide, tuple[Slide, ...]] | None:
    """The slide that a report is about, and its notice's slides; None for what is not in force."""
    form = await request.post()
    held = {each.notice.name: each.notice for each in request.app[SCREEN].edition.plan.wall}
    notice = held.get(str(form.get("name", "")))
    number = str(form.get("slide", ""))
    if notice is None or not number.isdecimal():
        return None
    slides = slides_of(notice)
    return (slides[int(number) - 1], slides) if 1 <= int(number) <= len(slides) else None


async def _seconds(request: web.Request, slide: Slide) -> float:
    """How long a slide stood: its dwell; a video's own length, as the page measured it."""
    if slide.kind != "video":
        return slide.dwell_s
    try:
        measured = float(str((await request.post()).get("seconds", "")))
    except ValueError:
        return 0.0
    return min(max(measured, 0.0), LONGEST_VIDEO_S) if math.isfinite(measured) else 0.0


def _telling(slides: tuple[Slide, ...]) -> Slide:
    """The slide that a picture proves best: a picture or video, else the first."""
    return next((each for each in slides if each.asset is not None), slides[0])


def slides_of(notice: Notice) -> tuple[Slide, ...]:
    """A notice cut into slides, at least one."""
    found = list(_slides(notice))
    if not found:
        found = [Slide(notice, "text", _dwell_s(notice.summary), text=notice.summary)]
    return tuple(replace(slide, number=n, total=len(found)) for n, slide in enumerate(found, 1))


def words_sha256(slides: tuple[Slide, ...]) -> str:
    """Hash of what the slides say, for a screen without a compositor of ours."""
    told = hashlib.sha256()
    for slide in slides:
        cells = (cell for row in slide.rows for cell in row)
        file = slide.asset.sha256 if slide.asset else ""
        told.update("\x1f".join((slide.text, *cells, file, "\x1e")).encode("utf-8"))
    return told.hexdigest()


def _slides(notice: Notice) -> Iterator[Slide]:
    text = notice.summary
    for block in notice.blocks:
        if isinstance(block, Heading | Paragraph):
            text = f"{text}\n{block.text}" if text else block.text
            continue
        yield from _text_slides(notice, text)
        text = ""
        if isinstance(block, Table):
            yield from _table_slides(notice, block)
        elif isinstance(block, Picture | Video) and block.asset.mime in SAFE_TYPES:
            kind = "video" if isinstance(block, Video) else "picture"
            yield Slide(notice, kind, PICTURE_S, text=block.alt, asset=block.asset)
    yield from _text_slides(notice, text)


def _text_slides(notice: Notice, text: str) -> Iterator[Slide]:
    rest = text.strip()
    while rest:
        cut = _cut(rest)
        piece, rest = rest[:cut].strip(), rest[cut:].strip()
        yield Slide(notice, "text", _dwell_s(piece), text=piece)


def _cut(text: str) -> int:
    """Where to cut, after the last sentence that fits."""
    if len(text) <= CHARS_A_SLIDE:
        return len(text)
    ends = [text.rfind(mark, 0, CHARS_A_SLIDE) for mark in "。；！？\n"]
    return max(ends) + 1 if max(ends) > CHARS_A_SLIDE // 3 else CHARS_A_SLIDE


def _table_slides(notice: Notice, table: Table) -> Iterator[Slide]:
    for start in range(0, len(table.rows), ROWS_A_SLIDE):
        rows = table.rows[start : start + ROWS_A_SLIDE]
        if start + ROWS_A_SLIDE >= len(table.rows) and table.total:
            rows = (*rows, table.total)
        yield Slide(
            notice, "table", _dwell_s("".join("".join(row) for row in rows)),
            columns=table.columns, rows=rows,
        )  # fmt: skip


def _dwell_s(text: str) -> float:
    return min(max(len(text) * READ_S_PER_CHAR, LEAST_S), MOST_S)
