"""What one can do at the screen: change the type size, say something, leave."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aiohttp import web

from contract import wire
from contract.errors import ContractError
from edge_agent.kiosk.kinds import kind_by_key
from edge_agent.kiosk.rendering import page, size_cookie
from edge_agent.kiosk.replies import ReplyError
from edge_agent.kiosk.slips import SlipError, Voice
from edge_agent.kiosk.state import REPLIES, SCREEN, SLIPS, VOICE

if TYPE_CHECKING:
    from multidict import MultiDictProxy

MAX_PHRASES = 10
LONGEST_VOICE_S = 45
_FORM = re.compile(r"[A-Za-z0-9_-]{1,40}")


async def set_size(request: web.Request) -> web.Response:
    """Choose 标准, 大 or 特大; kept in a session cookie until the idle reset."""
    form = await request.post()
    response = _back(form)
    size = str(form.get("size", "1"))
    if size in {"1", "2", "3"}:
        response.set_cookie(size_cookie(request), size, httponly=True, samesite="Strict", path="/")
    return response


async def reset(request: web.Request) -> web.Response:
    """The villager has left: forget size, slips and everything spoken."""
    request.app[SLIPS].forget()
    request.app[REPLIES].forget()
    request.app[VOICE].forget()
    response = web.Response(status=204)
    response.del_cookie(size_cookie(request), path="/")
    return response


async def say_form(request: web.Request) -> web.Response:
    """The form of one kind of feedback, about a notice or about nothing in particular."""
    return _form(request, request.query.get("notice", ""), "")


async def say_send(request: web.Request) -> web.Response:
    """Take the slip, then lead to the page with its number (so that a reload sends nothing)."""
    kind = kind_by_key(request.match_info["kind"])
    if kind is None:
        raise web.HTTPNotFound
    form = await request.post()
    notice_id = str(form.get("notice", ""))
    if notice_id not in request.app[SCREEN].edition.by_id:
        notice_id = ""
    chosen = [kind.phrases[n] for n in _chosen(form, len(kind.phrases))]
    words = {
        "phrases": "；".join(chosen),
        "text": str(form.get("text", "")),
        "phone": "".join(c for c in str(form.get("phone", "")) if c.isascii() and c.isdigit())[:15],
        "notice": notice_id,
    }
    token = str(form.get("form", ""))
    if _FORM.fullmatch(token) is None:
        token = request.app[SLIPS].new_form()
    try:
        voice = _voice(str(form.get("voice", "")))
        await request.app[SLIPS].take(token, kind, words, notice_id, voice)
    except SlipError as error:
        return _form(request, notice_id, str(error))
    return web.HTTPSeeOther(f"/said/{token}")


async def said(request: web.Request) -> web.Response:
    """收到: the slip's number and its code, large."""
    token = request.match_info["form"]
    slip = request.app[SLIPS].slip_of(token)
    if slip is None:
        raise web.HTTPNotFound
    return page(request, "said.html", slip=slip, form=token)


async def answer_form(request: web.Request) -> web.Response:
    """The page where one types number and code of a slip."""
    close_answer(request)
    return page(request, "answer.html", typed="", problem="", reply=None)


async def open_answer(request: web.Request) -> web.Response:
    """Open the answer to a slip, and lead to it."""
    form = await request.post()
    number, code = str(form.get("number", ""))[:12], str(form.get("code", ""))[:6]
    try:
        reply = await request.app[REPLIES].open(number, code)
    except ReplyError as error:
        return page(
            request, "answer.html", typed=number, problem=str(error), reply=None, status=422
        )
    return web.HTTPSeeOther(f"/answer/{reply.token}")


async def answer(request: web.Request) -> web.Response:
    """The answer; its address ends with the villager's next page, so that nobody comes back."""
    reply = request.app[REPLIES].on_screen(request.match_info["token"])
    if reply is None:
        return web.HTTPSeeOther("/answer")
    return page(request, "answer.html", typed="", problem="", reply=reply)


def close_answer(request: web.Request) -> None:
    """The answer, if there is one, leaves the screen: forget it, and what was read aloud of it."""
    if request.app[REPLIES].is_open:
        request.app[REPLIES].forget()
        request.app[VOICE].forget()


def _form(request: web.Request, notice_id: str, problem: str) -> web.Response:
    kind = kind_by_key(request.match_info["kind"])
    if kind is None:
        raise web.HTTPNotFound
    held = request.app[SCREEN].edition.by_id.get(notice_id)
    slips = request.app[SLIPS]
    return page(
        request, "say_form.html", kind=kind, about=held.notice if held else None, problem=problem,
        form=slips.new_form(), slips_open=slips.is_open, longest_s=LONGEST_VOICE_S,
        status=422 if problem else 200,
    )  # fmt: skip


def _voice(field: str) -> Voice | None:
    """The recording in a form's field: ``audio/webm;base64,…``, as the page writes it.

    It comes as text and not as a file, since files are laid on the disk while they arrive.
    """
    if not field:
        return None
    kind, _, sound = field.partition(";base64,")
    try:
        return Voice(wire.from_base64(sound), kind.partition(";")[0])
    except ContractError as error:
        raise SlipError("录音没有录好，请再说一遍。") from error


def _chosen(
    form: MultiDictProxy[str | web.FileField | bytes | bytearray], length: int
) -> list[int]:
    numbers = {str(value) for value in form.getall("phrase", [])[:MAX_PHRASES]}
    return [n for n in range(length) if str(n) in numbers]


def _back(form: MultiDictProxy[str | web.FileField | bytes | bytearray]) -> web.Response:
    """Back to the page of our own that one came from; anything else leads home."""
    target = str(form.get("back", "/"))
    ours = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    return web.HTTPSeeOther(target if ours else "/")
