"""The photo of what was shown: a film strip of a notice's pages, its hash and its PNG.

The hash is over the pixels of all pages (`draw.draw_pages`), so that the hub can draw the
notice again and compare. The picture goes along once; of a very long table, its first pages.
A picture leaves the disk together with its notice.
"""

from __future__ import annotations

import hashlib
import logging
from typing import TYPE_CHECKING, NamedTuple

from edge_agent.led import draw

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from edge_agent.led.panel import Area, Page, PanelSpec

_log = logging.getLogger(__name__)
MOST_PNG_BYTES = 48_000
_MOST_PIXELS = 400_000


class Photo(NamedTuple):
    """The hash of all pages' pixels, and a PNG of all of them or the first."""

    sha256: str
    png: bytes


def photograph(pages: Sequence[Page], area: Area, spec: PanelSpec) -> Photo:
    """Draw the pages of one notice as they were sent; never all of them in memory at once."""
    digest = hashlib.sha256(draw.pixels_head(pages, area, spec))
    for page in pages:
        digest.update(draw.draw_page(page, area, spec).tobytes())
    count = min(len(pages), max(1, _MOST_PIXELS // (area.width_px * area.height_px)))
    png = draw.png_bytes(draw.draw_pages(pages[:count], area, spec))
    while len(png) > MOST_PNG_BYTES and count > 1:
        count //= 2
        png = draw.png_bytes(draw.draw_pages(pages[:count], area, spec))
    return Photo(digest.hexdigest(), png)


class Album:
    """The pictures of what one panel shows, in the led part's own folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def put(self, name: str, png: bytes) -> None:
        """Keep the picture of ``id@revision``; a full disk must not darken a panel."""
        try:
            (self._folder / f"{name}.png").write_bytes(png)
        except OSError as error:
            _log.warning("no picture of %s is kept: %s", name, error)

    def find(self, name: str) -> bytes:
        """The picture of ``id@revision``; empty when there is none."""
        try:
            return (self._folder / f"{name}.png").read_bytes()
        except OSError:
            return b""

    def keep_only(self, names: Iterable[str]) -> None:
        """Erase the pictures of everything else."""
        wanted = {f"{name}.png" for name in names}
        for path in self._folder.iterdir():
            if path.name not in wanted:
                path.unlink(missing_ok=True)
