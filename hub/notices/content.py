"""A notice's body as plain values, and every text in it with the words that say where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hub.notices.blocks import RESTRICTED_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    if block["type"] == "table":
        yield from _cells(block["value"]["table"])
    else:
        yield Passage(text_of(block), f"正文第{number}段")


def _cells(table: dict[str, Any]) -> Iterator[Passage]:
    columns = table["columns"]
    for column in columns:
        yield Passage(column["heading"], "表头", kind="cell")
    for line, row in enumerate(table["rows"], 1):
        for column, cell in zip(columns, row["values"], strict=True):
            if cell and column["type"] not in RESTRICTED_TYPES:
                where = f"表格第{line}行“{column['heading']}”"
                yield Passage(cell, where, column["heading"], kind="cell")


_TEXT_KEYS = {"heading": "text", "picture": "alt"}


def text_of(block: dict[str, Any]) -> str:
    """The one text of a block that is no table."""
    value = block["value"]
    return str(value if block["type"] == "paragraph" else value[_TEXT_KEYS[block["type"]]])


def with_text(block: dict[str, Any], text: str) -> str | dict[str, Any]:
    """The value of a block that is no table, with another text."""
    if block["type"] == "paragraph":
        return text
    return {**block["value"], _TEXT_KEYS[block["type"]]: text}


def tables(page: NoticePage) -> list[dict[str, Any]]:
    """The plain tables of the body, in order."""
    return [block["value"]["table"] for block in raw_body(page) if block["type"] == "table"]
