"""The link's program: one loop between the network, the store and the other parts."""

from __future__ import annotations

import contextlib
import logging
import random
import signal
import time
from typing import TYPE_CHECKING

from contract import topics
from contract.errors import ContractError
from edge_agent import unkept
from edge_agent.clock import BoxClock
from edge_agent.link import address, fetch
from edge_agent.link.alarms import Alarms
from edge_agent.link.answering import Answering
from edge_agent.link.asking_time import AskingTime
from edge_agent.link.ballast import Ballast, is_full
from edge_agent.link.holdings import is_rotten, open_holdings
from edge_agent.link.hub_notes import HubNotes
from edge_agent.link.live import LiveIntake
from edge_agent.link.session import Session
from edge_agent.link.state_report import StateReport
from edge_agent.link.stick import StickTray
from edge_agent.link.sync import Sync
from edge_agent.link.upload import Upload
from edge_agent.part import notify
from edge_agent.poke import PokeListener, poke
from edge_agent.store import ROTTEN_ERRORS

if TYPE_CHECKING:
    from types import FrameType

    from contract.areas import Area
    from contract.notice import Asset
    from edge_agent.clock import TrustedClock
    from edge_agent.link.holdings import Holdings
    from edge_agent.settings import Settings

_log = logging.getLogger(__name__)
TURN_S = 1.0
CHECK_EVERY_S = 600.0
AFTER_TROUBLE_S = 2.0
"""Work that the disk did not take rests so long; network and emergencies do not."""
PAUSE_S = 0.1
STARVED_S = 30.0
LOOK_AGAIN_S = 2.0


class Link:
    """All of link at work. `turn` waits at most a second and does whatever is due."""

    def __init__(self, settings: Settings, clock: TrustedClock) -> None:
        address.parse(settings.link)  # a wrong setting is told before anything is opened
        self._settings = settings
        self._held: Holdings = open_holdings(settings, clock)
        self._poked = PokeListener(settings.run, "link")
        self._notes = HubNotes(self._held)
        brokers = self._notes.brokers()
        self._session = Session(
            settings.box.id, brokers[0], settings.link.keepalive_s, clock, listener=self
        )
        self._session.use(brokers)
        self._alarms = Alarms(self._held)
        self._live = LiveIntake(self._held)
        self._sync = Sync(self._held, self._alarms, self._session)
        self._time = AskingTime(self._held)
        self._answers = Answering(self._held)
        self._state = StateReport(self._held, self._sync)
        self._upload = Upload(self._held)
        self._stick = StickTray(
            self._held,
            self._sync,
            self._upload,
            lambda topic, body: self.received(topic, body, is_repeated=False),
        )
        self._fetcher = self._new_fetcher()
        self._spread = random.Random()  # noqa: S311 - spreads load only
        self._spread_s = settings.link.asset_spread_s
        self._ballast = Ballast(settings.part_folder("store"))
        self._ballast.lay()
        self._starved_s: float | None = None
        self._checked_s = clock.monotonic_s()
        self._rests_until_s = float("-inf")
        self.stopping = False
        settings.link_up.unlink(missing_ok=True)
        self._told_up = False
        self._sync.report()
        self._held.poke_parts()

    def _new_fetcher(self) -> fetch.Fetcher | None:
        where = fetch.source(self._settings.link)
        if where is None:
            return None
        run = self._settings.run
        found = fetch.Fetcher(
            where, self._settings.part_folder("link") / "files", lambda: poke(run, "link")
        )
        found.start()
        return found

    @property
    def is_up(self) -> bool:
        """Whether there is a connection to the broker."""
        return self._session.is_up

    def run(self) -> None:
        """Turn until told to stop."""
        notify("READY=1")
        while not self.stopping:
            try:
                self.turn()
            except (OSError, *ROTTEN_ERRORS) as error:
                if is_rotten(error):
                    self._held.condemn()
                    raise
                _log.error("the disk does not take it, trying again: %s", error)
                self.rest()
                self._held.clock.sleep(PAUSE_S)
        self.close()

    def rest(self) -> None:
        """Leave the disk alone for a moment, but for emergencies."""
        self._rests_until_s = self._held.clock.monotonic_s() + AFTER_TROUBLE_S

    def turn(self, timeout_s: float = TURN_S) -> None:
        """Wait for network or poke, then do what is due."""
        notify("WATCHDOG=1")
        self._session.turn(self._poked.fileno(), timeout_s)
        self._poked.drain()
        self._tell_up()
        self._judge_alarms()
        if self._held.clock.monotonic_s() >= self._rests_until_s:
            self._work()

    def _work(self) -> None:
        """Everything that may wait for a disk with room."""
        self._sync.turn()
        self._time.turn()
        self._take_files()
        self._stick.turn()
        now_s = self._held.clock.monotonic_s()
        if now_s - self._checked_s >= CHECK_EVERY_S:
            self._checked_s = now_s
            self._sync.check()
            self._alarms.forget_old()
            self._ballast.lay()
        if self._starved_s is not None and now_s - self._starved_s >= STARVED_S:
            self._feed()
        if self._session.is_up:
            self._send()

    def _tell_up(self) -> None:
        """A file in memory says whether there is a network; the query screen shows it."""
        if self._session.is_up == self._told_up:
            return
        self._told_up = self._session.is_up
        if self._told_up:
            self._settings.link_up.touch()
        else:
            self._settings.link_up.unlink(missing_ok=True)
        poke(self._settings.run, "kiosk")

    def _take_files(self) -> None:
        """Files that were fetched go into the store; then say what else is wanted."""
        if self._fetcher is None:
            return
        for path in self._fetcher.whole():
            with contextlib.suppress(ContractError):
                self._sync.take_file(path.name, path.read_bytes())
            fetch.remove(path)
        wanted = self._sync.large_assets()
        self._fetcher.want(wanted, {each.sha256: self._delay_s(each) for each in wanted})

    def _delay_s(self, asset: Asset) -> float:
        """A file for many villages is not asked for by all of them in one second."""
        spread_s = 0 if self._sync.is_for_us_alone_or_urgent(asset) else self._spread_s
        return self._spread.uniform(0.0, spread_s)

    def _send(self) -> None:
        box = self._settings.box.id
        question = self._time.question(urgent=self._alarms.asks_time)
        if question is not None:
            self._session.publish(topics.box_up(box, "nonce"), question)
        state = self._state.due()
        if state is not None:
            self._session.publish(topics.box_up(box, "state"), state, retain=True)
        for batch in self._upload.batches():
            self._session.publish(topics.box_up(box, "events"), batch)

    def will(self, session: str) -> bytes:
        """The last will of a connection."""
        return self._state.will(session)

    def connected(self, session: str) -> None:
        """Subscribe to all this box follows, report, and send what waits."""
        box = self._settings.box.id
        follow = [
            topics.KEYS,
            topics.HUB,
            *(topics.box_down(box, each) for each in ("time", "ack", "answer")),
        ]
        for area in reversed(self._settings.followed):
            follow += [topics.area_alert(area), topics.area_delta(area)]
            follow.append(topics.area_manifest(area))
        if self._settings.zone:
            follow += [topics.area_live(area) for area in self._settings.area.path()]
        self._session.subscribe(follow)
        self._state.start(session)
        self._upload.start()
        self._sync.start()
        _log.info("connected as %s, session %s", box, session)

    def received(self, topic: str, payload: bytes, *, is_repeated: bool) -> None:
        """Sort a message into its room. When this returns it is on the disk, or comes again."""
        try:
            self._sort(topic, payload, is_repeated=is_repeated)
        except (OSError, *ROTTEN_ERRORS) as error:
            if not is_full(error):
                raise
            is_alert = topic.endswith("/alert")
            is_urgent = is_alert or (topic.endswith("/time") and self._held.memory.waiting())
            if is_urgent and self._has_freed_room():
                self._sort(topic, payload, is_repeated=True)  # our own second try is no replay
            elif is_alert:
                raise
            else:
                self._starve()

    def _sort(self, topic: str, payload: bytes, *, is_repeated: bool) -> None:
        box = self._settings.box.id
        if topic.startswith(topics.KEYS):
            self._take_keys(topic, payload)
        elif topic == topics.HUB:
            self._take_note(payload)
        elif topic == topics.box_down(box, "time"):
            if self._time.take_answer(payload):
                self._alarms.turn()
        elif topic == topics.box_down(box, "ack"):
            self._upload.take_ack(payload)
        elif topic == topics.box_down(box, "answer"):
            self._answers.take(payload)
        else:
            self._take_area(topic, payload, is_repeated=is_repeated)

    def _take_area(self, topic: str, payload: bytes, *, is_repeated: bool) -> None:
        try:
            area, word, sha256 = topics.area_of(topic)
        except ContractError:
            _log.warning("a message on a topic this box does not know")
            return
        if area not in self._settings.followed or not payload:
            return  # a cleared retained message says nothing that the manifest does not
        self._take_word(area, word, sha256, payload, is_repeated=is_repeated)

    def _has_freed_room(self) -> bool:
        """An emergency gets the room that was kept; False when it was gone already."""
        if not self._ballast.release():
            return False
        self._starve()
        return True

    def _judge_alarms(self) -> None:
        try:
            self._alarms.turn()
        except (OSError, *ROTTEN_ERRORS) as error:
            if not (is_full(error) and self._has_freed_room()):
                raise
            self._alarms.turn()

    def _starve(self) -> None:
        """No room: let it go and ask again later. The line stays free for alarms."""
        _log.error("the disk is full; the rest is asked for again when there is room")
        self._starved_s = self._held.clock.monotonic_s()
        self._held.is_starved = self._held.changed = True

    def _feed(self) -> None:
        """Once there is room to spare again: ask for whatever is missing."""
        if not self._ballast.lay():
            self._starved_s = self._held.clock.monotonic_s()
            return
        self._starved_s, self._held.is_starved = None, False
        self._held.changed = True
        manifests = [topics.area_manifest(area) for area in self._settings.followed]
        self._session.subscribe([topics.KEYS, topics.HUB, *manifests])
        self._sync.start()

    def _take_word(
        self, area: Area, word: str, sha256: str, payload: bytes, *, is_repeated: bool
    ) -> None:
        if word == "man":
            self._sync.take_manifest(area, payload)
        elif word == "delta":
            self._sync.take_delta(area, payload)
        elif word == "alert":
            self._alarms.take_message(area, payload, is_repeated=is_repeated)
        elif word == "live":
            self._live.take(area, payload)
        elif word == "b":
            self._sync.take_blob(area, sha256, payload)

    def _take_note(self, payload: bytes) -> None:
        note = self._notes.take(payload)
        if note is not None:
            self._session.use(self._notes.brokers())
            self._state.ask(note.report_within_s)
            self._time.hub_is_back()

    def _take_keys(self, topic: str, payload: bytes) -> None:
        held = self._held
        try:
            is_newer = held.keys.advance(payload)
        except ContractError as error:
            if topic == topics.KEYS:  # perhaps more than one step ahead: walk the chain
                self._session.subscribe([topics.key_set(held.keys.version + 1)])
            held.receipts.refuse(payload, error, "keys")
            return
        if not is_newer:
            return
        held.memory.retry_keys()
        held.changed = True
        manifests = [topics.area_manifest(area) for area in self._settings.followed]
        self._session.subscribe([topics.KEYS, topics.key_set(held.keys.version + 1), *manifests])
        self._sync.drop_voiceless()
        self._sync.check()

    def stop(self, signal_number: int = 0, frame: FrameType | None = None) -> None:
        """Leave `run` at the next turn; also the handler of SIGTERM."""
        del signal_number, frame
        self.stopping = True

    def close(self) -> None:
        """Say good-bye to the hub, and release files and sockets."""
        self._session.close(self._state.will("closed"))
        self._tell_up()
        self._upload.close()
        self._answers.close()
        if self._fetcher is not None:
            self._fetcher.stop()
        self._poked.close()
        self._held.close()


def _wait_for_disk(settings: Settings) -> None:
    """Nothing can be received on a disk that cannot be written; nothing is claimed either."""
    if unkept.is_read_only(settings.state):
        _log.error("盘只读 the disk cannot be written: nothing is received; mend it, start again")
        notify("READY=1")
    while unkept.is_read_only(settings.state):
        notify("WATCHDOG=1")
        time.sleep(LOOK_AGAIN_S)
    unkept.forget(settings.run)


def main(settings: Settings) -> int:
    """Run link until SIGTERM; 0 when it was told to stop.

    Raises:
        SettingsError: the settings are wrong or the box was never enrolled.
    """
    _wait_for_disk(settings)
    link = Link(settings, BoxClock(settings.part_folder("clock")))
    signal.signal(signal.SIGTERM, link.stop)
    signal.signal(signal.SIGINT, link.stop)
    link.run()
    return 0
