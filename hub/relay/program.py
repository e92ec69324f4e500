"""The program between this hub and the one above: ``python -m hub.relay``, a child of the hub.

It stands beside the dispatcher and never in its way: what it takes in, it writes into the database
and the outbox, and the dispatcher sends it like everything else. It runs on the one machine that
holds the certificate for the hub above.
"""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
import time
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError, close_old_connections, transaction
from django.utils import timezone

from contract import topics
from contract.errors import ContractError
from hub.dispatch.key_sets import current_key_set
from hub.dispatch.models import KeySetVersion
from hub.relay import files, joining, passing, refusals, reporting
from hub.relay.chains import Chains
from hub.relay.delegation import delegated
from hub.relay.layers import Layers
from hub.relay.line import Line
from hub.relay.models import AncestorKeys, Parent
from hub.sealing.publishing import present_trust

if TYPE_CHECKING:
    from contract.areas import Area

_log = logging.getLogger(__name__)
TURN_S = 0.5
LOOK_S = 2.0
AFTER_TROUBLE_S = 1.0


class Relay:
    """All of it at work for one hub above. Call `turn` for ever."""

    def __init__(self, parent: Parent) -> None:
        self._parent = parent
        self.joined_at = parent.joined_at
        self._line = Line(joining.entrance(parent), self)
        self._chains = Chains()
        self._layers = Layers(self._line)
        self._reporting = reporting.Reporting()
        self._files = self._new_files(parent)
        self._look_s = float("-inf")
        self._keys_version = 0

    def _new_files(self, parent: Parent) -> files.Files | None:
        if not parent.files:
            return None
        folder = settings.DATA.root / joining.FOLDER
        found = files.Files(parent.files, folder, joining.entrance(parent).tls)
        found.start()
        return found

    @property
    def is_up(self) -> bool:
        """Whether a broker above accepted us and is still there."""
        return self._line.is_up

    def turn(self, timeout_s: float = TURN_S) -> None:
        """Wait for the line, take in what came, then do what is due."""
        self._line.turn(timeout_s)
        self._layers.turn()
        now_s = time.monotonic()
        if now_s >= self._look_s:
            self._look_s = now_s + LOOK_S
            self._look_round()
        if self._line.is_up:
            report = self._reporting.due(now_s)
            if report is not None:
                self._line.publish(topics.hub_up(self._parent.hub, "report"), report)

    def _look_round(self) -> None:
        newest = KeySetVersion.objects.order_by("-version").values_list("version", flat=True)
        version = newest.first() or 0
        if version != self._keys_version:
            self._keys_version = version
            self._layers.check_keys()
            if self._line.is_up:  # what was refused for its keys gets another chance
                self._line.subscribe(self._manifests())
        if self._files is not None:
            for asset, path in self._files.whole():
                passing.take_file(asset, path.read_bytes())
                files.remove(path)
            self._files.want(passing.wanted_files())

    def _manifests(self) -> list[str]:
        return [topics.area_manifest(area) for area in self._layers.followed()]

    def connected(self) -> None:
        """Subscribe; alerts first."""
        followed = self._layers.followed()
        self._chains.restart()
        self._layers.restart()
        self._reporting.restart()
        self._line.subscribe([topics.area_alert(area) for area in followed])
        others = AncestorKeys.objects.exclude(area=self._parent.area)
        chains = [
            f"{topics.VERSION}/g/{area}/keys/+"
            for area in others.values_list("area", flat=True).distinct()
        ]
        self._line.subscribe([f"{topics.KEYS}/+", *chains])
        self._line.subscribe([*map(topics.area_delta, followed), *self._manifests()])
        self._note_up(is_up=True)

    def lost(self) -> None:
        """Go on with what is here; boxes notice nothing."""
        self._note_up(is_up=False)

    def _note_up(self, *, is_up: bool) -> None:
        with contextlib.suppress(DatabaseError), transaction.atomic():  # said for people only
            row = Parent.objects.filter(pk=self._parent.pk)
            row.update(is_up=is_up, changed_at=timezone.now())

    def will(self) -> tuple[str, bytes]:
        """This hub is away."""
        return topics.hub_up(self._parent.hub, "report"), reporting.will()

    def received(self, topic: str, payload: bytes, *, is_repeated: bool) -> None:
        """Sort a message into its room. When this returns it is in the database."""
        try:
            self._sort(topic, payload, is_repeated=is_repeated)
        except ContractError as error:
            refusals.note(topic.removeprefix(f"{topics.VERSION}/g/"), error)
        except (OperationalError, InterfaceError):
            raise  # the database is away: the message comes again
        except Exception:  # noqa: BLE001 - an odd message must not keep us from every later one
            _log.exception("a message on %s is dropped", topic[:60])

    def _sort(self, topic: str, payload: bytes, *, is_repeated: bool) -> None:
        parts = topic.split("/")
        if topic.startswith(f"{topics.KEYS}/"):
            self._take_keys(self._parent.area, payload)
        elif len(parts) == 5 and parts[1] == "g" and parts[3] == "keys":
            self._take_keys(parts[2], payload)
        elif payload:
            area, word, sha256 = topics.area_of(topic)
            self._take_word(area, word, sha256, payload, is_repeated=is_repeated)

    def _take_word(
        self, area: Area, word: str, sha256: str, payload: bytes, *, is_repeated: bool
    ) -> None:
        if word == "alert":
            self._layers.take_alert(area, payload, is_repeated=is_repeated)
        elif word == "man":
            self._layers.take_manifest(area, payload)
        elif word == "b":
            self._layers.take_blob(area, sha256, payload)
        elif word == "delta":
            self._layers.take_delta(area, payload)

    def _take_keys(self, area: str, payload: bytes) -> None:
        if not payload or not self._chains.take(area, payload):
            return
        current_key_set()
        passing.tell_keys()
        present = present_trust()
        listed = {key.key_id for key in present.keys.keys} if present is not None else set()
        if any(key.key_id not in listed for key in delegated()):
            refusals.tell("keys_above_changed", f"{area}: village-hub keys renew")

    def close(self) -> None:
        """Say good-bye above."""
        if self._files is not None:
            self._files.stop()
        self._line.close()
        self._note_up(is_up=False)


def run() -> int:
    """Relay until SIGTERM or SIGINT; 0 when it was told to stop."""
    stopped = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stopped.set())
    relay: Relay | None = None
    while not stopped.is_set():
        try:
            relay = _turn(relay)
        except DatabaseError:
            _log.exception("the database is not available, trying again")
            _end(relay)
            relay = None
            close_old_connections()
        if relay is None:
            stopped.wait(AFTER_TROUBLE_S)
    _end(relay)
    return 0


def _turn(relay: Relay | None) -> Relay | None:
    """One turn with the hub above as it is now; None without one."""
    parent = Parent.objects.first()
    if relay is not None and (parent is None or parent.joined_at != relay.joined_at):
        _end(relay)
        relay = None
    if parent is not None:
        relay = relay or Relay(parent)
        relay.turn()
    return relay


def _end(relay: Relay | None) -> None:
    """End it; what it did not acknowledge comes again. A database that is away does not matter."""
    if relay is not None:
        with contextlib.suppress(DatabaseError):
            relay.close()
