"""Seven kinds of attack, a hundred of each, through the whole of link: none shown, all reported."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from contract import delta, topics
from contract.areas import Area
from contract.hub_note import HubNote
from contract.keys import PrivateKey, seal_keys
from contract.live import LiveSession
from contract.messages import seal_message, sha256_hex
from edge_agent.clock import ManualClock
from edge_agent.link import keyfile
from edge_agent.link.program import Link
from edge_agent.live_spool import LiveSpool
from edge_agent.settings import BoxSettings, LinkSettings, Settings
from tests.edge_agent.link.conftest import NOW, OTHER_VILLAGE, VILLAGE, County

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

AREA = Area.parse(VILLAGE)
MANIFEST, ALERT = topics.area_manifest(AREA), topics.area_alert(AREA)
DELTA, LIVE, HUB = topics.area_delta(AREA), topics.area_live(AREA), topics.HUB
HUNDRED = range(100)
REVOKED = {"unknown_key", "bad_signature", "wrong_role"}
Attack = list[tuple[str, bytes]]


class Village:
    """A box under attack: one notice and one alert are rightly in force."""

    def __init__(self, folder: Path) -> None:
        self.county = County()
        self.clock = ManualClock(NOW)
        self._settings = Settings(
            box=BoxSettings("box-1", VILLAGE, "青石村", str(folder / "s"), str(folder / "r")),
            link=LinkSettings(broker="mqtt://127.0.0.1:1"),
        )
        keyfile.pin(self._settings.part_folder("link"), self.county.sealed_keys())
        self.link = Link(self._settings, self.clock)
        notice = self.county.seal(self.county.notice())
        blob = topics.area_blob(AREA, sha256_hex(notice))
        self.manifest = self.county.manifest(500, ("N1", 1, notice))
        self.take((MANIFEST, self.manifest), (blob, notice))
        self.take((ALERT, self.county.seal_alert(self.county.alert("RIGHT"))))

    def take(self, *messages: tuple[str, bytes]) -> None:
        for topic, payload in messages:
            self.link.received(topic, payload, is_repeated=False)

    def restart(self) -> None:
        self.link.close()
        self.link = Link(self._settings, self.clock)

    @property
    def in_force(self) -> tuple[set[str], set[str], int]:
        """What is shown, what is played, and the number that the parts watch for a change."""
        held = self.link._held.store.in_force()
        names = {each.notice.name for each in held.notices}
        assert not LiveSpool(self._settings.run).talks()
        assert len(self.link._notes.brokers()) == 1
        return names, {each.alert.id for each in held.alerts}, self.link._held.store.change()

    @property
    def refusals(self) -> list[str]:
        events = self.link._held.outbox.after(0, 10_000)
        return [each.body["reason"] for each in events if each.body["stage"] == "refused"]


@pytest.fixture
def village(tmp_path: Path) -> Iterator[Village]:
    made = Village(tmp_path)
    assert made.in_force[:2] == ({"N1@1"}, {"RIGHT"})
    yield made
    made.link.close()


def _mixed(village: Village, signer: PrivateKey, *officers: PrivateKey) -> Attack:
    """Twenty each: lists and changes that would empty the village, alerts and speech that would
    frighten it, notes that would lead it to another broker."""
    county, found = village.county, []
    for n in range(20):
        emptied = county.manifest(900 + n, signer=signer)
        found += [
            (MANIFEST, emptied),
            (DELTA, seal_message(delta.between(village.manifest, emptied), signer)),
            (ALERT, seal_message(county.alert(f"X{n}"), *officers)),
            (LIVE, seal_message(speech(n), signer, county.content)),
            (HUB, seal_message(note(n), signer)),
        ]
    return found


def speech(n: int, **changes: object) -> LiveSession:
    """The opening of speech to our village."""
    public = PrivateKey.generate().public("target").public_b64
    ends_at = NOW + timedelta(minutes=5)
    made = LiveSession(f"live-{n:016x}", (VILLAGE,), "town", "镇政府", NOW, ends_at, public)
    return replace(made, **changes)  # type: ignore[arg-type] # a test's shorthand


def note(n: int) -> HubNote:
    """Another broker for the county."""
    return HubNote("530199", f"e{n}", NOW + timedelta(seconds=n), (f"mqtt://evil.example:{n + 1}",))


def forged(village: Village) -> tuple[Attack, set[str]]:
    """Signed with keys that nobody listed."""
    strangers = [PrivateKey.generate() for _ in range(2)]
    return _mixed(village, strangers[0], *strangers), {"unknown_key", "wrong_role"}


def altered(village: Village) -> tuple[Attack, set[str]]:
    """Rightly signed, then one byte changed, at a hundred places."""
    county = village.county
    goods = _mixed(village, county.target, *county.officers)[:5]
    found = []
    for n in HUNDRED:
        topic, good = goods[n % 5]
        place = (n // 5) * len(good) // 20
        found.append((topic, good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :]))
    reasons = {*REVOKED, "malformed", "unsigned", "unknown_requirement"}
    return found, reasons


def replayed(village: Village) -> tuple[Attack, set[str]]:
    """Recorded when they were right, and sent again when they are over."""
    county = village.county
    once = [(ALERT, county.seal_alert(county.alert(f"X{n}"))) for n in HUNDRED]
    village.take(*once)
    village.clock.advance(3600)
    village.restart()
    return once, {"replayed"}


def revoked(village: Village) -> tuple[Attack, set[str]]:
    """Signed with keys that were right until the last key set."""
    county = village.county
    stolen = {county.target.key_id, county.officers[0].key_id}
    present = county.keys(2)
    kept = tuple(each for each in present.keys if each.key_id not in stolen)
    following = replace(present, keys=(*kept, PrivateKey.generate().public("target", area="53")))
    village.take((topics.KEYS, seal_keys(following, county.roots[:2])))
    assert village.link._held.keys.version == 2
    return _mixed(village, county.target, *county.officers), REVOKED


def wrong_area(village: Village) -> tuple[Attack, set[str]]:
    """Right keys of another village for ours, and right messages of another village to ours."""
    county = village.county
    neighbour = [PrivateKey.generate() for _ in range(3)]
    own = county.keys(2)
    theirs = [
        neighbour[0].public("target", area=OTHER_VILLAGE),
        *(key.public("emergency", area=OTHER_VILLAGE) for key in neighbour[1:]),
    ]
    village.take((topics.KEYS, seal_keys(replace(own, keys=(*own.keys, *theirs)), county.roots)))
    found = _mixed(village, neighbour[0], *neighbour[1:])[:50]
    for n in range(25):
        found.append((MANIFEST, county.manifest(900 + n, area=OTHER_VILLAGE)))
        alert = county.alert(f"Y{n}")
        far = replace(alert, notice=replace(alert.notice, areas=(OTHER_VILLAGE,)))
        found.append((ALERT, county.seal_alert(far)))
    return found, {"wrong_area"}


def rolled_back(village: Village) -> tuple[Attack, set[str]]:
    """Rightly signed manifests and key sets of yesterday."""
    county = village.county
    village.take((topics.KEYS, seal_keys(county.keys(60), county.roots[:2])))
    found = [(MANIFEST, county.manifest(1 + n)) for n in range(50)]
    found += [(topics.KEYS, seal_keys(county.keys(1 + n), county.roots[1:])) for n in range(50)]
    return found, {"rolled_back"}


def expired(village: Village) -> tuple[Attack, set[str]]:
    """Rightly signed alerts and speech that come when they are over, by a second or by a year."""
    county = village.county
    found = []
    for n in range(50):
        late = timedelta(seconds=1 + n * n * 12621)
        over = speech(n, opened_at=NOW - late - timedelta(minutes=5), ends_at=NOW - late)
        found.append((LIVE, seal_message(over, county.target, county.content)))
        alert = county.alert(f"X{n}", issued_at=NOW - late - timedelta(hours=1))
        found.append((ALERT, county.seal_alert(replace(alert, expires_at=NOW - late))))
    return found, {"expired"}


KINDS = (forged, altered, replayed, revoked, wrong_area, rolled_back, expired)


@pytest.mark.parametrize("kind", KINDS, ids=[kind.__name__ for kind in KINDS])
def test_a_hundred_attacks_show_and_play_nothing_and_are_all_reported(
    village: Village, kind: Callable[[Village], tuple[Attack, set[str]]]
) -> None:
    attack, reasons = kind(village)
    assert len({payload for _, payload in attack}) == len(HUNDRED)
    before, told = village.in_force, len(village.refusals)

    village.take(*attack)
    assert village.in_force == before
    assert len(village.refusals) - told == len(HUNDRED)
    assert set(village.refusals[told:]) <= reasons

    village.restart()
    village.take(*attack)
    assert village.in_force[:2] == before[:2]
    assert len(village.refusals) - told == len(HUNDRED)  # each is told once, not once a try
