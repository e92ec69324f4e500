"""A notice's body as plain values, and every text in it with the words that say where it stands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hub.notices.blocks import RESTRICTED_TYPES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hub.notices.models import NoticePage


@dataclass(frozen=True, slots=True)
class Passage:
    """One text of a notice: what it is, where it stands, and its column's heading if a cell."""

    text: str
    where: str
    label: str = ""
    kind: str = "body"


def raw_body(page: NoticePage) -> list[dict[str, Any]]:
    """The blocks as plain ``{"type", "value", "id"}`` values."""
    return [dict(block) for block in page.body.get_prep_value()]


def set_body(page: NoticePage, blocks: list[dict[str, Any]]) -> None:
    """Replace the body by plain blocks."""
    page.body = page.body.stream_block.to_python(blocks)


def passages(page: NoticePage) -> Iterator[Passage]:
    """Every text that would be shown, spoken or found, restricted columns left aside."""
    yield Passage(page.title, "标题", kind="title")
    yield Passage(page.summary, "摘要", kind="summary")
    if page.speech:
        yield Passage(page.speech, "广播词", kind="speech")
    if page.correction:
        yield Passage(page.correction, "更正原因", kind="summary")
    for number, block in enumerate(raw_body(page), 1):
        yield from _passages_of(block, number)


def _passages_of(block: dict[str, Any], number: int) -> Iterator[Passage]:
    value = block["value"]
    if block["type"] == "paragraph":
        yield Passage(value, f"正文第{number}段")
    elif block["type"] == "heading":
        yield Passage(value["text"], f"正文第{number}段小标题")
    elif block["type"] == "picture":
        yield Passage(value["alt"], f"正文第{number}段图片说明")
    elif block["type"] == "file":
        yield Passage(value["title"], f"正文第{number}段附件名")
    elif block["type"] == "table":
        yield from _cells(value["table"])


def _cells(table: dict[str, Any]) -> Iterator[Passage]:
    columns = table["columns"]
    for column in columns:
        yield Passage(column["heading"], "表头", kind="cell")
    for line, row in enumerate(table["rows"], 1):
        for column, cell in zip(columns, row["values"], strict=True):
            if cell and column["type"] not in RESTRICTED_TYPES:
                where = f"表格第{line}行“{column['heading']}”"
                yield Passage(cell, where, column["heading"], kind="cell")


def rewrite(page: NoticePage, change: Callable[[Passage], str]) -> None:
    """Put every text through ``change``, in place; restricted columns are not looked at."""
    page.title = change(Passage(page.title, "标题", kind="title"))
    page.summary = change(Passage(page.summary, "摘要", kind="summary"))
    page.speech = change(Passage(page.speech, "广播词", kind="speech"))
    blocks = raw_body(page)
    for number, block in enumerate(blocks, 1):
        block["value"] = _rewritten(block, number, change)
    set_body(page, blocks)


def _rewritten(
    block: dict[str, Any], number: int, change: Callable[[Passage], str]
) -> str | dict[str, Any]:
    value = block["value"]
    key = {"heading": "text", "picture": "alt", "file": "title"}.get(block["type"])
    if block["type"] == "paragraph":
        return change(Passage(value, f"正文第{number}段"))
    if key is not None:
        return {**value, key: change(Passage(value[key], f"正文第{number}段"))}
    table = value["table"]
    rows = [{"values": _row(row["values"], table["columns"], change)} for row in table["rows"]]
    return {**value, "table": {**table, "rows": rows}}


def _row(
    cells: list[str], columns: list[dict[str, str]], change: Callable[[Passage], str]
) -> list[str]:
    blank = Passage("", "表格", kind="cell")
    return [
        cell
        if not cell or column["type"] in RESTRICTED_TYPES
        else change(replace(blank, text=cell, label=column["heading"]))
        for cell, column in zip(cells, columns, strict=True)
    ]


def tables(page: NoticePage) -> list[dict[str, Any]]:
    """The plain tables of the body, in order."""
    return [block["value"]["table"] for block in raw_body(page) if block["type"] == "table"]
