"""Writing one file into the card's flash, block by block, with resume (section 8.1)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from edge_agent.led.drivers.onbon_k import command, reply
from edge_agent.led.drivers.onbon_k.frame import ERR_BLOCK
from edge_agent.led.drivers.onbon_k.link import BlockRefused
from edge_agent.led.panel import BadFrame, PanelRefused

if TYPE_CHECKING:
    from edge_agent.led.drivers.onbon_k.link import CardLink

_log = logging.getLogger(__name__)

_BLOCK_HEAD_BYTES = 18
_REFUSALS = 8
"""How many refused blocks one file may have before it is given up."""


class FileWriter:
    """A file on its way to the card: a write that was interrupted goes on where it was."""

    def __init__(self, link: CardLink, frame_bytes: int) -> None:
        self._link = link
        self._block_bytes = frame_bytes - _BLOCK_HEAD_BYTES
        self._refusals = 0
        self._file, self._done = b"", 0

    @property
    def busy(self) -> bool:
        """Whether a file was begun and not taken note of as finished."""
        return bool(self._file)

    def is_whole(self, file: bytes) -> bool:
        """Whether the card has taken the last block of ``file``."""
        return self._file == file and self._done == len(file)

    def finish(self) -> None:
        """Nothing is under way any more."""
        self._file, self._done = b"", 0

    def advance(self, name: bytes, file: bytes) -> None:
        """Send one frame of ``file``. Raises: PanelRefused, PanelSilent, LineLost."""
        if self._file != file:
            self._refusals = 0
            self._begin(name, file)
        elif self._done < len(file):
            self._write_block(name, file)

    def facts_match(self, name: bytes, file: bytes) -> bool:
        """Ask the card for length and CRC instead of writing again."""
        try:
            found = reply.file_facts(self._link.ask(command.file_facts(name)))
        except (PanelRefused, BadFrame) as error:
            _log.info("the card does not tell its files: %s", error)
            return False
        return found == (name, len(file), int.from_bytes(file[-2:], "little"))

    def _begin(self, name: bytes, file: bytes) -> None:
        self._link.ask(command.begin_file(name, len(file)))
        self._link.exchange.traffic.flash_writes += 1
        self._file, self._done = file, 0

    def _write_block(self, name: bytes, file: bytes) -> None:
        block = file[self._done : self._done + self._block_bytes]
        last = self._done + len(block) == len(file)
        number = self._done // self._block_bytes
        try:
            self._link.ask(command.write_block(name, number, self._done, block, last=last))
        except PanelRefused as refused:
            self._refusals += 1
            if self._refusals > _REFUSALS:
                raise
            self._resume(refused, name, file)
        else:
            self._done += len(block)

    def _resume(self, refused: PanelRefused, name: bytes, file: bytes) -> None:
        """Go on where the card says; from the start when it has lost the file."""
        wanted = refused.wanted_offset if isinstance(refused, BlockRefused) else 0
        _log.warning("block refused (%d), the card wants offset %d", refused.code, wanted)
        if refused.code == ERR_BLOCK and wanted < len(file):
            self._done = wanted
        elif self.facts_match(name, file):
            self._done = len(file)
        else:
            self._begin(name, file)
