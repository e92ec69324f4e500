"""What the screen says when the box's store cannot even be opened: not a browser's error page.

It is shown for a while, then the program ends with the error, and whoever supervises it tries
again; the page asks by itself whether the screen is back.
"""

from __future__ import annotations

import asyncio
import contextlib
import html
from typing import TYPE_CHECKING

from aiohttp import web

from edge_agent.kiosk.guard import add_headers
from edge_agent.kiosk.rendering import HERE
from edge_agent.part import WATCHDOG_S, notify

if TYPE_CHECKING:
    from edge_agent.settings import Settings

SHOWN_S = 20.0
_PAGE = """<!doctype html>
<html lang="zh-CN" class="size-1"><head><meta charset="utf-8"><title>暂停服务 · {village}</title>
<meta http-equiv="refresh" content="5"><link rel="stylesheet" href="/static/screen.css"></head>
<body class="page"><header class="head"><p class="head-name"><b>{village}</b></p></header>
<main><section class="said sorry"><h1>查询机正在恢复</h1>
<p>本机的存储暂时打不开，正在重新取回内容。<br>请过几分钟再来，或者看村委会外墙的公开栏。</p>
<p class="quiet">工作人员请运行 village-agent doctor</p></section></main></body></html>
"""


async def apologise(settings: Settings, shown_s: float = SHOWN_S) -> None:
    """Serve the apology on the screen's port for ``shown_s`` seconds."""
    app = web.Application()
    app.on_response_prepare.append(add_headers)
    text = _PAGE.format(village=html.escape(settings.box.village))

    async def sorry(request: web.Request) -> web.Response:
        del request
        return web.Response(text=text, content_type="text/html", status=503)

    app.router.add_static("/static", HERE / "static")
    app.router.add_get("/{path:.*}", sorry)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(shown_s):
                await web.TCPSite(runner, settings.kiosk.host, settings.kiosk.port).start()
                notify("READY=1")
                while True:
                    notify("WATCHDOG=1")
                    await asyncio.sleep(WATCHDOG_S)
    finally:
        await runner.cleanup()
