"""Paper: the two sizes that village printers have, and how a notice lies on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contract.notice import Notice

WIDE_COLUMNS = 9


@dataclass(frozen=True, slots=True)
class Paper:
    """A sheet's name and its sides in millimetres, upright."""

    name: str
    width_mm: int
    height_mm: int

    def turned(self, *, is_wide: bool) -> tuple[int, int]:
        """Width and height as the sheet hangs."""
        return (self.height_mm, self.width_mm) if is_wide else (self.width_mm, self.height_mm)


A4 = Paper("A4", 210, 297)
A3 = Paper("A3", 297, 420)
PAPERS = {paper.name: paper for paper in (A4, A3)}


def paper_of(name: str) -> Paper:
    """The paper of that name; A4 for any other word."""
    return PAPERS.get(name, A4)


def hangs_wide(notice: Notice) -> bool:
    """Whether the sheet lies on its long side: its table has many columns."""
    return any(len(table.columns) >= WIDE_COLUMNS for table in notice.tables)
