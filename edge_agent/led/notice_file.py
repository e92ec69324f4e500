"""A notice from a JSON file, for the technician's commands: the contract's form or a plain one.

The plain form is what people write by hand: title, summary, body, and a table of columns (a
label each) and rows. Columns marked ``restricted`` are left out.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast, get_args

from contract import codec
from contract.errors import VillageError
from contract.notice import Block, Column, ColumnType, Notice, Paragraph, Sender, Table

if TYPE_CHECKING:
    from pathlib import Path

_SOMEWHERE = "530100000000"


class NoticeUnreadable(VillageError, ValueError):
    """The file is not a notice; the message says what is missing."""


def read_notices(path: Path) -> tuple[Notice, ...]:
    """The notices of a file: one object, or a list under ``notices``.

    Raises:
        NoticeUnreadable: the file is not JSON or has no title.
        OSError: the file cannot be read.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise NoticeUnreadable(f"{path}: 不是 JSON 文件 / not a JSON file: {error}") from error
    found = data.get("notices", data) if isinstance(data, dict) else data
    entries = found if isinstance(found, list) else [found]
    return tuple(_notice(entry, path, number) for number, entry in enumerate(entries, 1))


def _notice(entry: object, path: Path, number: int) -> Notice:
    if not isinstance(entry, dict) or not str(entry.get("title", "")).strip():
        raise NoticeUnreadable(f"{path}: 第 {number} 条没有标题 / notice {number} has no title")
    if "revision" in entry and "areas" in entry:
        return codec.decode(Notice, entry)
    try:
        return _plain_notice(entry, number)
    except (KeyError, TypeError, AttributeError) as error:
        raise NoticeUnreadable(f"{path}: notice {number}: {error!r}") from error


def _plain_notice(entry: dict[str, Any], number: int) -> Notice:
    now = datetime.now(UTC)
    blocks: list[Block] = []
    if entry.get("body"):
        blocks.append(Paragraph(str(entry["body"])))
    if entry.get("table"):
        blocks.append(_table(entry["table"]))
    return Notice(
        id=f"file-{number}",
        revision=1,
        areas=(_SOMEWHERE,),
        title=str(entry["title"]),
        summary=str(entry.get("summary") or ""),
        sender=Sender(str(entry.get("village") or "")),
        publish_at=now,
        issued_at=now,
        blocks=tuple(blocks),
    )


def _table(table: dict[str, Any]) -> Table:
    open_places = [n for n, each in enumerate(table["columns"]) if not each.get("restricted")]
    columns = [table["columns"][n] for n in open_places]
    keys = [column["key"] for column in columns]
    cells = [
        [row.get(key, "") for key in keys]
        if isinstance(row, dict)
        else [row[n] for n in open_places]
        for row in table["rows"]
    ]
    ragged = [n for n, row in enumerate(table["rows"], 1) if len(row) > len(table["columns"])]
    if ragged:
        raise KeyError(f"table row {ragged[0]} has more cells than columns")
    return Table(
        columns=tuple(
            Column(column["key"], str(column["label"]), _column_type(column)) for column in columns
        ),
        rows=tuple(tuple(map(_cell, row)) for row in cells),
    )


def _column_type(column: dict[str, Any]) -> ColumnType:
    """What decides the alignment; a measure is a number, what is unknown is text."""
    told = str(column.get("type", "text"))
    word = "number" if told in {"num", "area"} else told
    return cast("ColumnType", word if word in get_args(ColumnType) else "text")


def _cell(value: object) -> str:
    return "" if value is None else str(value)
