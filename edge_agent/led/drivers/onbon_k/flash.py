"""The one program in the card's flash that is ours: the standing content (section 8.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge_agent.led.drivers.onbon_k import command
from edge_agent.led.drivers.onbon_k.files import FileWriter
from edge_agent.led.drivers.onbon_k.program import Program, name_of, pack_program

if TYPE_CHECKING:
    from edge_agent.led.drivers.onbon_k import reply
    from edge_agent.led.drivers.onbon_k.area import TextArea
    from edge_agent.led.drivers.onbon_k.link import CardLink


class Flash:
    """The one program in the card's flash that is ours, and how often it was written.

    A content's file name comes from the content, so a new one is written beside the old and the
    old one deleted afterwards: a power cut in between leaves a whole program, not half of one.
    """

    def __init__(self, link: CardLink, frame_bytes: int) -> None:
        self._link = link
        self._writer = FileWriter(link, frame_bytes)
        self._name: bytes | None = None
        self._file = b""
        self._crowded = False
        """Whether the card plays more programs than ours."""

    def holds(self, areas: tuple[TextArea, ...]) -> bool:
        """Whether exactly these areas are known to be in flash."""
        return self._name is not None and pack_program(Program(areas, name_of(areas))) == self._file

    def has(self, areas: tuple[TextArea, ...]) -> bool:
        """The same, asking the card once after a start."""
        if self._crowded:
            return False
        name = name_of(areas)
        file = pack_program(Program(areas, name))
        if self._card_has(name, file):
            self._file = file
        return self.holds(areas)

    def is_empty(self) -> bool:
        """Whether no program is in flash, nor one begun that may be whole by now."""
        return self._name is None and not self._writer.busy

    def recognise(self, status: reply.Status) -> None:
        """At start: take the one program that the card plays for a candidate of `show`."""
        self._name = status.program if status.programs else None
        self._file = b""
        self._crowded = status.programs > 1

    def show(self, areas: tuple[TextArea, ...]) -> None:
        """Bring the flash to these areas; writes nothing when they are there already."""
        while not self.advance(areas):
            pass

    def advance(self, areas: tuple[TextArea, ...]) -> bool:
        """Go one frame towards these areas; True when they are there."""
        if self._crowded or (not areas and self._name is not None):
            self.erase()
            return False
        if not areas or self.holds(areas):
            return True
        name = name_of(areas)
        file = pack_program(Program(areas, name))
        if self._card_has(name, file):
            self._file = file
        elif self._writer.is_whole(file):
            self._finish(name, file)
        else:
            if self._writer.busy and name == self._name:
                self._name = None
            self._writer.advance(name, file)
        return self.holds(areas)

    def erase(self) -> None:
        """Delete every program; fonts stay."""
        self._link.ask(command.delete_files())
        self._link.exchange.traffic.flash_writes += 1
        self._name, self._file, self._crowded = None, b"", False
        self._writer.finish()

    def _card_has(self, name: bytes, file: bytes) -> bool:
        """Ask the card for length and CRC, once after a start, instead of writing again."""
        return self._name == name and not self._file and self._writer.facts_match(name, file)

    def _finish(self, name: bytes, file: bytes) -> None:
        """The new file is whole: delete the old one."""
        self._writer.finish()
        old, self._name, self._file = self._name, name, file
        if old not in (None, name):
            self._link.ask(command.delete_files([old] if old else []))
            self._link.exchange.traffic.flash_writes += 1
