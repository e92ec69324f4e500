"""The desk page: every village's panel, loudspeaker and query screen live, and its switches.

Loopback only. The switches are posts that a foreign page cannot send: they need a header of
ours, which a browser lets nobody else set without asking, and a matching origin.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import jinja2
from aiohttp import web

from edge_agent.desk import sound
from edge_agent.desk.live import Feed, status_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiohttp.typedefs import Handler

    from edge_agent.desk.control import DeskControl
    from edge_agent.desk.place import Place

_log = logging.getLogger(__name__)
HERE = Path(__file__).parent
MAX_SKEW_S = 60 * 366 * 86_400.0
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
    "connect-src 'self'; frame-src http://127.0.0.1:*; frame-ancestors 'none'; base-uri 'none'; "
    "object-src 'none'; form-action 'none'"
)
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Desk:
    """What the handlers work with. ``hub`` is the address of the county's desk, or empty."""

    control: DeskControl
    places: tuple[Place, ...]
    hub: str = ""

    def place(self, request: web.Request) -> Place:
        """The village that an address names, or 404."""
        wanted = request.match_info["village"]
        for place in self.places:
            if place.id == wanted:
                return place
        raise web.HTTPNotFound(text=f"桌上没有这个村 no such village here: {wanted[:40]}")


DESK = web.AppKey("desk", Desk)


def create_app(control: DeskControl, places: Sequence[Place], hub: str = "") -> web.Application:
    """The page's application; the caller serves it on the loopback."""
    app = web.Application(middlewares=[_guard], client_max_size=4096)
    app[DESK] = Desk(control, tuple(places), hub)
    app.on_response_prepare.append(_add_headers)
    village = r"/api/villages/{village:[a-z0-9\-]{1,40}}"
    app.add_routes(
        [
            web.get("/", _page),
            web.get("/live", _live),
            web.get(village, _status),
            web.post(village + "/{switch:[a-z_]+}", _turn),
            web.get(village + r"/sound/{zone}/{stream:\d{1,9}}/{start:\d+}-{end:\d+}.wav", _hear),
            web.static("/static", HERE / "static"),
        ]
    )
    return app


async def serve(app: web.Application, port: int, host: str = "127.0.0.1") -> web.AppRunner:
    """Serve the page; clean the returned runner up to end it.

    Raises:
        OSError: the port is taken.
    """
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    return runner


async def _page(request: web.Request) -> web.Response:
    desk = request.app[DESK]
    html = _environment().get_template("desk.html").render(places=desk.places, hub=desk.hub)
    return web.Response(text=html, content_type="text/html")


async def _live(request: web.Request) -> web.WebSocketResponse:
    if not _is_ours(request):
        raise web.HTTPForbidden
    desk = request.app[DESK]
    socket = web.WebSocketResponse(heartbeat=20.0, compress=False)
    await socket.prepare(request)
    await Feed(socket, desk.places, desk.control).run()
    return socket


async def _status(request: web.Request) -> web.Response:
    desk = request.app[DESK]
    found = await status_of(desk.control, desk.place(request).id)
    return web.json_response(found, dumps=_json)


async def _turn(request: web.Request) -> web.Response:
    """Turn one switch, then say how everything stands."""
    if request.headers.get("X-Desk") != "1" or not _is_ours(request):
        raise web.HTTPForbidden(text="请在桌面页上操作 use the switches of the desk page")
    desk = request.app[DESK]
    village, switch = desk.place(request).id, request.match_info["switch"]
    control = desk.control
    turns = {
        "cut_network": control.cut_network,
        "restore_network": control.restore_network,
        "cut_power": control.cut_power,
        "restore_power": control.restore_power,
        "heal": control.heal,
    }
    if switch == "set_clock":
        await control.set_clock(village, await _skew_s(request))
    elif switch in turns:
        await turns[switch](village)
    else:
        raise web.HTTPNotFound(text=f"没有这个开关 no such switch: {switch[:40]}")
    _log.info("switch %s turned in %s", switch, village)
    return web.json_response(await status_of(control, village), dumps=_json)


async def _hear(request: web.Request) -> web.Response:
    """A passage that was really played, to listen to."""
    place = request.app[DESK].place(request)
    match = request.match_info
    for horn in place.horns:
        if horn.name == match["zone"]:
            wav = sound.excerpt(
                horn.folder, match["stream"], int(match["start"]), int(match["end"])
            )
            if wav is not None:
                return web.Response(body=wav, content_type="audio/wav")
    raise web.HTTPNotFound


async def _skew_s(request: web.Request) -> float:
    try:
        skew_s = float((await request.json())["skew_s"])
    except (ValueError, KeyError, TypeError) as error:
        raise web.HTTPBadRequest(text='请给出秒数 send {"skew_s": seconds}') from error
    if not abs(skew_s) <= MAX_SKEW_S:
        raise web.HTTPBadRequest(text="最多六十年 at most sixty years")
    return skew_s


@web.middleware
async def _guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    if (urlsplit(f"//{request.host}").hostname or "") not in LOOPBACK:
        raise web.HTTPForbidden(text="本页只在本机打开 this page is served on this machine only")
    return await handler(request)


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    if not request.path.startswith("/static/"):
        response.headers["Cache-Control"] = "no-store"


def _is_ours(request: web.Request) -> bool:
    """A browser always names the page that posts; a program on this machine names none."""
    origin = request.headers.get("Origin")
    return origin is None or origin == f"http://{request.host}"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
