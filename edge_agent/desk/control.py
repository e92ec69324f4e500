"""What the desk page may do to its villages: the switches, and a look at each box."""

from __future__ import annotations

from typing import Protocol


class DeskControl(Protocol):
    """Breaks villages on purpose and heals them. ``village`` is the box's id.

    Each act is over when it returns: after `cut_power` no process of that village lives.
    Raises `KeyError` for a village that does not stand on this desk.
    """

    async def cut_network(self, village: str) -> None:
        """Pull the antenna: connections break, new ones fail."""
        ...

    async def restore_network(self, village: str) -> None:
        """Put the antenna back; power and clock stay as they are."""
        ...

    async def cut_power(self, village: str) -> None:
        """Pull the plug: every process of the box and its cards dies at once."""
        ...

    async def restore_power(self, village: str) -> None:
        """Put the plug back; network and clock stay as they are."""
        ...

    async def set_clock(self, village: str, skew_s: float) -> None:
        """Set the box's system clock wrong by ``skew_s`` seconds (0: right)."""
        ...

    async def heal(self, village: str) -> None:
        """Network, clock and power as they should be."""
        ...

    async def status(self, village: str) -> dict[str, object]:
        """What the box's own files say, with ``powered``, ``network`` and ``clock_skew_s``."""
        ...
