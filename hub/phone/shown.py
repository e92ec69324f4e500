"""What of a notice a phone may show: everything, or of a list of persons only that it exists.

A list of persons stays in its village: on the board, the panel, the loudspeaker's headline and
the query screen. A telephone page travels, so it says where to look and names nobody, not even
where the clerk wrote a name into the title.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract import codec, wire
from contract.messages import sha256_hex
from contract.notice import Notice, Paragraph, Table
from hub.notices.to_contract import to_notice
from hub.privacy.profiles import LISTS_OF_PERSONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub.notices.models import NoticePage, Publication

_PRIVATE = LISTS_OF_PERSONS | {"minors", "complaint"}


@dataclass(frozen=True, slots=True)
class Shown:
    """One edition for phones. ``notice`` is the whole text; pages show it only if ``is_open``."""

    notice: Notice
    sha256: str
    title: str
    summary: str
    correction: str
    is_personal: bool
    is_for_phones: bool
    rows: int

    @property
    def is_open(self) -> bool:
        """Whether the whole text may be shown."""
        return self.is_for_phones and not self.is_personal


def shown_of(publication: Publication) -> Shown:
    """The published edition as phones may show it.

    Raises:
        NotReadyError: a column that must stay at the hub is still in the text.
    """
    page: NoticePage = publication.revision.as_object()
    notice = to_notice(page, publication.number, publication.at)
    is_personal = notice.personal or _is_list(page, notice)
    names = set(_names(notice)) if is_personal else set()
    title = notice.item_name or "公开事项" if _says(notice.title, names) else notice.title
    return Shown(
        notice=notice,
        sha256=sha256_hex(wire.dumps(codec.encode(notice))),
        title=title,
        summary="" if _says(notice.summary, names) else notice.summary,
        correction="" if _says(notice.correction, names) else notice.correction,
        is_personal=is_personal,
        is_for_phones="mobile" in notice.channels,
        rows=sum(len(table.rows) for table in notice.tables),
    )


def words_of(shown: Shown) -> str:
    """Every word that search may find an edition by; of a list of persons the title alone."""
    if not shown.is_open:
        return shown.title
    return "\n".join([shown.title, shown.summary, *_texts(shown.notice)])


def _is_list(page: NoticePage, notice: Notice) -> bool:
    """A table under an item whose profile is about persons, whatever its columns are called."""
    item = page.item
    return item is not None and item.privacy in _PRIVATE and bool(notice.tables)


def _names(notice: Notice) -> Iterator[str]:
    """The cells under a name's heading; without such a column, every cell that could be a name."""
    for table in notice.tables:
        places = [n for n, column in enumerate(table.columns) if column.type == "name"]
        for row in table.rows:
            cells = [row[place].strip() for place in places or range(len(row))]
            yield from (cell for cell in cells if _could_be_name(cell))


def _could_be_name(cell: str) -> bool:
    return 2 <= len(cell) <= 24 and not any(character.isdigit() for character in cell)


def _says(text: str, names: set[str]) -> bool:
    return any(name in text for name in names)


def _texts(notice: Notice) -> Iterator[str]:
    for block in notice.blocks:
        if isinstance(block, Table):
            yield " ".join(column.label for column in block.columns)
            yield from (" ".join(row) for row in block.rows)
        elif isinstance(block, Paragraph):
            yield block.text
        else:
            yield str(getattr(block, "text", "") or getattr(block, "alt", ""))
