"""The pages of one notice, in the order a villager meets them: title, summary, tables, pictures.

Pure: pictures come through a function that finds the bytes of an asset. A long text is not
for a panel: its summary is shown, and where to read the rest (详见查询机).
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from contract.notice import Heading, Paragraph, Picture, Table
from edge_agent.led import pictures
from edge_agent.led.characters import legible
from edge_agent.led.layout import best_size_px, body_size_px, text_pages
from edge_agent.led.panel import Page
from edge_agent.led.tables import table_pages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from contract.notice import Block, Notice
    from edge_agent.led.layout import Align, Format

_log = logging.getLogger(__name__)
SEE_SCREEN = "详见查询机"
LONG_TEXT = 120  # characters: half a minute of reading, more is for the query screen
_SUMMARY_PAGES = 2
_PICTURE_STAY_S = 10.0
_FIRST_WORDS = 60


def notice_pages(
    notice: Notice, form: Format, find_asset: Callable[[str], bytes | None] | None = None
) -> tuple[Page, ...]:
    """All pages of ``notice`` for an area of this format; ``find_asset`` maps a sha256 to bytes."""
    pages = list(_prominent(marked_title(notice), form, notice.name, most_pages=1))
    words = panel_text(notice)
    if words:
        pages += _prominent(words, form, notice.name, most_pages=_SUMMARY_PAGES, align="left")
    body = _short_body(notice)
    if body:
        size_px = body_size_px(body, form)
        pages += text_pages(body, form, size_px=size_px, source=notice.name)
    for heading, block in _shown_blocks(notice):
        if heading:
            pages += _prominent(heading, form, notice.name, most_pages=1)
        if isinstance(block, Table):
            pages += table_pages(block, form, source=notice.name)
        elif isinstance(block, Picture):
            pages += _picture_pages(block, form, notice.name, find_asset)
    return tuple(pages)


def unshown_characters(notice: Notice) -> tuple[str, ...]:
    """Characters of what a panel shows of ``notice`` that no font has; for hub and receipt."""
    texts = [marked_title(notice), panel_text(notice), _short_body(notice)]
    for heading, block in _shown_blocks(notice):
        texts.append(heading)
        if isinstance(block, Table):
            texts += [column.label for column in block.columns]
            texts += [cell for row in (*block.rows, block.total) for cell in row]
    lost = (char for text in texts for char in legible(text).unshown)
    return tuple(dict.fromkeys(lost))


def marked_title(notice: Notice) -> str:
    """The title with the word that says what kind of notice this is."""
    if notice.cap.status != "Actual":
        return f"【演练】{notice.title}"
    return f"【更正】{notice.title}" if notice.correction else notice.title


def panel_text(notice: Notice) -> str:
    """The summary as a panel shows it, with the way to the query screen where there is more."""
    body = _body(notice)
    words = notice.summary.strip()
    if not words and len(body) > LONG_TEXT:
        words = f"{body[:_FIRST_WORDS].rstrip('，、；：,;: ')}……"
    told = "查询机" in words
    return f"{words}({SEE_SCREEN})" if _has_more(notice, body) and not told else words


def _has_more(notice: Notice, body: str) -> bool:
    unshowable = any(block.kind in {"video", "file"} for block in notice.blocks)
    return len(body) > LONG_TEXT or unshowable


def _short_body(notice: Notice) -> str:
    """The text itself when it is short and says more than the summary."""
    body = _body(notice)
    if len(body) > LONG_TEXT or body.rstrip("。") == notice.summary.strip().rstrip("。"):
        return ""
    return body


def _body(notice: Notice) -> str:
    paragraphs = (block.text.strip() for block in notice.blocks if isinstance(block, Paragraph))
    return "\n".join(text for text in paragraphs if text)


def _shown_blocks(notice: Notice) -> Iterator[tuple[str, Block]]:
    """Tables and pictures, each with the heading right above it."""
    heading = ""
    for block in notice.blocks:
        if isinstance(block, Heading):
            heading = block.text.strip()
            continue
        if isinstance(block, Table | Picture):
            yield heading, block
        heading = ""


def _prominent(
    text: str, form: Format, source: str, *, most_pages: int, align: Align = "centre"
) -> tuple[Page, ...]:
    size_px = best_size_px(text, form, most_pages=most_pages)
    return text_pages(text, form, size_px=size_px, align=align, source=source)


def _picture_pages(
    block: Picture, form: Format, source: str, find_asset: Callable[[str], bytes | None] | None
) -> tuple[Page, ...]:
    data = find_asset(block.asset.sha256) if find_asset else None
    if data is not None:
        try:
            fitted = pictures.open_picture(data, form.width_px, form.height_px)
        except pictures.PictureError as error:
            _log.warning("picture of %s left out: %s", source, error)
        else:
            return (Page(picture=fitted, stay_s=_PICTURE_STAY_S, source=source),)
    return text_pages(f"[图]{block.alt}({SEE_SCREEN})", form, source=source)
