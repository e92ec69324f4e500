"""One village of the stand: the real link on real files, behind a wire that can be made bad.

What panel and query screen would show is read from the store as they read it; which alerts
were handed to the loudspeaker is remembered over every power cut.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge_agent.link import keyfile
from edge_agent.link.holdings import is_rotten
from edge_agent.link.program import Link
from edge_agent.plan import plan
from edge_agent.settings import BoxSettings, LinkSettings, Settings
from edge_agent.store import ROTTEN_ERRORS, Store, read_safely
from faults.clocks import JumpingClock

if TYPE_CHECKING:
    from pathlib import Path

    from edge_agent.store import InForce
    from faults.proxy import Wire
    from hub.ledger.boxes import Access


class VillageBox:
    """Link of one box, to be turned by the stand; `power_cut` and `boot` as one likes."""

    def __init__(self, folder: Path, access: Access, area: str, wire: Wire, **link: object) -> None:
        self.name = access.box
        self.wire = wire
        self.clock = JumpingClock(trusted=False)
        folder.mkdir(parents=True)
        password = folder / "password"
        password.write_text(access.password)
        broker = f"mqtt://127.0.0.1:{wire.port}"
        self.settings = Settings(
            box=BoxSettings(self.name, area, self.name, str(folder / "s"), str(folder / "r")),
            link=LinkSettings(broker=broker, password_file=str(password), **link),  # type: ignore[arg-type]
        )
        keyfile.pin(self.settings.part_folder("link"), access.key_set)
        self.handed_over: list[str] = []
        self.seen: set[str] = set()
        self.troubles = 0
        self.link: Link | None = None
        self._store = Store(self.settings.part_folder("store"), read_only=True)
        self._change = -1
        self.boot()

    @property
    def is_up(self) -> bool:
        """Whether link has a connection."""
        return self.link is not None and self.link.is_up

    def boot(self) -> None:
        """Start link on what lies on the disk."""
        self.link = Link(self.settings, self.clock)

    def power_cut(self) -> None:
        """The connection breaks without a word, and nothing more is done."""
        if self.link is not None:
            self.link._session._lose("power cut")  # as if nobody were there any more
            self.link._upload.close()
            self.link._held.close()
            self.link._poked.close()
            self.link = None

    def turn(self, timeout_s: float = 0.0) -> None:
        """Let link do what is due, and look what it brought."""
        if self.link is None:
            return
        try:
            self.link.turn(timeout_s)
        except (OSError, *ROTTEN_ERRORS) as error:  # as `Link.run` and the supervisor do
            if is_rotten(error):
                self.link._held.condemn()
                self.power_cut()
                self.boot()
            self.troubles += 1
        self.look()

    def look(self) -> None:
        """As the parts do after a poke."""
        if (change := self._store.change()) == self._change:
            return
        self._change = change
        held = self.in_force()
        new = [each.alert.id for each in held.alerts if each.alert.id not in self.handed_over]
        self.handed_over += new
        self.seen |= {each.notice.name for each in held.notices}

    def in_force(self) -> InForce:
        """The store's contents, hashes checked."""
        return read_safely(self._store)

    def names(self) -> set[str]:
        """Names of the notices in force."""
        return {each.notice.name for each in self.in_force().notices}

    def shown(self) -> set[str]:
        """Names that panel and query screen have in their plan at this moment."""
        current = plan(self.in_force(), self.clock.read())
        return {each.notice.name for each in (*current.panel, *current.readable)}

    def refusals(self) -> list[tuple[str, str]]:
        """``(id, reason)`` of every refusal that waits in the outbox or was carried away."""
        if self.link is None:
            return []
        events = self.link._held.outbox.after(0, 100_000)
        bodies = [each.body for each in events if each.body.get("stage") == "refused"]
        return [(str(each["notice_id"]), str(each.get("reason", ""))) for each in bodies]

    def close(self) -> None:
        """Switch it off in order."""
        if self.link is not None:
            self.link.close()
            self.link = None
        self._store.close()
        self.wire.close()
