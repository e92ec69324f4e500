"""Tables on a panel: as a grid where the columns fit, as labelled values where they do not.

A grid repeats its header on every page. Labelled values (``月保障金额960元``) repeat the row's
name on every page the row goes on to. Neither form cuts a cell: text wraps, names and numbers
stay whole. Among the forms that fit, the one with the fewest pages is taken, with a liking for
the grid.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge_agent.led.characters import legible
from edge_agent.led.grid import Grid
from edge_agent.led.labelled import labelled_pages
from edge_agent.led.layout import BASE_PX

if TYPE_CHECKING:
    from contract.notice import Table
    from edge_agent.led.layout import Format
    from edge_agent.led.panel import Page

_LIKING = 1.5  # a grid may take this many times the pages of the labelled form
_ROWS_FOR_LARGER = 4


def table_pages(table: Table, form: Format, *, source: str = "") -> tuple[Page, ...]:
    """All pages of a table, every row whole, in the order of the rows."""
    columns = tuple((legible(c.label).text or " ", c.type) for c in table.columns)
    rows = [
        tuple(legible(cell.replace("\n", " ").strip()).text for cell in row)
        for row in (*table.rows, *((table.total,) if table.total else ()))
    ]
    if not columns or not rows:
        return ()
    for size_px in sorted(form.sizes_px, reverse=True):
        if size_px > BASE_PX and form.rows(size_px) >= _ROWS_FOR_LARGER:
            large = Grid(columns, rows, form, size_px, source, wrapped=False).pages()
            if large:
                return large
    grid = Grid(columns, rows, form, source=source).pages()
    if len(grid) == 1:
        return grid
    labelled = labelled_pages(columns, rows, form, source=source)
    return grid if grid and len(grid) <= _LIKING * len(labelled) else labelled
