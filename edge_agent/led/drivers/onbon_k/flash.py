"""Writing the standing content into the card's flash, block by block (section 8.1)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from edge_agent.led.drivers.onbon_k import command, reply
from edge_agent.led.drivers.onbon_k.frame import ERR_BLOCK
from edge_agent.led.drivers.onbon_k.link import BlockRefused
from edge_agent.led.drivers.onbon_k.program import Program, name_of, pack_program
from edge_agent.led.panel import BadFrame, PanelRefused

if TYPE_CHECKING:
    from edge_agent.led.drivers.onbon_k.area import TextArea
    from edge_agent.led.drivers.onbon_k.link import CardLink

_log = logging.getLogger(__name__)

_BLOCK_HEAD_BYTES = 18
_REFUSALS = 8
"""How many refused blocks one file may have before it is given up."""


class Flash:
    """The one program in the card's flash that is ours, and how often it was written.

    A content's file name comes from the content, so a new one is written beside the old and the
    old one deleted afterwards: a power cut in between leaves a whole program, not half of one.
    """

    def __init__(self, link: CardLink, frame_bytes: int) -> None:
        self._link = link
        self._block_bytes = frame_bytes - _BLOCK_HEAD_BYTES
        self._name: bytes | None = None
        self._file = b""
        self._refusals = 0
        self._crowded = False
        """Whether the card plays more programs than ours."""
        self._under_way: tuple[bytes, int] = b"", 0
        """A file begun and how far it is written: a write that was interrupted goes on there."""

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
        return self._name is None and not self._under_way[0]

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
        elif self._under_way[0] != file:
            self._refusals = 0
            self._begin(name, file)
        elif self._under_way[1] < len(file):
            self._write_block(name, file)
        else:
            self._finish(name, file)
        return self.holds(areas)

    def erase(self) -> None:
        """Delete every program; fonts stay."""
        self._link.ask(command.delete_files())
        self._link.exchange.traffic.flash_writes += 1
        self._name, self._file, self._crowded = None, b"", False
        self._under_way = b"", 0

    def _card_has(self, name: bytes, file: bytes) -> bool:
        """Ask the card for length and CRC, once after a start, instead of writing again."""
        return self._name == name and not self._file and self._facts_match(name, file)

    def _facts_match(self, name: bytes, file: bytes) -> bool:
        try:
            found = reply.file_facts(self._link.ask(command.file_facts(name)))
        except (PanelRefused, BadFrame) as error:
            _log.info("the card does not tell its files: %s", error)
            return False
        return found == (name, len(file), int.from_bytes(file[-2:], "little"))

    def _finish(self, name: bytes, file: bytes) -> None:
        """The new file is whole: delete the old one."""
        self._under_way = b"", 0
        old, self._name, self._file = self._name, name, file
        if old not in (None, name):
            self._link.ask(command.delete_files([old] if old else []))
            self._link.exchange.traffic.flash_writes += 1

    def _write_block(self, name: bytes, file: bytes) -> None:
        offset = self._under_way[1]
        block = file[offset : offset + self._block_bytes]
        last = offset + len(block) == len(file)
        number = offset // self._block_bytes
        if name == self._name:
            self._name = None
        try:
            self._link.ask(command.write_block(name, number, offset, block, last=last))
        except PanelRefused as refused:
            self._refusals += 1
            if self._refusals > _REFUSALS:
                raise
            self._resume(refused, name, file)
        else:
            self._under_way = file, offset + len(block)

    def _begin(self, name: bytes, file: bytes) -> None:
        self._link.ask(command.begin_file(name, len(file)))
        self._link.exchange.traffic.flash_writes += 1
        self._under_way = file, 0

    def _resume(self, refused: PanelRefused, name: bytes, file: bytes) -> None:
        """Go on where the card says; from the start when it has lost the file."""
        wanted = refused.wanted_offset if isinstance(refused, BlockRefused) else 0
        _log.warning("block refused (%d), the card wants offset %d", refused.code, wanted)
        if refused.code == ERR_BLOCK and wanted < len(file):
            self._under_way = file, wanted
        elif self._facts_match(name, file):
            self._under_way = file, len(file)
        else:
            self._begin(name, file)
