"""An emulated Onbon BX-5K or BX-6K card; its rules are those of the maker's protocol 1.4.

It answers to its own number and to the broadcast that wants an answer, refuses what the maker's
error table names, keeps RAM and flash apart, and draws with its fonts what a villager sees.
What the document leaves open (how fast "speed 2" is, which error an overlap gives) is a choice
of ours, marked where it is made.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from PIL import Image

from edge_agent.led.drivers.onbon_k import frame as wire
from edge_agent.led.drivers.onbon_k import markup
from edge_agent.led.drivers.onbon_k.area import LOOP_UNTIL_TIMEOUT, STATIC, TextArea
from edge_agent.led.drivers.onbon_k.pictures import image_of
from edge_agent.led.drivers.onbon_k.program import Program, unpack_program
from edge_agent.led.drivers.onbon_k.text import Lettering, code_of
from edge_agent.led.drivers.onbon_wire import Splitter, unescape
from edge_agent.led.emulators.card import Card, Matrix
from edge_agent.led.emulators.onbon_k_commands import answer
from edge_agent.led.emulators.onbon_k_memory import Dynamic, Flash, Special
from edge_agent.led.emulators.onbon_k_refusal import Refusal
from edge_agent.led.emulators.onbon_k_text import Reel
from edge_agent.led.panel import BadFrame

if TYPE_CHECKING:
    from edge_agent.clock import Clock
    from edge_agent.led.emulators.faults import Faults

MODEL_5K2 = 0x58
ALIKE = {
    0x51: (0x61,),
    0x54: (0x62,),
    0x53: (0x63,),
    0x58: (0x63,),
    0x61: (0x51,),
    0x62: (0x54,),
    0x63: (0x53, 0x58),
}
"""Models that take each other's frames (section 4)."""


class OnbonKCard(Card):
    """One card.

    Args:
        matrix: The panel behind it.
        clock: The card's sense of time.
        faults: What is wrong with line and card.
        model: Device type of the protocol's header; decides limits and abilities.
        gbk: Whether its Chinese fonts hold GBK, as the maker's tool loads them; else GB2312.
    """

    def __init__(
        self,
        matrix: Matrix,
        clock: Clock,
        faults: Faults | None = None,
        *,
        model: int = MODEL_5K2,
        gbk: bool = True,
    ) -> None:
        super().__init__(matrix, clock, faults)
        self.model = model
        self.gbk = gbk
        self.takes_fonts = True
        """Whether a font can be written to it."""
        self.flash = Flash()
        self.dynamic: dict[int, Dynamic] = {}
        self.special: Special | None = None
        self.forced: tuple[bool, datetime] | None = None
        """Switched on or off by command, and when; it holds until a timer switches."""
        self.cleared = False
        self.under_way: tuple[bytes, int, bytearray] | None = None
        """Name, announced length and bytes of a file that is being written."""
        self._splitter = Splitter()
        self._reels: dict[bytes, tuple[Program, list[Reel]]] = {}
        self._lose_ram()

    @property
    def is_six(self) -> bool:
        """A 6K has fewer dynamic areas and a larger buffer."""
        return 0x61 <= self.model <= 0x69

    @property
    def frame_bytes(self) -> int:
        """Receive buffer and memory of one dynamic area."""
        return 1024 if self.is_six else 512

    def card_now(self) -> datetime:
        """The time by the card's own clock."""
        return self.local_now() + timedelta(seconds=self.flash.clock_offset_s)

    def reel(self, area: TextArea) -> Reel:
        """Set an area with the card's fonts."""
        own = {font.name.decode("latin-1"): font for font in self.flash.own_fonts()}
        return Reel(area, self.drawable, colours=self.matrix.colours != "mono", own=own)

    def drawable(self, code: bytes) -> bool:
        """Whether a font of the card has the character of a code."""
        if not self.flash.fonts:
            return False
        char = code.decode("gbk", errors="replace")
        return code_of(char, Lettering(gbk=self.gbk)) == code

    def drop_expired(self, at_s: float | None = None) -> None:
        """Take down what has run out by ``at_s``."""
        at_s = self.clock.monotonic_s() if at_s is None else at_s
        for number, held in list(self.dynamic.items()):
            if held.expired(at_s):
                del self.dynamic[number]
                self.changes += 1
        if self.special is not None and self.special.expired(at_s):
            self.special = None
            self.changes += 1

    def frame(self, at_s: float) -> Image.Image:
        """What the panel shows at monotonic ``at_s``."""
        self.drop_expired(at_s)
        size = self.matrix.width_px, self.matrix.height_px
        whole = Image.new("1" if self.matrix.colours == "mono" else "RGB", size)
        if not self.is_on():
            return whole
        alone = any(held.display_mode == 1 for held in self.dynamic.values())
        if not alone and not self.cleared:
            self._draw_program(whole, at_s)
        for held in self.dynamic.values():
            self._draw_dynamic(whole, held, at_s)
        if not alone and self.special is not None:
            self._draw_special(whole, self.special, at_s)
        return whole

    def is_on(self) -> bool:
        """Switched on by command or by the timers, whichever came last."""
        now = self.card_now()
        minute = now.hour * 60 + now.minute
        timers = self.flash.timers
        switches = [minute - at for pair in timers for at in pair if at <= minute]
        switches += [minute - at + 1440 for pair in timers for at in pair if at > minute]
        if self.forced is not None:
            forced_on, since = self.forced
            if not switches or (now - since).total_seconds() / 60 < min(switches):
                return forced_on
        return not timers or any(on <= minute < off for on, off in timers)

    def brightness(self) -> float:
        """The forced level, else the table's for this half hour; 16 steps to the eye."""
        now = self.card_now()
        level = self.flash.forced_level
        if level is None:
            level = self.flash.levels[now.hour * 2 + now.minute // 30]
        return (level + 1) / 16

    def areas(self) -> list[dict[str, Any]]:
        """What is stored, as read from the wire."""
        self.drop_expired()
        listed = [
            self._described("program " + name.decode("latin-1"), reel)
            for name in self.flash.programs()
            for reel in self._set_program(name)[1]
        ]
        listed += [
            self._described(f"dynamic {number}", held.reel) for number, held in self.dynamic.items()
        ]
        if self.special is not None:
            listed.append(
                {
                    "kind": "special",
                    "x_px": self.special.x_px,
                    "y_px": self.special.y_px,
                    "width_px": self.special.width_px,
                    "height_px": self.special.height_px,
                    "text": "" if self.special.dots else repr(self.special.texts),
                }
            )
        return listed

    def _described(self, kind: str, reel: Reel) -> dict[str, Any]:
        area = reel.area
        return {
            "kind": kind,
            "x_px": area.x_px,
            "y_px": area.y_px,
            "width_px": area.width_px,
            "height_px": area.height_px,
            "timeout_s": area.timeout_s if area.run_mode == LOOP_UNTIL_TIMEOUT else None,
            "text": markup.plain_text(markup.tokens(area.text)),
            "lines": reel.lines(self.card_now()),
        }

    def undrawable(self) -> int:
        """Characters on the panel that the card's font lacks and leaves blank."""
        reels = [held.reel for held in self.dynamic.values()]
        reels += [reel for name in self.flash.programs() for reel in self._set_program(name)[1]]
        return sum(reel.undrawable for reel in reels)

    def state(self) -> dict[str, Any]:
        """Counters and contents."""
        return super().state() | {
            "model": wire.MODELS.get(self.model, "?"),
            "card_clock": self.card_now().isoformat(timespec="seconds"),
            "on": self.is_on(),
            "programs": [name.decode("latin-1") for name in self.flash.programs()],
            "undrawable_characters": self.undrawable(),
        }

    def flash_state(self) -> dict[str, Any]:
        """Files and settings."""
        return self.flash.as_json() | {"flash_writes": self.flash_writes}

    def load_flash_state(self, state: dict[str, Any]) -> None:
        """Take over files and settings."""
        state = dict(state)
        self.flash_writes = state.pop("flash_writes", 0)
        self.flash = Flash.from_json(state)
        self.changes += 1

    def _lose_ram(self) -> None:
        self.dynamic = {}
        self.special = None
        self.forced = None
        self.cleared = False
        self.under_way = None
        self._splitter = Splitter(limit=4 * self.frame_bytes)
        self._reels = {}

    def _take(self, data: bytes) -> bytes:
        return b"".join(self._answer(escaped) for escaped in self._splitter.feed(data))

    def _answer(self, escaped: bytes) -> bytes:
        try:
            frame = wire.unpack_escaped(escaped)
        except BadFrame:
            return self._answer_damaged(escaped)
        if frame.header.to not in (self.flash.screen_id, wire.BROADCAST, wire.BROADCAST_SILENT):
            return b""
        self.frames_received += 1
        self.drop_expired()
        try:
            data = self._obey(frame)
        except Refusal as refusal:
            data = refusal.data
        silent = frame.header.to == wire.BROADCAST_SILENT or frame.data[2] == 2
        return b"" if silent else wire.pack(wire.Frame(frame.header.answered(), data))

    def _obey(self, frame: wire.Frame) -> bytes:
        if frame.header.device not in (0xFE, self.model, *ALIKE.get(self.model, ())):
            raise Refusal(wire.ERR_FIRMWARE)
        if len(frame.data) > self.frame_bytes:
            raise Refusal(wire.ERR_MEMORY)
        if self.faults.take("busy"):
            raise Refusal(wire.ERR_BUSY)
        return answer(self, frame)

    def _answer_damaged(self, escaped: bytes) -> bytes:
        """NACK 5 when the frame's first bytes still say that it was for this card."""
        self.frames_damaged += 1
        try:
            body = unescape(escaped)
        except BadFrame:
            return b""
        if len(body) < 16 or int.from_bytes(body[:2], "little") not in (
            self.flash.screen_id,
            wire.BROADCAST,
        ):
            return b""
        to, sender = int.from_bytes(body[2:4], "little"), int.from_bytes(body[:2], "little")
        refusal = Refusal(wire.ERR_CHECKSUM)
        return wire.pack(wire.Frame(wire.Header(to=to, sender=sender), refusal.data))

    def _draw_program(self, whole: Image.Image, at_s: float) -> None:
        playing = self._playing()
        if not playing:
            return
        now = self.card_now()
        lengths = [
            program.play_s or max((reel.loop_s(now) for reel in reels), default=1.0)
            for program, reels in playing
        ]
        into_s = (at_s - self.powered_at_s) % sum(lengths)
        for (_, reels), length_s in zip(playing, lengths, strict=True):
            if into_s < length_s or length_s == sum(lengths):
                for reel in reels:
                    place = reel.area.x_px, reel.area.y_px
                    whole.paste(reel.image(at_s - self.powered_at_s, now), place)
                return
            into_s -= length_s

    def _playing(self) -> list[tuple[Program, list[Reel]]]:
        """Programs that may play today, set once per content; a locked one plays alone."""
        programs = self.flash.programs()
        now = self.card_now()
        names = [self.flash.locked] if self.flash.locked in programs else programs
        playing = []
        for name in names:
            program, reels = self._set_program(name)
            if program.week & 1 or program.week >> now.isoweekday() & 1:
                playing.append((program, reels))
        return playing

    def _set_program(self, name: bytes) -> tuple[Program, list[Reel]]:
        """A program and its areas, set once for as long as the file stays the same."""
        file = self.flash.files[name]
        if file not in self._reels:
            if len(self._reels) > 8:
                self._reels.clear()
            program = unpack_program(file)
            self._reels[file] = program, [self.reel(area) for area in program.areas]
        return self._reels[file]

    def _draw_dynamic(self, whole: Image.Image, held: Dynamic, at_s: float) -> None:
        waiting = held.visible_from_s > at_s and held.before is not None
        reel = held.before if waiting and held.before is not None else held.reel
        since_s = held.stored_at_s if waiting else held.visible_from_s
        image = reel.image(max(0.0, at_s - since_s), self.card_now())
        whole.paste(image, (reel.area.x_px, reel.area.y_px))

    def _draw_special(self, whole: Image.Image, special: Special, at_s: float) -> None:
        place = special.x_px, special.y_px
        if special.dots:
            size = special.width_px, special.height_px
            colours = self.matrix.colours != "mono"
            whole.paste(image_of(special.shown, *size, colours=colours), place)
        elif special.texts:
            numbers = sorted(special.texts)
            stay_s = max(0.5, special.stay_half_s / 2)
            turn = int((at_s - special.touched_at_s) / stay_s) % len(numbers)
            area = special_text_area(special, special.texts[numbers[turn]])
            whole.paste(self.reel(area).image(0.0, self.card_now()), place)


def special_text_area(special: Special, text: bytes) -> TextArea:
    """A page of the special area as an ordinary text area."""
    return TextArea(
        special.x_px, special.y_px, special.width_px, special.height_px, text, display_mode=STATIC
    )
