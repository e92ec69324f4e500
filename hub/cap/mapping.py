"""From one ``info`` of a message to what a county would say: level, title, panel, speech, areas.

Levels: a colour that the sender names (红橙黄蓝, or MeteoAlarm's ``awareness_level``) is the
State's own word and counts first; CAP's severity is translated where no colour is named
(Extreme 红, Severe 橙, Moderate 黄, Minor 蓝). Where the two disagree the higher one counts, and
a person has to look. Every ``remark`` is something a person must look at: a warning with
remarks is never released by a standing rule.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from contract import plain_text
from hub.cap.geography import places_of

if TYPE_CHECKING:
    from datetime import datetime

    from hub.cap.geography import Place
    from hub.cap.message import CapAlert, CapInfo

DEFAULT_LIFE = timedelta(hours=6)
LONGEST_LIFE = timedelta(days=3)
TITLE_CHARS, SUMMARY_CHARS, SPEECH_CHARS, BODY_CHARS = 60, 120, 600, 2000
ISSUER_CHARS, EVENT_CHARS = 60, 20
ORDER = ("blue", "yellow", "orange", "red")
WORDS = {"red": "红色", "orange": "橙色", "yellow": "黄色", "blue": "蓝色"}
_OF_SEVERITY = {"Extreme": "red", "Severe": "orange", "Moderate": "yellow", "Minor": "blue"}
_COLOURS = {
    "red": re.compile(r"红色|Ⅰ级|特别重大|\bred\b", re.IGNORECASE),
    "orange": re.compile(r"橙色|Ⅱ级|\borange\b", re.IGNORECASE),
    "yellow": re.compile(r"黄色|Ⅲ级|\byellow\b", re.IGNORECASE),
    "blue": re.compile(r"蓝色|Ⅳ级|\bblue\b", re.IGNORECASE),
}
_LEVEL_NAME = re.compile(r"level|colou?r|severity|级别|颜色|等级", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s，。；、）)]+")
_BLANKS = re.compile(r"\s+")
_STOP = "。！？!?；;"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the county would say, before a person or a standing rule has agreed."""

    number: int
    event: str
    level: str
    issuer: str
    title: str
    summary: str
    speech: str
    body: str
    areas: tuple[str, ...]
    starts_at: datetime
    expires_at: datetime
    remarks: tuple[str, ...]


def chosen_infos(alert: CapAlert) -> tuple[CapInfo, ...]:
    """The descriptions in Chinese; else those in the language of the first one."""
    chinese = tuple(each for each in alert.infos if _is_chinese(each.language))
    if chinese or not alert.infos:
        return chinese
    first = alert.infos[0].language.lower()
    return tuple(each for each in alert.infos if each.language.lower() == first)


def _is_chinese(language: str) -> bool:
    tag = language.lower()
    return tag == "zh" or tag.startswith(("zh-", "cmn"))


def propose(alert: CapAlert, info: CapInfo, number: int, places: tuple[Place, ...]) -> Proposal:
    """One description of the event in the county's form."""
    remarks: list[str] = []
    level = _level(info, remarks)
    where = places_of(info.areas, places)
    remarks += where.remarks
    if not _is_chinese(info.language):
        remarks.append(f"原文不是中文（{info.language}），请改写成中文后再发")
    if _hides_something(info):
        remarks.append("原文含有隐藏字符或控制字符，已去掉，请核对每一个字")
    if alert.is_old_version:
        remarks.append("报文是 CAP 1.1 旧版，请核对内容")
    event = _cut(_plain(info.event), EVENT_CHARS)
    issuer = _cut(_plain(info.sender_name) or alert.own.sender, ISSUER_CHARS)
    headline = _plain(info.headline) or f"{issuer}发布{event}{WORDS[level]}预警"
    starts_at = info.effective or alert.own.sent
    return Proposal(
        number=number,
        event=event,
        level=level,
        issuer=issuer,
        title=_cut(headline, TITLE_CHARS),
        summary=_cut(_joined(headline, _plain(info.instruction)), SUMMARY_CHARS),
        speech=_speech(info, headline, remarks),
        body=_cut(_body(info), BODY_CHARS),
        areas=where.codes,
        starts_at=starts_at,
        expires_at=_expires(info, starts_at, remarks),
        remarks=tuple(dict.fromkeys(remarks)),
    )


def _level(info: CapInfo, remarks: list[str]) -> str:
    named = [value for name, value in info.codes if _LEVEL_NAME.search(name)]
    colour = _colour(" ".join(named)) or _colour(f"{info.headline} {info.event}")
    by_severity = _OF_SEVERITY.get(info.severity, "")
    if not colour and not by_severity:
        remarks.append("报文没有写明级别，暂按蓝色，请核对")
        return "blue"
    if colour and by_severity and colour != by_severity:
        remarks.append(
            f"报文写的颜色（{WORDS[colour]}）与严重程度（{info.severity}）不一致，按较高的算，请核对"
        )
    return max(filter(None, (colour, by_severity)), key=ORDER.index)


def _colour(text: str) -> str:
    """The highest colour that a text names."""
    return next((name for name in reversed(ORDER) if _COLOURS[name].search(text)), "")


def _expires(info: CapInfo, starts_at: datetime, remarks: list[str]) -> datetime:
    if info.expires is None:
        remarks.append("报文没有写失效时间，暂定 6 小时，请核对")
        return starts_at + DEFAULT_LIFE
    if info.expires - starts_at > LONGEST_LIFE:
        remarks.append("失效时间超过 3 天，请核对")
    return info.expires


def _speech(info: CapInfo, headline: str, remarks: list[str]) -> str:
    """What is said: headline, then what to do, then what happens, as far as there is room."""
    whole = _joined(headline, _plain(info.instruction), _plain(info.description))
    spoken = _ADDRESS.sub("", whole)
    if len(spoken) > SPEECH_CHARS:
        remarks.append("原文太长，播报词只取了前面的句子，请核对")
    return _cut(spoken, SPEECH_CHARS)


def _body(info: CapInfo) -> str:
    parts = (info.description, info.instruction, info.contact)
    return "\n".join(filter(None, (_plain(part) for part in parts)))


def _hides_something(info: CapInfo) -> bool:
    texts = (info.headline, info.event, info.description, info.instruction, info.sender_name)
    flat = _BLANKS.sub(" ", " ".join(texts))
    return plain_text.without_unsafe(flat) != flat


def _plain(text: str) -> str:
    """One line without control characters, hidden order or characters that no font has."""
    return plain_text.without_unsafe(_BLANKS.sub(" ", text)).strip()


def _joined(*sentences: str) -> str:
    """Sentences one after the other, each with its full stop, none twice."""
    said: list[str] = []
    for each in filter(None, sentences):
        whole = each if each[-1] in (*_STOP, ".") else f"{each}。"
        if each not in "".join(said):
            said.append(whole)
    return "".join(said)


def _cut(text: str, most: int) -> str:
    """At most so many characters, ending with a sentence where there is one to end with."""
    if len(text) <= most:
        return text
    end = max(text.rfind(stop, 0, most) for stop in _STOP)
    return text[: end + 1] if end >= most // 3 else text[: most - 1] + "…"
