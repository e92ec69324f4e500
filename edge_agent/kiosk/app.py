"""The query screen's web application: which address leads to which handler."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from edge_agent.kiosk import actions, live, notice_pages, pages, paper, sound, wall
from edge_agent.kiosk.guard import add_headers, guard
from edge_agent.kiosk.printing import PrintDesk
from edge_agent.kiosk.rendering import HERE
from edge_agent.kiosk.replies import ReplyDesk
from edge_agent.kiosk.state import PRINTER, REPLIES, SCREEN, SLIPS, VOICE, WALL
from edge_agent.kiosk.wall_log import WallLog

if TYPE_CHECKING:
    from edge_agent.kiosk.screen import Screen
    from edge_agent.kiosk.slips import SlipDesk
    from edge_agent.kiosk.voice import Voice

MAX_POST_BYTES = 256 * 1024
"""A form with a spoken message of 45 seconds."""
_ID = r"{notice:[A-Za-z0-9_.\-]{1,64}}"
_ANSWER = r"{token:[A-Za-z0-9_\-]{24}}"
_N = r"\d{1,6}"


def create_app(screen: Screen, voice: Voice, slips: SlipDesk) -> web.Application:
    """The application around one screen; nothing runs until it is served."""
    app = web.Application(middlewares=[guard], client_max_size=MAX_POST_BYTES)
    app[SCREEN], app[VOICE], app[SLIPS] = screen, voice, slips
    app[WALL] = WallLog()
    app[REPLIES] = ReplyDesk(screen.part)
    app[PRINTER] = PrintDesk(
        screen.part.settings.kiosk, screen.part.clock, screen.part.settings.run
    )
    app.on_response_prepare.append(add_headers)
    app.add_routes(
        [
            web.get("/", pages.home),
            web.get("/board/{board:[a-z]+}", pages.board),
            web.get("/board/{board:[a-z]+}/{column}", pages.column),
            web.get("/newest", pages.newest),
            web.get("/panel", pages.on_panel),
            web.get("/guide", pages.guide),
            web.get("/search", pages.search),
            web.get(f"/notice/{_ID}", notice_pages.notice),
            web.get(f"/notice/{_ID}/state", notice_pages.notice_state),
            web.get(f"/notice/{_ID}/find/{{table:{_N}}}", notice_pages.find_row),
            web.get(f"/notice/{_ID}/row/{{table:{_N}}}/{{row:{_N}}}", notice_pages.row),
            web.get(f"/reading/{_ID}/{{what:[a-z]+(-{_N}){{1,2}}}}", sound.reading),
            web.get(
                f"/speech/{_ID}/{{what:[a-z]+(-{_N}){{1,2}}}}/{{number:{_N}}}.wav", sound.speech
            ),
            web.get("/asset/{sha256:[0-9a-f]{64}}", sound.asset),
            web.get("/say", pages.say),
            web.get("/say/{kind:[a-z_]+}", actions.say_form),
            web.post("/say/{kind:[a-z_]+}", actions.say_send),
            web.get(r"/said/{form:[A-Za-z0-9_\-]{1,40}}", actions.said),
            web.get("/answer", actions.answer_form),
            web.post("/answer", actions.open_answer),
            web.get(f"/answer/{_ANSWER}", actions.answer),
            web.get(f"/answer/{_ANSWER}/reading", sound.answer_reading),
            web.get(f"/answer/{_ANSWER}/{{number:{_N}}}.wav", sound.answer_speech),
            web.post(f"/print/notice/{_ID}", paper.print_notice),
            web.post(f"/print/row/{_ID}/{{table:{_N}}}/{{row:{_N}}}", paper.print_row),
            web.post(r"/print/slip/{form:[A-Za-z0-9_\-]{1,40}}", paper.print_slip),
            web.post("/size", actions.set_size),
            web.post("/reset", actions.reset),
            web.get("/live", live.live),
            web.post("/alive", live.alive),
            web.post("/alarm", live.alarm_seen),
            web.get("/api/status.json", live.status),
            web.get("/wall", wall.wall),
            web.get("/attract", wall.attract),
            web.post("/wall/begins", wall.begins),
            web.post("/wall/snapshot", wall.snapshot),
            web.post("/wall/shown", wall.shown),
            web.static("/static", HERE / "static"),
        ]
    )
    return app
