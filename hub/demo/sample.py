"""The made-up notices of the demo: read from a file, dated to today, cast for the story.

Any file of the same form works: ``{"meta": {"villages": [{"path", "groups"}]}, "notices": [...]}``.
"""

from __future__ import annotations

import copy
import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import resources
from typing import TYPE_CHECKING, Any

from contract.errors import VillageError
from hub.intake.dates import CHINA

if TYPE_CHECKING:
    from pathlib import Path

SHORTEST_LIFE = timedelta(days=3)
Draft = dict[str, Any]


class SampleError(VillageError, ValueError):
    """The file of notices cannot carry the story; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Village:
    """A village of the sample: its path ``county/town/village`` and its number of groups."""

    path: str
    groups: int

    @property
    def name(self) -> str:
        """The village's own name."""
        return self.path.split("/")[-1]

    @property
    def joined(self) -> str:
        """Town and village in one word, as notices name it."""
        return "".join(self.path.split("/")[1:])


@dataclass(frozen=True, slots=True)
class Cast:
    """Which notice plays which part: the list, the one to be withdrawn, the alarm, its end."""

    villages: tuple[Village, Village]
    table: Draft
    withdrawn: Draft
    alarm: Draft
    others: tuple[Draft, ...]


def load(path: Path | None) -> dict[str, Any]:
    """The file's contents; the project's own sample without a path.

    Raises:
        SampleError: not a file of that form.
    """
    try:
        text = (
            path.read_text(encoding="utf-8")
            if path
            else resources.files("hub.demo").joinpath("data/notices.json").read_text("utf-8")
        )
        found = json.loads(text)
        if not isinstance(found["notices"], list) or not found["meta"]["villages"]:
            raise SampleError("no notices or no villages")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SampleError(
            f"{path}: 不是公告样例文件 not a file of sample notices ({error})"
        ) from error
    return dict(found)


def paper() -> str:
    """A real government paper that nobody wrote for us (seed 001), as plain text."""
    return resources.files("hub.demo").joinpath("data/paper_001.txt").read_text("utf-8")


def cast(sample: dict[str, Any], now: datetime) -> Cast:
    """Give every part to a notice, with dates moved so that it is published now.

    Raises:
        SampleError: there is no table with names, or no emergency, in the file.
    """
    villages = _villages(sample)
    notices = [dated(each, now) for each in sample["notices"]]
    tables = sorted(
        (each for each in notices if each.get("table") and _has_names(each)),
        key=lambda each: (-_restricted(each), -len(each["table"]["rows"])),
    )
    alarms = [
        each
        for each in notices
        if each.get("kind") == "emergency" and not each.get("emergency", {}).get("cancels")
    ]
    if len(tables) < 2:
        raise SampleError("样例里要有两张带姓名的表 the story needs two tables with names")
    if not alarms:
        raise SampleError("样例里要有一条应急信息 the story needs an emergency")
    used = {tables[0]["id"], tables[1]["id"], alarms[0]["id"]}
    others = tuple(
        each for each in notices if each["id"] not in used and each.get("kind") in {"text", "table"}
    )
    home = next((v for v in villages if v.joined == tables[0].get("village")), villages[0])
    other = next(v for v in villages if v != home)
    return Cast((home, other), tables[0], tables[1], alarms[0], others)


def in_village(draft: Draft, home: Village, village: Village) -> Draft:
    """The same notice as another village would write it: its own name, its own number."""
    if village == home:
        return draft
    text = json.dumps(draft, ensure_ascii=False)
    moved: Draft = json.loads(
        text.replace(home.joined, village.joined).replace(home.name, village.name)
    )
    moved["id"] = f"{draft['id']}-B"
    moved["village"] = village.joined
    return moved


def all_clear(alarm: Draft, alert_id: str) -> Draft:
    """The end of an alarm, to the same groups, as the same office would write it."""
    found = copy.deepcopy(alarm)
    emergency = found["emergency"]
    found["id"] = f"{alarm['id']}-C"
    found["urgency"] = "cancel"
    found["title"] = f"{emergency.get('type', '')}预警解除"
    found["summary"] = "预警已解除,请有序返家。"
    found["speech"] = "各位村民,预警已经解除,请听从安排,有序返家。"
    found["body"] = "预警已解除。"
    emergency.pop("cap_id", None)
    emergency["cancels"] = alert_id
    return found


def dated(draft: Draft, now: datetime) -> Draft:
    """A copy of a notice that is published now and lives as long as the original."""
    found = copy.deepcopy(draft)
    start = _moment(found["publish_at"])
    end = _moment(found["valid_until"]) if found.get("valid_until") else None
    life = max(end - start, SHORTEST_LIFE) if end else None
    local = now.astimezone(CHINA)
    found["publish_at"] = _text(local)
    if life is not None:
        found["valid_until"] = _text(local + life)
    emergency = found.get("emergency")
    if emergency:
        lasts = timedelta(hours=2)
        if emergency.get("expires"):
            lasts = _moment(emergency["expires"]) - _moment(emergency["issued"])
            emergency["expires"] = (local + lasts).isoformat(timespec="seconds")
        emergency["issued"] = local.isoformat(timespec="seconds")
        found["valid_until"] = _text(local + lasts)
    return found


def _villages(sample: dict[str, Any]) -> list[Village]:
    found = [Village(each["path"], int(each["groups"])) for each in sample["meta"]["villages"]]
    if len(found) == 1:
        neighbour = re.sub(r"[^/]+$", "邻村", found[0].path)
        found.append(Village(neighbour, found[0].groups))
    return found


def _has_names(draft: Draft) -> bool:
    return any(column.get("type") == "name" for column in draft["table"]["columns"])


def _restricted(draft: Draft) -> int:
    return sum(bool(column.get("restricted")) for column in draft["table"]["columns"])


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=CHINA)


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M")


def paper_form(village: Village) -> Draft:
    """The real paper as a notice of the exchange form: title, chapters, paragraphs.

    ``headings`` names its chapters (lines such as 一、总体要求), for whoever wants to find them.
    """
    lines = [line.strip() for line in paper().splitlines() if line.strip()]
    headings = [line for line in lines if re.match(r"[一二三四五六七八九十]+、.{2,20}$", line)]
    return {
        "id": "PAPER001",
        "title": lines[0],
        "item": "XC01",
        "kind": "text",
        "urgency": "normal",
        "village": village.joined,
        "summary": "镇政府印发村务公开工作方案,公开什么、何时公开、怎么监督,全文见查询机。",
        "speech": "",
        "body": "\n".join(lines[1:]),
        "channels": ["led", "speaker", "kiosk", "poster", "mobile"],
        "publish_at": _text(datetime.now(CHINA)),
        "headings": headings,
    }
