"""A reviewed revision as the contract's `Notice`: the last step before it is sealed.

Pure reading: the same revision, number and moment give the same notice, byte for byte. Assets
(pictures, the recording) are found or made by the ``Assets`` that is passed in.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol, cast

from django.conf import settings
from django.utils.translation import gettext as _

from contract import notice as wire
from hub.catalogue.models import Rules
from hub.lexicon.readings import readings_of
from hub.notices import content
from hub.notices.audience import areas_of
from hub.notices.blocks import RESTRICTED_TYPES
from hub.notices.checks import is_personal
from hub.notices.column_keys import column_keys
from hub.notices.errors import NotReadyError
from hub.notices.initials import initials, name_initials

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from hub.notices.models import NoticePage

DAY_S = 86_400


class Assets(Protocol):
    """Where pictures and recordings come from."""

    def picture(self, image_id: int) -> wire.Asset:
        """The picture of the back office's library, without camera data."""
        ...

    def recording(self, text: str) -> tuple[wire.Asset, str, float] | None:
        """A rendered recording with its voice and its length in seconds, if there is one."""
        ...

    def own(self, sha256: str) -> None:
        """People's own recording goes with the notice."""
        ...


@dataclass(frozen=True, slots=True)
class WithoutAssets:
    """No pictures or recordings: for previews and searches."""

    def picture(self, image_id: int) -> wire.Asset:
        """A stand-in that names the picture."""
        return wire.Asset("0" * 64, 0, "image/png", f"picture-{image_id}")

    def recording(self, text: str) -> None:  # noqa: ARG002 - the protocol's signature
        """None: the box speaks with its own voice."""
        return

    def own(self, sha256: str) -> None:
        """Nothing goes anywhere."""


def to_notice(
    page: NoticePage, number: int, issued_at: datetime, assets: Assets | None = None
) -> wire.Notice:
    """The contract's notice of one revision.

    Args:
        page: the revision as an object (``revision.as_object()``).
        number: contract revision, counted from 1.
        issued_at: when it was signed.
        assets: source of pictures and the recording.

    Raises:
        NotReadyError: a restricted column is still in the text.
        ContractError: an area or a date that the contract does not allow.
    """
    assets = assets or WithoutAssets()
    item = page.item
    village = page.village
    return wire.Notice(
        id=page.notice_id,
        revision=number,
        areas=areas_of(page),
        title=page.title,
        summary=page.summary,
        sender=wire.Sender(
            office=village.office or f"{village.title}村民委员会",
            phone=village.phone,
            complaints=village.complaints,
        ),
        publish_at=page.publish_at,
        issued_at=issued_at,
        valid_until=page.valid_until,
        item=item.code if item else "",
        item_name=item.name if item else "",
        category=item.category.name if item else "",
        column=item.column if item else "",
        blocks=tuple(_blocks(page, assets)),
        speech=_speech(page, assets),
        channels=cast("tuple[wire.Channel, ...]", tuple(page.channels)),
        priority=cast("wire.Priority", page.priority),
        owed_s=_owed_s(page),
        personal=is_personal(page),
        search=tuple(_search_keys(page)),
        references=tuple(_references(page)),
        correction=page.correction if number > 1 else "",
        link=f"{settings.PUBLIC_URL}/n/{page.notice_id}/",
    )


def spoken_text(page: NoticePage) -> str:
    """What the loudspeaker says: the clerk's words, or title and summary; never a list of names."""
    if page.speech.strip():
        return str(page.speech)
    if is_personal(page):
        return f"{page.title}。名单请到村务公开栏、电子屏或查询机查看。"
    return f"{page.title}。{page.summary}"


def _speech(page: NoticePage, assets: Assets) -> wire.Speech | None:
    if "speaker" not in page.channels:
        return None
    return replace(speech_of(spoken_text(page), assets), own=tuple(_own(page, assets)))


def _own(page: NoticePage, assets: Assets) -> Iterator[wire.OwnRecording]:
    """The recordings that people made of these very words; of other words they would be wrong."""
    for row in page.own_recordings:
        if row["words"] != words_mark(page):
            continue
        assets.own(row["sha256"])
        asset = wire.Asset(row["sha256"], row["size_bytes"], row["mime"], "own")
        yield wire.OwnRecording(row["area"], asset, row["speaker"], row["duration_s"])


def words_mark(page: NoticePage) -> str:
    """Changes with the words that the loudspeaker says."""
    return hashlib.sha256(spoken_text(page).encode()).hexdigest()[:16]


def speech_of(text: str, assets: Assets) -> wire.Speech:
    """A spoken text with the county's readings of its words, and its recording if there is one."""
    readings = readings_of(text)
    found = assets.recording(text)
    if found is None:
        return wire.Speech(text, readings=readings)
    asset, voice, duration_s = found
    return wire.Speech(text, asset, voice, duration_s, readings=readings)


def _blocks(page: NoticePage, assets: Assets) -> Iterator[wire.Block]:
    for block in content.raw_body(page):
        value = block["value"]
        match block["type"]:
            case "heading":
                yield wire.Heading(value["text"], int(value["level"]))
            case "paragraph":
                yield wire.Paragraph(value)
            case "table":
                yield table_of(value)
            case "picture":
                yield wire.Picture(assets.picture(value["image"]), value["alt"])


def table_of(value: dict[str, Any]) -> wire.Table:
    """The contract's table of one table block.

    Raises:
        NotReadyError: a restricted column; the last line of defence behind the gate.
    """
    table = value["table"]
    restricted = [col["heading"] for col in table["columns"] if col["type"] in RESTRICTED_TYPES]
    if restricted:
        raise NotReadyError(
            [_("表格里还有不能公开的列：%(names)s。") % {"names": "、".join(restricted)}]
        )
    labels = [column["heading"] for column in table["columns"]]
    columns = tuple(
        wire.Column(key, label, cast("wire.ColumnType", column["type"]))
        for key, label, column in zip(column_keys(labels), labels, table["columns"], strict=True)
    )
    rows = [tuple(cell or "" for cell in row["values"]) for row in table["rows"]]
    total = rows.pop() if value.get("has_total") and rows else ()
    return wire.Table(columns, tuple(rows), total)


def _owed_s(page: NoticePage) -> int:
    """The display time owed: the catalogue's days, never longer than the notice is valid."""
    if page.item is None:
        return 0
    rule = Rules.table("retention").get(page.item.retention, {})
    days = int(rule.get("display_days", 0))
    if page.item.retention == "RN":
        days = max(days, page.notice_days)
    owed = days * DAY_S
    if page.valid_until is None:
        return owed
    return min(owed, int((page.valid_until - page.publish_at).total_seconds()))


def _search_keys(page: NoticePage) -> Iterator[wire.SearchKey]:
    texts = [page.title]
    if page.item is not None:
        texts += [page.item.name, page.item.level2]
    for text in dict.fromkeys(texts):
        yield wire.SearchKey(text, initials(text))
    for name in dict.fromkeys(_names(page)):
        for letters in name_initials(name):
            yield wire.SearchKey(name, letters)


def _names(page: NoticePage) -> Iterator[str]:
    for table in content.tables(page):
        places = [n for n, column in enumerate(table["columns"]) if column["type"] == "name"]
        for row in table["rows"]:
            yield from (row["values"][place] for place in places if row["values"][place])


def _references(page: NoticePage) -> Iterator[wire.Reference]:
    for link in page.links.get_prep_value():
        yield wire.Reference(link["value"]["relation"], link["value"]["notice_id"])
