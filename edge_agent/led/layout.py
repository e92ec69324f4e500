"""Text laid out into pages: how big, how many lines, how long each page stays.

Everything sits on a grid of half cells (8 px at 16 px type), so that a card that draws text
from codes and one that is sent pixels show the same. An area that holds one line only scrolls
what does not fit; everything else is paged, because standing type is easier to read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from edge_agent.led import fonts, linebreak
from edge_agent.led.characters import legible
from edge_agent.led.linebreak import cells
from edge_agent.led.panel import Colour, Page, Run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge_agent.led.linebreak import Line

BASE_PX = fonts.BASE_SIZE_PX
Align = Literal["left", "centre"]
_TICKER_SHARE = 0.6  # of the reading speed: moving type is harder to read than standing type
_FEWEST_IN_TICKER = 9  # half cells
_LEAST_PAGE = 28  # half cells in all: the longest name of 14 characters
_FEWEST_CELLS = 8  # a line of larger type holds at least four characters, or reads like a ladder


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast villagers read: characters a second, and the shortest stay of any page."""

    chars_per_s: float = 4.0
    min_dwell_s: float = 4.0

    def stay_s(self, characters: int) -> float:
        """How long a page with so many characters stays, in half seconds."""
        return round(2 * max(self.min_dwell_s, characters / self.chars_per_s) + 0.49) / 2

    def ticker_px_per_s(self, size_px: int) -> float:
        """Speed of a line that scrolls."""
        return self.chars_per_s * size_px * _TICKER_SHARE


@dataclass(frozen=True, slots=True)
class Format:
    """The area that is laid out for: its size, the sizes of type allowed, the pace, colours."""

    width_px: int
    height_px: int
    sizes_px: tuple[int, ...] = (16, 24, 32)
    pace: Pace = field(default_factory=Pace)
    body: Colour = "red"
    head: Colour = "red"
    numbered: bool = True
    """Whether pages of running text carry ``n/m``; pages of tables always do."""

    def columns(self, size_px: int = BASE_PX) -> int:
        """How many half cells fit side by side."""
        return self.width_px // (size_px // 2)

    def rows(self, size_px: int = BASE_PX) -> int:
        """How many lines fit; at least one."""
        return max(1, self.height_px // size_px)

    @property
    def scrolls(self) -> bool:
        """Whether longer text runs through as one line: too small for pages."""
        return self.rows() == 1 or self.rows() * self.columns() < _LEAST_PAGE

    @property
    def ticker_size_px(self) -> int:
        """The type of a line that scrolls: the largest of which a few characters show at once."""
        fitting = (s for s in self.sizes_px if s <= self.height_px)
        return max((s for s in fitting if self.columns(s) >= _FEWEST_IN_TICKER), default=BASE_PX)

    def line_y_px(self, row: int, size_px: int = BASE_PX) -> int:
        """Top of a line: cards write line under line from the top of an area."""
        return row * size_px


def text_pages(
    text: str, form: Format, *, size_px: int = BASE_PX, align: Align = "left", source: str = ""
) -> tuple[Page, ...]:
    """Pages of ``text``: numbered ``n/m`` at the bottom right when the format wants it.

    An area of a single line gets one page that scrolls, unless the text fits.
    """
    shown = legible(text.strip(), size_px).text
    if not shown.strip():
        return ()
    columns, rows = form.columns(size_px), form.rows(size_px)
    lines, slot = linebreak.wrap(shown, lambda _line: columns), 0
    if len(lines) > rows and (rows == 1 or form.scrolls):
        return (ticker(shown, form, source=source),)
    if align == "centre" and len(lines) <= rows:
        lines = linebreak.wrap_evenly(shown, columns)
    count = 0
    while form.numbered and _page_count(lines, rows) > max(1, count):
        count = _page_count(lines, rows)
        slot = len(f"{count}/{count}") + 1
        lines = _wrap_beside_number(shown, columns, rows, slot)
    groups = [lines[n : n + rows] for n in range(0, len(lines), rows)]
    setting = _Setting(form, size_px, align if len(groups) == 1 else "left", source)
    return tuple(setting.page(group, n, len(groups)) for n, group in enumerate(groups, 1))


def ticker(shown: str, form: Format, *, source: str = "") -> Page:
    """One line that scrolls from right to left, for small areas. ``shown`` is legible."""
    size_px = form.ticker_size_px
    line = "　".join(each.text for each in linebreak.wrap(shown, lambda _line: 10**6) if each.text)
    return Page(
        runs=(Run(0, (form.height_px - size_px) // 2, line, size_px, form.body),),
        stay_s=form.pace.stay_s(form.columns(size_px) // 2),
        effect="left",
        speed_px_per_s=form.pace.ticker_px_per_s(size_px),
        source=source,
    )


def moving_alike(pages: Sequence[Page], form: Format) -> tuple[Page, ...]:
    """Pages for an area that either scrolls all its lines or none: one that does, all do."""
    if all(page.effect != "left" for page in pages):
        return tuple(pages)
    return tuple(
        page
        if page.effect == "left" or page.picture is not None
        else ticker(" ".join(run.text for run in page.runs), form, source=page.source)
        for page in pages
    )


def best_size_px(text: str, form: Format, *, most_pages: int = 1) -> int:
    """The largest type in which ``text`` takes at most so many pages and breaks no piece.

    One page of larger type is better than several of still larger. Larger type is only used
    where its lines still hold a few characters and its fonts have every character; if none
    fits, the smallest.
    """
    least = min(form.sizes_px)
    for pages in sorted({1, most_pages}):
        fitting = [size for size in form.sizes_px if suits(text, form, size, pages)]
        if max(fitting, default=least) > least:
            return max(fitting)
    return least


def body_size_px(text: str, form: Format) -> int:
    """The largest type that takes no more pages than the smallest one."""
    pages = text_pages(text, form, size_px=min(form.sizes_px))
    return best_size_px(text, form, most_pages=max(1, len(pages)))


def suits(text: str, form: Format, size_px: int, most_pages: int) -> bool:
    """Whether type of this size holds ``text`` in so many pages, breaks no piece, lacks nothing."""
    columns = form.columns(size_px)
    if size_px > form.height_px or (size_px > BASE_PX and columns < _FEWEST_CELLS):
        return False
    shown, lost = legible(text.strip(), size_px)
    if len(lost) > len(legible(text.strip()).unshown):
        return False
    if any(cells(piece) > columns for piece in linebreak.pieces(shown)):
        return False
    pages = text_pages(text, form, size_px=size_px)
    return len(pages) <= most_pages and all(page.effect != "left" for page in pages)


def _wrap_beside_number(shown: str, columns: int, rows: int, slot: int) -> list[Line]:
    """Lines of pages whose last line leaves room for ``n/m``."""
    return linebreak.wrap(shown, lambda n: columns - (slot if n % rows == rows - 1 else 0))


def _page_count(lines: Sequence[Line], rows: int) -> int:
    return -(-len(lines) // rows)


@dataclass(frozen=True, slots=True)
class _Setting:
    """What all pages of one text have in common."""

    form: Format
    size_px: int
    align: Align
    source: str

    def page(self, lines: Sequence[Line], number: int, total: int) -> Page:
        form, size_px = self.form, self.size_px
        label = f"{number}/{total}" if total > 1 and form.numbered else ""
        first_row = (form.rows(size_px) - len(lines)) // 2 if self.align == "centre" else 0
        runs = []
        for row, line in enumerate(lines, first_row):
            if line.text:
                place = self.start_px(line, len(label)), form.line_y_px(row, size_px)
                runs.append(Run(*place, line.text, size_px, form.body))
        if label:
            runs.append(page_number(label, form, size_px))
        characters = sum(len(line.text.replace(" ", "")) for line in lines)
        return Page(runs=tuple(runs), stay_s=form.pace.stay_s(characters), source=self.source)

    def start_px(self, line: Line, slot: int) -> int:
        """Where a line begins, ``slot`` half cells being taken by the page number."""
        spare = self.form.columns(self.size_px) - cells(line.text)
        if line.rtl:
            return max(0, spare - (slot + 1 if slot else 0)) * (self.size_px // 2)
        return (spare // 2 if self.align == "centre" else 0) * (self.size_px // 2)


def page_number(number: str, form: Format, size_px: int = BASE_PX) -> Run:
    """The ``n/m`` of a page, bottom right."""
    return Run(
        (form.columns(size_px) - len(number)) * (size_px // 2),
        form.line_y_px(form.rows(size_px) - 1, size_px),
        number,
        size_px,
        form.head,
    )
