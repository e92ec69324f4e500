"""What the templates of phone page and poster ask: cells by column, pictures, the last day."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django import template
from django.utils import timezone

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date, datetime

    from contract.notice import Block, Column, Table

register = template.Library()
_NUMBERS = frozenset({"int", "money", "number", "percent"})


@register.filter
def is_number(column: Column) -> bool:
    """Whether a column is set flush right."""
    return column.type in _NUMBERS


@register.filter
def cells(table: Table, row: tuple[str, ...]) -> Iterator[tuple[Column, str]]:
    """Each cell of a row with its column."""
    return zip(table.columns, row, strict=True)


@register.filter
def with_pictures(blocks: Iterable[Block]) -> Iterator[tuple[Block, int]]:
    """Each block with the number of the picture it is, counted from 1; 0 for other blocks."""
    number = 0
    for block in blocks:
        if block.kind == "picture":
            number += 1
        yield block, number if block.kind == "picture" else 0


@register.filter
def last_day(until: datetime) -> date:
    """The last day on which a notice holds: one that ends at midnight holds the day before."""
    return timezone.localtime(until - timedelta(seconds=1)).date()


@register.filter
def nth(values: Sequence[str], number: int) -> str:
    """The value with that number, counted from 1."""
    return values[number - 1]
