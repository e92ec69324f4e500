"""What stands between the screen and the world: headers, host names, and where posts come from.

The server is bound to the loopback, but a browser reaches the loopback from any page it has
open; so foreign host names (DNS rebinding) and foreign posts are refused.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aiohttp import web

from edge_agent.kiosk.rendering import page

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

_log = logging.getLogger(__name__)
# The sandbox: no new windows, no downloads, no printing or other dialogs, whatever a page does.
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "media-src 'self' blob:; connect-src 'self'; font-src 'self'; "
    "frame-ancestors 'self' http://127.0.0.1:*; "
    "base-uri 'none'; object-src 'none'; form-action 'self'; require-trusted-types-for 'script'; "
    "trusted-types 'none'; sandbox allow-forms allow-same-origin allow-scripts"
)
HEADERS: dict[str, str] = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self), usb=(), serial=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-site",
}
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse strangers, turn errors into pages that say what to do next."""
    if _host_of(request) not in LOOPBACK:
        raise web.HTTPForbidden(text="本页只在本机打开 this page is served on this machine only")
    if request.method not in {"GET", "HEAD"} and not _is_own_page(request):
        raise web.HTTPForbidden(text="请从查询机的页面上操作 post from the screen's own pages")
    try:
        return await handler(request)
    except web.HTTPNotFound:
        return page(
            request, "sorry.html", status=404, word="没有这一页", next_step="请回首页重新查找。"
        )
    except web.HTTPException:
        raise
    except Exception:  # noqa: BLE001 - a villager sees a page with a way on, never a traceback
        _log.exception("a page failed: %s", request.match_info.route.resource)
        return page(
            request, "sorry.html", status=500, word="这一页出了问题",
            next_step="请回首页再试；还不行，请告诉村委会工作人员。",
        )  # fmt: skip


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Signal handler: every answer carries the policy; only fixed files may be kept."""
    response.headers.update(HEADERS)
    if not request.path.startswith("/static/"):
        response.headers["Cache-Control"] = "no-store"


def _host_of(request: web.Request) -> str:
    return urlsplit(f"//{request.host}").hostname or ""


def _is_own_page(request: web.Request) -> bool:
    origin = request.headers.get("Origin")
    if origin is not None:
        return origin == f"http://{request.host}"
    return request.headers.get("Sec-Fetch-Site") == "same-origin"
