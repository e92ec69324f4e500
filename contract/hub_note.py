"""What the hub says to all its boxes: that it is here anew, and which brokers carry its word.

Retained on ``vn1/all/hub``, and said only when something changed: repeated every minute it
would cost a village more than all its notices. A new ``epoch`` asks every box for its state, so
that a hub whose broker crashed knows within a minute who is still there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - the codec resolves hints at run time

from contract.areas import Area


@dataclass(frozen=True, slots=True)
class HubNote:
    """Signed by the role *target* for ``area``; the newest ``issued_at`` counts."""

    area: str
    epoch: str
    """Another word after every new connection of the hub to its broker."""
    issued_at: datetime
    brokers: tuple[str, ...] = ()
    """``mqtts://host:port``; empty: the one that the box was given at enrolment."""
    report_within_s: int = 10
    """Boxes spread their reports over so long."""

    def __post_init__(self) -> None:
        Area.parse(self.area)
