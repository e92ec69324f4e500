"""One panel where it hangs: what it can show, whose it is, and how fast its readers read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edge_agent.led.layout import BASE_PX, Format, Pace

if TYPE_CHECKING:
    from edge_agent.led.panel import Colour, PanelSpec

STRIP_PX = BASE_PX
_STRIP_FROM_HEIGHT_PX = 64
_STRIP_FROM_WIDTH_PX = 96
_SIZES_PX = (16, 24, 32)
_EMERGENCY_SIZES_PX = (16, 24, 32, 48, 64)


@dataclass(frozen=True, slots=True)
class Board:
    """The settings that a screen is composed for."""

    spec: PanelSpec
    village: str
    office_line: str = ""
    """The line that every board of the county carries, e.g. 云岭县人民政府政务公开办公室."""
    pace: Pace = field(default_factory=Pace)
    strip: bool = True

    @property
    def has_strip(self) -> bool:
        """Whether there is room for the fixed strip above the playlist."""
        spec = self.spec
        roomy = spec.height_px >= _STRIP_FROM_HEIGHT_PX and spec.width_px >= _STRIP_FROM_WIDTH_PX
        return self.strip and roomy

    @property
    def content_y_px(self) -> int:
        """Where the playlist's area begins."""
        return STRIP_PX if self.has_strip else 0

    @property
    def content(self) -> Format:
        """The playlist's area. On two-colour panels text is amber, the brightest they have.

        A card that draws text itself has one size of type for all pages of an area, and pages
        of running text carry no numbers: those would be a tenth of all bytes on its slow line.
        """
        height_px = self.spec.height_px - self.content_y_px
        body: Colour = "red" if self.spec.colours == "mono" else "yellow"
        return Format(
            self.spec.width_px,
            height_px,
            (BASE_PX,) if self.spec.text_sizes_px else _SIZES_PX,
            self.pace,
            body,
            self.accent,
            numbered=not self.spec.text_sizes_px,
        )

    @property
    def accent(self) -> Colour:
        """The colour of strip, headers and page numbers."""
        return "red" if self.spec.colours == "mono" else "green"

    def emergency(self, inset_x_px: int, inset_y_px: int) -> Format:
        """The inside of the frame that an emergency is shown in."""
        return Format(
            self.spec.width_px - 2 * inset_x_px,
            self.spec.height_px - 2 * inset_y_px,
            self._sizes(_EMERGENCY_SIZES_PX),
            self.pace,
        )

    def _sizes(self, wanted: tuple[int, ...]) -> tuple[int, ...]:
        """The sizes of type that both the design and the card's fonts have."""
        card = self.spec.text_sizes_px
        both = tuple(size for size in wanted if not card or size in card)
        return both or (BASE_PX,)
