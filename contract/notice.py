"""A notice: what a village shows, speaks and answers with. Frozen, typed, readable by all.

Only what may leave the hub is in here: columns with restricted data were dropped before.
Urgency is in the words of the Common Alerting Protocol 1.2 (CAP).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - the codec resolves hints at run time
from typing import ClassVar, Literal

from contract.areas import Area
from contract.errors import ContractError

Channel = Literal["led", "speaker", "kiosk", "poster", "mobile", "wall"]
Priority = Literal["routine", "scheduled", "live", "emergency"]
ColumnType = Literal["text", "name", "group", "int", "money", "number", "percent", "date", "month"]
IssuingLevel = Literal["nation", "province", "city", "county", "town", "village"]
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}")


def check_sha256(name: str) -> None:
    """Raises ContractError unless this is a hash: a box keeps files under the names it is told."""
    if _SHA256.fullmatch(name) is None:
        raise ContractError(f"not a SHA-256 in lower-case hex: {name[:40]!r}")


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that belongs to a notice, named by its content: ``sha256`` in lower-case hex."""

    sha256: str
    size_bytes: int
    mime: str
    name: str = ""
    pieces: tuple[str, ...] = ()
    """Of a file above 4 MiB: the SHA-256 of every 4 MiB, so that one bad piece costs no more."""

    def __post_init__(self) -> None:
        check_sha256(self.sha256)
        if self.size_bytes < 0:
            raise ContractError("a file has no fewer than 0 bytes")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; level 1 is a chapter."""

    kind: ClassVar[str] = "heading"
    text: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of plain text."""

    kind: ClassVar[str] = "paragraph"
    text: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; ``type`` decides alignment, sorting and how it is read aloud."""

    key: str
    label: str
    type: ColumnType = "text"


@dataclass(frozen=True, slots=True)
class Table:
    """A typed table. Cells are display text; every row has one cell a column."""

    kind: ClassVar[str] = "table"
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...] = ()
    """A closing line of sums, one cell a column, or empty."""

    def __post_init__(self) -> None:
        width = len(self.columns)
        ragged = [n for n, row in enumerate((*self.rows, self.total or ("",) * width), 1)
                  if len(row) != width]  # fmt: skip
        if ragged:
            raise ContractError(f"table row {ragged[0]} does not have {width} cells")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture; ``alt`` says in words what it shows."""

    kind: ClassVar[str] = "picture"
    asset: Asset
    alt: str


@dataclass(frozen=True, slots=True)
class Video:
    """A video with the words that say what it shows."""

    kind: ClassVar[str] = "video"
    asset: Asset
    alt: str


@dataclass(frozen=True, slots=True)
class File:
    """A file to read at the query screen (PDF)."""

    kind: ClassVar[str] = "file"
    asset: Asset
    title: str


Block = Heading | Paragraph | Table | Picture | Video | File


@dataclass(frozen=True, slots=True)
class OwnRecording:
    """People's own voice in place of the words, for one area: its dialect, or its leader."""

    area: str
    asset: Asset
    speaker: str = ""
    duration_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Speech:
    """What the loudspeaker says; ``recording`` was rendered and heard at the hub."""

    text: str
    recording: Asset | None = None
    voice: str = ""
    duration_s: float = 0.0
    repeats: int = 1
    readings: tuple[str, ...] = ()
    """The county's readings of words in the text, signed with it: a word, a blank, then its pinyin
    (``解州 xiè zhōu``) or the Chinese that is said instead (``G338 国道三三八线``)."""
    own: tuple[OwnRecording, ...] = ()
    """Checked and heard at the hub like the words; the one of the nearest area is played."""

    def recording_for(self, village: Area) -> Asset | None:
        """What a village plays: people's own recording for it, else the rendered one."""
        near = [each for each in self.own if Area.parse(each.area).covers(village)]
        nearest = max(near, key=lambda each: len(each.area), default=None)
        return nearest.asset if nearest is not None else self.recording


@dataclass(frozen=True, slots=True)
class Cap:
    """Urgency in CAP 1.2's words; an ordinary notice keeps the defaults."""

    status: Literal["Actual", "Exercise", "Test"] = "Actual"
    msg_type: Literal["Alert", "Update", "Cancel"] = "Alert"
    event: str = ""
    urgency: Literal["Immediate", "Expected", "Future", "Past", "Unknown"] = "Unknown"
    severity: Literal["Extreme", "Severe", "Moderate", "Minor", "Unknown"] = "Unknown"
    certainty: Literal["Observed", "Likely", "Possible", "Unlikely", "Unknown"] = "Unknown"
    references: tuple[str, ...] = ()
    """Ids of the alerts that this one updates or cancels."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who answers for the notice, and whom to complain to."""

    office: str
    phone: str = ""
    level: IssuingLevel = "village"
    complaints: str = ""


@dataclass(frozen=True, slots=True)
class SearchKey:
    """A text to be found by, and its pinyin initials, both made at the hub."""

    text: str
    initials: str


@dataclass(frozen=True, slots=True)
class Reference:
    """Another notice: ``relation`` is replaces, withdraws, result_of, stage_of, interprets."""

    relation: Literal["replaces", "withdraws", "result_of", "stage_of", "interprets"]
    notice_id: str
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice in one revision. See the module's docstring and ``docs/reference/contract.md``.

    ``publish_at`` and ``valid_until`` are moments with an offset; ``owed_s`` is the display
    time that is owed to the villagers (seconds on the panel or board), 0 when none is.
    """

    id: str
    revision: int
    areas: tuple[str, ...]
    title: str
    summary: str
    sender: Sender
    publish_at: datetime
    issued_at: datetime
    valid_until: datetime | None = None
    item: str = ""
    item_name: str = ""
    category: str = ""
    column: str = ""
    blocks: tuple[Block, ...] = ()
    speech: Speech | None = None
    channels: tuple[Channel, ...] = ("led", "speaker", "kiosk")
    priority: Priority = "routine"
    cap: Cap = Cap()
    owed_s: int = 0
    personal: bool = False
    search: tuple[SearchKey, ...] = ()
    references: tuple[Reference, ...] = ()
    correction: str = ""
    """Why this revision replaces the one before it; empty for the first."""
    link: str = ""
    """Address of the phone page, shown as a QR code."""
    requires: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if _ID.fullmatch(self.id) is None:
            raise ContractError(f"not a notice id: {self.id[:40]!r}")
        if self.revision < 1:
            raise ContractError("revisions count from 1")
        if not self.areas:
            raise ContractError("a notice is addressed to at least one area")
        for area in self.areas:
            Area.parse(area)
        if self.valid_until is not None and self.valid_until <= self.publish_at:
            raise ContractError("valid_until lies before publish_at")

    @property
    def name(self) -> str:
        """``id@revision``, as receipts and logs call it."""
        return f"{self.id}@{self.revision}"

    @property
    def assets(self) -> tuple[Asset, ...]:
        """Every file the notice needs, the recordings first."""
        spoken = (self.speech.recording,) if self.speech and self.speech.recording else ()
        own = tuple(each.asset for each in self.speech.own) if self.speech else ()
        shown = tuple(b.asset for b in self.blocks if isinstance(b, Picture | Video | File))
        return spoken + own + shown

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables among the blocks, in order."""
        return tuple(block for block in self.blocks if isinstance(block, Table))
