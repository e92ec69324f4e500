"""The way down to a notice: boards and their columns, as the catalogue in force names them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from django.db.models import Count

from hub.catalogue.models import Rules
from hub.phone.models import Entry

if TYPE_CHECKING:
    from hub.places.models import PlacePage

GUIDE_BOARD = "便民服务"


@dataclass(frozen=True, slots=True)
class ColumnTile:
    """One column of one place."""

    name: str
    address: str
    count: int


@dataclass(frozen=True, slots=True)
class BoardTiles:
    """A board with its columns, empty ones too: an empty column is an answer."""

    name: str
    columns: tuple[ColumnTile, ...]


def boards_of(place: PlacePage) -> list[BoardTiles]:
    """Every column of the catalogue with the number of notices it holds at a place."""
    counts = dict(
        Entry.objects.shown()
        .within(place.code)
        .order_by()
        .values_list("column")
        .annotate(Count("pk"))
    )
    return [
        BoardTiles(board, tuple(
            ColumnTile(name, address_of(place.code, board, name), counts.get(f"{board}/{name}", 0))
            for name in names
        ))
        for board, names in Rules.table("columns").items()
    ]  # fmt: skip


def address_of(code: str, board: str, column: str) -> str:
    """Where a column of a place is read."""
    return f"/v/{code}/{quote(board)}/{quote(column)}/"


def is_column(board: str, column: str) -> bool:
    """Whether the catalogue has this column."""
    return column in Rules.table("columns").get(board, ())


def trail(place: PlacePage) -> list[PlacePage]:
    """County, town, village down to the place."""
    above = place.get_ancestors(inclusive=True).filter(depth__gt=1)
    return [page.specific for page in above]
