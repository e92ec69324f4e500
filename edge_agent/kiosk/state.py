"""What the server keeps for its handlers, by typed keys."""

from __future__ import annotations

from aiohttp import web

from edge_agent.kiosk.printing import PrintDesk
from edge_agent.kiosk.replies import ReplyDesk
from edge_agent.kiosk.screen import Screen
from edge_agent.kiosk.slips import SlipDesk
from edge_agent.kiosk.voice import Voice
from edge_agent.kiosk.wall_log import WallLog

SCREEN = web.AppKey("screen", Screen)
VOICE = web.AppKey("voice", Voice)
SLIPS = web.AppKey("slips", SlipDesk)
WALL = web.AppKey("wall", WallLog)
REPLIES = web.AppKey("replies", ReplyDesk)
PRINTER = web.AppKey("printer", PrintDesk)
