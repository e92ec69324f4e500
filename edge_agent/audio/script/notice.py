"""What the loudspeaker says of a notice.

The clerk's own speech text if there is one; else title, summary and where to read more. A table
is summarised, never read out, and of a personal list no name and no amount is heard.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from contract import drill
from contract.privacy import Kind, scan
from edge_agent.audio.script.cleaning import cut_off
from edge_agent.audio.script.script import Lexicon, Script, Unspoken
from edge_agent.audio.script.words import spoken_words

if TYPE_CHECKING:
    from contract.notice import Column, Notice, Table

_PLACES = (("poster", "村务公开栏"), ("led", "电子屏"), ("kiosk", "查询机"), ("mobile", "手机页面"))
_NEVER_SPOKEN = frozenset(
    {Kind.RESIDENT, Kind.CERTIFICATE, Kind.BANK, Kind.OTHER_PAPER, Kind.LONG_NUMBER}
)
_CLAUSE = re.compile(r"[^，。；！？,;!?\n]*[，。；！？,;!?\n]?")
_AMOUNT = re.compile(r"\d\s*[万亿]?元|[¥￥]\s*\d")
_UNIT_OF_LABEL = re.compile(r"[(（](?P<unit>[^()（）]{1,8})[)）]")
_MOST_TOTALS = 4


def announcement(notice: Notice, lexicon: Lexicon | None = None) -> Script:
    """The words for ``notice``, ready for a voice.

    ``Script.unspoken`` reports with the reason ``personal`` what was kept from the loudspeaker.
    The readings that were signed with the notice go before those of ``lexicon``.
    """
    unspoken: list[Unspoken] = []
    own = notice.speech.text.strip() if notice.speech else ""
    text = cut_off(own or _composed(notice, unspoken), unspoken)
    text = _without_numbers(text, unspoken)
    if notice.cap.status != "Actual":
        text = drill.framed(text)
    script = spoken_words(text, {**(lexicon or {}), **_readings(notice)})
    return Script(script.words, (*unspoken, *script.unspoken), script.readings)


def _readings(notice: Notice) -> Lexicon:
    """The county's words that came with the notice."""
    pairs = (each.partition(" ") for each in (notice.speech.readings if notice.speech else ()))
    return {word: reading.strip() for word, _, reading in pairs if word and reading.strip()}


def _composed(notice: Notice, unspoken: list[Unspoken]) -> str:
    """Title, summary, the tables in a sentence, and where to read more."""
    calls: list[str] = []
    if notice.priority == "emergency":
        call = "解除通知" if notice.cap.msg_type == "Cancel" else "紧急通知"
        calls = [f"{call}！{call}！"]
    if is_personal(notice):
        body = [_impersonal(notice.summary, listed_names(notice), unspoken)]
    else:
        body = [notice.summary, *(_table_sentence(table) for table in notice.tables)]
    parts = [*calls, notice.title, *body, *_ending(notice)]
    return "".join(_closed(part) for part in parts if part.strip())


def is_personal(notice: Notice) -> bool:
    """The notice lists people."""
    columns = (column for table in notice.tables for column in table.columns)
    return notice.personal or any(column.type == "name" for column in columns)


def listed_names(notice: Notice) -> frozenset[str]:
    """Every name that stands in a table of the notice."""
    names: set[str] = set()
    for table in notice.tables:
        for place, column in enumerate(table.columns):
            if column.type == "name":
                names.update(row[place].strip() for row in table.rows)
    return frozenset(name for name in names if len(name) > 1)


def _impersonal(text: str, names: frozenset[str], unspoken: list[Unspoken]) -> str:
    """``text`` without the clauses that hold a listed name or an amount of money."""
    kept = ""
    for clause in _CLAUSE.findall(text):
        if any(name in clause for name in names) or _AMOUNT.search(clause):
            unspoken.append(Unspoken(clause, "personal"))
        else:
            kept += clause
    return kept.rstrip("，,；;")


def _without_numbers(text: str, unspoken: list[Unspoken]) -> str:
    """``text`` without the numbers of people's papers; the hub's gate is not the only one."""
    found = [finding for finding in scan(text) if finding.kind in _NEVER_SPOKEN]
    for finding in reversed(found):
        unspoken.append(Unspoken(text[finding.start : finding.end], "personal"))
        text = text[: finding.start] + text[finding.end :]
    return text


def _table_sentence(table: Table) -> str:
    """How many rows, and the sums of the closing line."""
    sums = [
        _sum_words(column, cell)
        for column, cell in zip(table.columns, table.total, strict=False)
        if column.type in {"money", "number", "int"} and cell.strip() and column.key != "seq"
    ]
    return "，".join([f"表中共{len(table.rows)}项", *sums[:_MOST_TOTALS]]) if table.rows else ""


def _sum_words(column: Column, cell: str) -> str:
    unit = _UNIT_OF_LABEL.search(column.label)
    label = _UNIT_OF_LABEL.sub("", column.label)
    default = "元" if column.type == "money" else ""
    return f"{label}合计{cell.strip()}{unit['unit'] if unit else default}"


def _ending(notice: Notice) -> list[str]:
    """Where to read more, and whom to ask."""
    if notice.priority == "emergency":
        return []
    places = [place for channel, place in _PLACES if channel in notice.channels]
    ending = []
    if places:
        where = "、".join(places[:-1]) + ("或者" if len(places) > 1 else "") + places[-1]
        ending.append(f"详情请看{where}")
    if notice.sender.complaints:
        ending.append(f"有意见请向{notice.sender.complaints}反映")
    elif notice.sender.phone:
        ending.append(f"咨询电话{notice.sender.phone}")
    return ending


def _closed(sentence: str) -> str:
    """``sentence`` with its full stop."""
    sentence = sentence.strip()
    return sentence if sentence[-1:] in tuple("。！？!?") else sentence.rstrip("，；,;、") + "。"
