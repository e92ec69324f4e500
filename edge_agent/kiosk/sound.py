"""Files that a page asks for: recordings, pictures and videos from the store, spoken texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from edge_agent.kiosk.chapters import chapters_of
from edge_agent.kiosk.state import REPLIES, SCREEN, VOICE
from edge_agent.kiosk.voice import (
    VoiceError,
    pieces_of_chapter,
    pieces_of_reply,
    pieces_of_row,
    summary_pieces,
)

if TYPE_CHECKING:
    from contract.notice import Asset, Notice

SAFE_TYPES = frozenset(
    {
        "image/png", "image/jpeg", "image/webp", "image/gif",
        "video/mp4", "video/webm",
        "audio/wav", "audio/x-wav", "audio/ogg", "audio/mpeg", "audio/flac",
    }
)  # fmt: skip


async def asset(request: web.Request) -> web.Response:
    """A picture, video or recording of a notice in force; its hash is checked on this read."""
    found = _asset(request, request.match_info["sha256"])
    screen = request.app[SCREEN]
    if found is None or found.mime not in SAFE_TYPES:
        raise web.HTTPNotFound
    body = screen.part.store.blob(found.sha256)
    if body is None:
        raise web.HTTPNotFound
    return web.Response(body=body, content_type=found.mime)


async def reading(request: web.Request) -> web.Response:
    """The list of what is to be played, in order, to read this chapter or row aloud."""
    found = _notice(request)
    base = f"/speech/{found.id}/{request.match_info['what']}"
    addresses = [f"{base}/{n}.wav" for n in range(len(_pieces(request, found)))]
    recording = found.speech.recording if found.speech else None
    blob = request.app[SCREEN].part.store.blob
    if request.match_info["what"] == "chapter-1" and recording and blob(recording.sha256):
        addresses[: len(summary_pieces(found))] = [f"/asset/{recording.sha256}"]
    return web.json_response({"play": addresses})


async def speech(request: web.Request) -> web.Response:
    """One spoken piece of a notice as WAV."""
    return await _spoken(request, _pieces(request, _notice(request)))


async def answer_reading(request: web.Request) -> web.Response:
    """What is to be played to read the answer on the screen aloud."""
    base = f"/answer/{request.match_info['token']}"
    addresses = [f"{base}/{n}.wav" for n in range(len(_answer_pieces(request)))]
    return web.json_response({"play": addresses})


async def answer_speech(request: web.Request) -> web.Response:
    """One spoken piece of the answer as WAV."""
    return await _spoken(request, _answer_pieces(request))


def _answer_pieces(request: web.Request) -> tuple[str, ...]:
    reply = request.app[REPLIES].on_screen(request.match_info["token"])
    if reply is None:
        raise web.HTTPNotFound
    return pieces_of_reply(reply)


async def _spoken(request: web.Request, pieces: tuple[str, ...]) -> web.Response:
    number = int(request.match_info["number"])
    if number >= len(pieces):
        raise web.HTTPNotFound
    try:
        wav = await request.app[VOICE].wav(pieces[number])
    except VoiceError:
        return web.Response(status=503, text="这台机器现在读不出来，请看屏幕上的字。")
    return web.Response(body=wav, content_type="audio/wav")


def _pieces(request: web.Request, notice: Notice) -> tuple[str, ...]:
    what = request.match_info["what"]
    kind, *numbers = what.split("-")
    if kind == "chapter" and len(numbers) == 1:
        chapters = chapters_of(notice)
        at = int(numbers[0])
        if 1 <= at <= len(chapters):
            return pieces_of_chapter(notice, chapters[at - 1], first=at == 1)
    elif kind == "row" and len(numbers) == 2:
        table, row = map(int, numbers)
        if table < len(notice.tables) and row < len(notice.tables[table].rows):
            return pieces_of_row(notice, table, row)
    raise web.HTTPNotFound


def _notice(request: web.Request) -> Notice:
    held = request.app[SCREEN].edition.by_id.get(request.match_info["notice"])
    if held is None:
        raise web.HTTPNotFound
    return held.notice


def _asset(request: web.Request, sha256: str) -> Asset | None:
    plan = request.app[SCREEN].edition.plan
    notices = (held.notice for held in (*plan.readable, *plan.wall))
    return next((a for n in notices for a in n.assets if a.sha256 == sha256), None)
