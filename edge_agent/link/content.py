"""Is this piece of content what the manifest promised, reviewed, and free of personal data?

The hash comes from the signed manifest; the notice carries its own signature (role *content*)
or an alert two of role *emergency*. The personal-data scan is the same that the hub ran; it is
run again because a key that leaks must not be enough to put names and numbers on a panel; so is
the look for codes that would turn an amount round before a reader's eyes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract import plain_text, privacy
from contract.alert import Alert
from contract.areas import Area
from contract.errors import ContractError, RefusalReason
from contract.messages import open_message, sha256_hex
from contract.notice import File, Heading, Notice, Paragraph, Picture, Table, Video

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from contract.keys import Trust
    from contract.manifest import Item


def check_hash(sha256: str, body: bytes) -> None:
    """Raises ContractError unless ``body`` has this hash."""
    if sha256_hex(body) != sha256:
        raise ContractError("the content is not what was signed", RefusalReason.HASH_MISMATCH)


def open_notice(item: Item, area: Area, body: bytes, trust: Trust) -> Notice:
    """Verify a notice that the manifest of ``area`` lists as ``item``.

    Raises:
        ContractError: with the reason that the receipt will carry.
    """
    notice = open_message(Notice, body, trust)
    if (notice.id, notice.revision) != (item.id, item.revision):
        raise ContractError("the manifest lists this content under another name")
    if not _is_addressed(notice.areas, area):
        raise ContractError("the notice is not for this area", RefusalReason.WRONG_AREA)
    cells = (cell for each in notice.tables for row in (*each.rows, each.total) for cell in row)
    if any(map(plain_text.deceives, (*_texts(notice), *cells))):
        raise ContractError("a text with direction or control codes")
    leaks = list(_leaks(notice))
    if leaks:
        kinds = ", ".join(sorted({leak.kind.value for leak in leaks}))
        raise ContractError(f"unmasked personal data: {kinds}", RefusalReason.PERSONAL_DATA)
    return notice


def open_alert(area: Area, followed: Iterable[Area], body: bytes, trust: Trust) -> Alert:
    """Verify an alert that came for ``area`` to a box that follows these areas.

    Raises:
        ContractError: with the reason that the receipt will carry.
    """
    alert = open_message(Alert, body, trust)
    named = {Area.parse(each) for each in alert.notice.areas}
    if not _is_addressed(alert.notice.areas, area) or not named & set(followed):
        raise ContractError("the alert is not for this village", RefusalReason.WRONG_AREA)
    return alert


def _is_addressed(areas: Iterable[str], area: Area) -> bool:
    return any(Area.parse(each) == area for each in areas)


def _leaks(notice: Notice) -> Iterator[privacy.Finding]:
    yield from privacy.leaks(_texts(notice))
    for table in notice.tables:
        for row in (*table.rows, *((table.total,) if table.total else ())):
            for column, cell in zip(table.columns, row, strict=True):
                found = privacy.scan(cell, column.label)
                yield from (each for each in found if each.level is not privacy.Level.CONFIRM)


def _texts(notice: Notice) -> Iterator[str]:
    """Everything a villager could read or hear, but not the office's own telephone."""
    yield from (notice.title, notice.summary, notice.item_name, notice.correction)
    if notice.speech is not None:
        yield from (notice.speech.text, *notice.speech.readings)
        yield from (each.speaker for each in notice.speech.own)
    for block in notice.blocks:
        if isinstance(block, Heading | Paragraph):
            yield block.text
        elif isinstance(block, Picture | Video):
            yield from (block.alt, block.asset.name)
        elif isinstance(block, File):
            yield from (block.title, block.asset.name)
        elif isinstance(block, Table):
            yield from (column.label for column in block.columns)
    yield from (key.text for key in notice.search)
