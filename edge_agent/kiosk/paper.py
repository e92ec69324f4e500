"""What is printed: a notice, one's own row, a slip; as short lines, in the order one reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aiohttp import web

from contract.notice import File, Heading, Paragraph, Picture, Table, Video
from edge_agent.clock import CHINA
from edge_agent.kiosk.printing import PrintError
from edge_agent.kiosk.rendering import page
from edge_agent.kiosk.state import PRINTER, SCREEN, SLIPS
from edge_agent.kiosk.tables import is_numeric, labels_and_values, row_title

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.notice import Block, Notice

MOST_ROWS = 100
Line = tuple[str, str]


async def print_notice(request: web.Request) -> web.Response:
    """Print a whole notice."""
    notice = _notice(request)
    is_roll = request.app[PRINTER].is_roll
    lines = [*_head(request, notice), *_body(notice, is_roll=is_roll), *_foot(notice)]
    return await _print(request, lines, notice)


async def print_row(request: web.Request) -> web.Response:
    """Print one's own row."""
    notice = _notice(request)
    number, at = int(request.match_info["table"]), int(request.match_info["row"])
    if number >= len(notice.tables) or at >= len(notice.tables[number].rows):
        raise web.HTTPNotFound
    table = notice.tables[number]
    own: list[Line] = [("big", row_title(table, at)), *_pairs(table, at)]
    return await _print(request, [*_head(request, notice), *own, *_foot(notice)], notice)


async def print_slip(request: web.Request) -> web.Response:
    """Print number and code of a slip that was just handed in."""
    token = request.match_info["form"]
    slip = request.app[SLIPS].slip_of(token)
    if slip is None:
        raise web.HTTPNotFound
    settings = request.app[SCREEN].part.settings
    local = request.app[SCREEN].part.clock.read().local
    lines = [
        ("office", settings.box.village),
        ("title", "已收到您的反映"),
        ("rule", ""),
        ("text", "编号"),
        ("big", slip.number),
        ("text", "查询码（请勿给别人看）"),
        ("big", slip.code),
        ("rule", ""),
        ("small", "两个工作日后来看答复：在查询机上按“我要反映”“看答复”，再按编号和查询码。"),
        ("small", f"{local.year}年{local.month}月{local.day}日"),
    ]
    return await _print(request, lines, None, f"/said/{token}")


async def _print(
    request: web.Request, lines: list[Line], notice: Notice | None, back: str = ""
) -> web.Response:
    try:
        await request.app[PRINTER].print(lines)
    except PrintError as error:
        return page(
            request, "printed.html", problem=str(error), status=503,
            back=back or (f"/notice/{notice.id}" if notice else "/"),
        )  # fmt: skip
    back = back or (f"/notice/{notice.id}" if notice else "/")
    return page(request, "printed.html", problem="", back=back)


def _notice(request: web.Request) -> Notice:
    held = request.app[SCREEN].edition.by_id.get(request.match_info["notice"])
    if held is None:
        raise web.HTTPNotFound
    return held.notice


def _head(request: web.Request, notice: Notice) -> Iterator[Line]:
    box = request.app[SCREEN].part.settings.box
    day = notice.publish_at.astimezone(CHINA)
    yield ("office", box.office_line or box.village)
    yield ("title", notice.title)
    when = f"{day.year}年{day.month}月{day.day}日"
    yield ("small", f"{notice.sender.office}　{when}　第 {notice.revision} 版")
    if notice.correction:
        yield ("small", f"更正：{notice.correction}")
    yield ("rule", "")


def _body(notice: Notice, *, is_roll: bool) -> Iterator[Line]:
    if notice.summary:
        yield ("pair", notice.summary)
    for block in notice.blocks:
        if isinstance(block, Table):
            yield from _pairs_of_table(block) if is_roll else _ruled(block)
        else:
            yield from _block(block)


def _block(block: Block) -> Iterator[Line]:
    if isinstance(block, Heading):
        yield ("pair", block.text)
    elif isinstance(block, Paragraph):
        yield ("text", block.text)
    elif isinstance(block, Picture | Video):
        yield ("small", f"［图］{block.alt}")
    elif isinstance(block, File):
        yield ("small", f"［文件］{block.title}")


def _ruled(table: Table) -> Iterator[Line]:
    """As a table, for a sheet."""
    labels = [column.label for column in table.columns]
    numeric = [is_numeric(column) for column in table.columns]
    yield ("table", json.dumps([labels, numeric, table.rows[:MOST_ROWS], _total(table)]))
    yield from _left_out(table)


def _pairs_of_table(table: Table) -> Iterator[Line]:
    """Label and value, row by row, for a roll."""
    for at in range(min(len(table.rows), MOST_ROWS)):
        title = row_title(table, at)
        yield ("rule", "")
        yield ("pair", title)
        values = (f"{label} {value}" for label, value, named in labels_and_values(table, at)
                  if not named and value != title)  # fmt: skip
        yield ("text", "　".join(values))
    if _total(table):
        yield ("rule", "")
        pairs = zip(table.columns, table.total, strict=True)
        yield ("pair", "　".join(f"{column.label} {cell}" for column, cell in pairs if cell))
    yield from _left_out(table)


def _total(table: Table) -> tuple[str, ...]:
    """The sum below all rows; below a part of them it would be wrong."""
    return table.total if len(table.rows) <= MOST_ROWS else ()


def _left_out(table: Table) -> Iterator[Line]:
    if len(table.rows) > MOST_ROWS:
        yield ("small", f"共 {len(table.rows)} 行，只印前 {MOST_ROWS} 行，请在屏幕上看。")


def _pairs(table: Table, at: int) -> Iterator[Line]:
    for label, value, named in labels_and_values(table, at):
        if not named:
            yield ("pair", f"{label}　{value}")


def _foot(notice: Notice) -> Iterator[Line]:
    yield ("rule", "")
    yield (
        "small",
        f"有疑问找：{notice.sender.complaints or '村务监督委员会'}　{notice.sender.phone}",
    )
    if notice.link.startswith(("https://", "http://")):
        yield ("qr", notice.link)
        yield ("small", "手机扫码看最新一版")
