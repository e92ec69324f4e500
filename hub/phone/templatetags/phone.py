"""What templates of phone page, poster and desk ask: cells by column, pictures, the last day."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import segno
from django import template
from django.utils import timezone
from django.utils.safestring import mark_safe

from hub.notices.audience import one_box_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date, datetime

    from contract.notice import Block, Column, Table

register = template.Library()
register.filter("one_box", one_box_of)
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
def last_moment(until: datetime) -> str:
    """The end as people mean it: a day, with the hour unless it is the whole day."""
    local = timezone.localtime(until)
    is_midnight = (local.hour, local.minute) == (0, 0)
    return f"{last_day(until)}" if is_midnight else f"{local:%Y-%m-%d %H:%M}"


@register.filter
def qr(address: str) -> str:
    """The QR code of an address as inline SVG, error level M."""
    code = segno.make(address, error="m", micro=False)
    # segno draws one path from the code's bits; the address is not in the markup.
    return mark_safe(  # noqa: S308 - see above
        code.svg_inline(omitsize=True, border=4, dark="#000", light="#fff", svgclass="qr")
    )


@register.filter
def nth(values: Sequence[str], number: int) -> str:
    """The value with that number, counted from 1."""
    return values[number - 1]
