"""Which fonts of the box's making stand in the card's flash, and how they get there and go."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from edge_agent.led.drivers.onbon_k import command, reply
from edge_agent.led.drivers.onbon_k.files import FileWriter
from edge_agent.led.drivers.onbon_k.frame import (
    ERR_FILE_CRC,
    ERR_FILE_NAME,
    ERR_FILE_TYPE,
    ERR_GROUP,
    ERR_MEMORY,
    ERR_NO_COMMAND,
)
from edge_agent.led.drivers.onbon_k.own_font import NAMES
from edge_agent.led.panel import BadFrame, PanelRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge_agent.led.drivers.onbon_k.link import CardLink
    from edge_agent.led.drivers.onbon_k.own_font import OwnFont

_log = logging.getLogger(__name__)

_FOR_GOOD = (ERR_GROUP, ERR_NO_COMMAND, ERR_MEMORY, ERR_FILE_NAME, ERR_FILE_TYPE, ERR_FILE_CRC)
"""Refusals that another try does not change."""


class Shelf:
    """Our fonts on one card. A name comes from its content, so none is ever overwritten."""

    def __init__(self, link: CardLink, frame_bytes: int) -> None:
        self._link = link
        self._writer = FileWriter(link, frame_bytes)
        self._there: dict[bytes, OwnFont] = {}
        self._left_over = False
        self.refused = False
        """Whether this card does not take fonts."""

    @property
    def proven(self) -> bool:
        """Whether this card has taken one."""
        return bool(self._there)

    def knows(self, fonts: Sequence[OwnFont]) -> bool:
        """Whether they are known to be there, without asking."""
        return all(self._there.get(font.name) == font for font in fonts)

    def put(self, fonts: Sequence[OwnFont]) -> bool:
        """Bring them there; False when the card refuses. Raises: PanelSilent, LineLost."""
        while not (self.refused or self.advance(fonts)):
            pass
        return not self.refused

    def advance(self, fonts: Sequence[OwnFont]) -> bool:
        """Go one frame towards these fonts; True when they are there or refused."""
        font = next((each for each in fonts if self._there.get(each.name) != each), None)
        if font is None or self.refused:
            return True
        file = font.file()
        if not self._writer.busy and self._writer.facts_match(font.name, file):
            self._there[font.name] = font
            return self.knows(fonts)
        try:
            self._writer.advance(font.name, file)
        except PanelRefused as refused:
            if refused.code not in _FOR_GOOD:
                raise
            _log.warning("the card takes no font of ours: %s", refused)
            self.refused = True
            return True
        if self._writer.is_whole(file):
            self._writer.finish()
            self._there[font.name] = font
            self._left_over = True
        return self.knows(fonts)

    def keep_only(self, fonts: Sequence[OwnFont]) -> None:
        """Delete ours that nothing on the card needs, once after new ones were written."""
        if not self._left_over:
            return
        self._left_over = False
        wanted = {font.name for font in fonts}
        try:
            names = reply.font_names(self._link.ask(command.font_facts()))
        except (PanelRefused, BadFrame) as error:
            _log.info("the card does not list its fonts: %s", error)
            names = tuple(self._there)
        gone = [name for name in names if _is_ours(name) and name not in wanted]
        self._there = {name: font for name, font in self._there.items() if name in wanted}
        if gone:
            self._link.ask(command.delete_files(gone))
            self._link.exchange.traffic.flash_writes += 1


def _is_ours(name: bytes) -> bool:
    return name[:1] == b"E" and name[1:].isdigit() and int(name[1:]) in NAMES
