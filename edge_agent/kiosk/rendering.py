"""Templates to pages: escaping on, icons inline, type size and place known to every page."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2
from aiohttp import web
from markupsafe import Markup

from edge_agent.clock import CHINA
from edge_agent.kiosk.columns import BOARDS, ICONS, place
from edge_agent.kiosk.state import PRINTER, SCREEN

if TYPE_CHECKING:
    from datetime import datetime

    from contract.notice import Notice

HERE = Path(__file__).parent
SIZES: tuple[tuple[str, str], ...] = (("1", "标准"), ("2", "大"), ("3", "特大"))
_ICON = re.compile(r"[a-z0-9-]+")


def page(
    request: web.Request, template: str, *, status: int = 200, **values: object
) -> web.Response:
    """Render ``template``; every page knows where it is, as of when, and the type size."""
    screen = request.app[SCREEN]
    settings = screen.part.settings
    reading = screen.part.clock.read()
    updated = screen.edition.updated_at
    html = (
        _environment()
        .get_template(template)
        .render(
            village=settings.box.village,
            office_line=settings.box.office_line or settings.box.village,
            now=reading.local,
            clock_trusted=reading.trusted,
            updated=updated.astimezone(CHINA) if updated else None,
            edition=screen.edition,
            number=screen.number,
            alarms=screen.alarms,
            offline=screen.offline,
            can_print=request.app[PRINTER].is_there,
            idle_s=settings.kiosk.idle_s,
            countdown_s=settings.kiosk.countdown_s,
            size=size_of(request),
            sizes=SIZES,
            here=request.path_qs,
            **values,
        )
    )
    return web.Response(text=html, content_type="text/html", status=status)


def size_cookie(request: web.Request) -> str:
    """Name of the session cookie; cookies ignore ports, and two villages may share a desk."""
    return f"size-{request.app[SCREEN].part.settings.box.id}"


def size_of(request: web.Request) -> str:
    """1, 2 or 3."""
    size = request.cookies.get(size_cookie(request), "1")
    return size if size in {"1", "2", "3"} else "1"


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        icon=icon, boards=BOARDS, column_icons=ICONS, place=place, qr=qr, mark=mark_of
    )
    environment.filters.update(day=day, until=_until)
    return environment


@cache
def icon(name: str) -> Markup:
    """An icon as inline SVG, silent to screen readers: its word always stands beside it."""
    if _ICON.fullmatch(name) is None:
        raise ValueError(f"not an icon's name: {name!r}")
    svg = (HERE / "static" / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    inner = svg[svg.index(">", svg.index("<svg")) + 1 : svg.rindex("</svg>")]
    # Our own files, read from our own folder: nothing from a notice comes this way.
    return Markup(  # noqa: S704 - see above
        f'<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">{" ".join(inner.split())}</svg>'
    )


def qr(link: str) -> Markup:
    """A QR code of the phone page as inline SVG; empty when there is no (web) address."""
    if not link.startswith(("https://", "http://")):
        return Markup("")
    import segno  # noqa: PLC0415 - 2 MB, for notices with a phone page

    code = segno.make(link, error="m", micro=False)
    # segno draws one path from the code's bits; the link's text is not in the markup.
    return Markup(  # noqa: S704 - see above
        code.svg_inline(omitsize=True, border=4, dark="#1b2430", light="#ffffff", svgclass="qr")
    )


def mark_of(notice: Notice) -> tuple[str, str, str] | None:
    """Symbol icon, word and class when a notice is more than a plain first word; else None."""
    if any(reference.relation == "withdraws" for reference in notice.references):
        return ("circle-slash", "撤回公告", "amber")
    if notice.revision > 1:
        return ("pencil-line", f"更正 第{notice.revision}版", "amber")
    return None


def day(moment: datetime) -> str:
    """The day in the villages, as one says it."""
    local = moment.astimezone(CHINA)
    return f"{local.year}年{local.month}月{local.day}日"


def _until(end: datetime) -> str:
    """The end as people mean it: what ends at midnight holds the whole day before."""
    local = end.astimezone(CHINA)
    if (local.hour, local.minute) == (0, 0):
        return day(local - timedelta(seconds=1))
    return f"{local.month}月{local.day}日 {local:%H:%M}"
