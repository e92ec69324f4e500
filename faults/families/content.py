"""Rows about what a box is sent: doubled, reordered, old, poisoned, forged."""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from contract import codec, wire
from contract.envelope import seal
from contract.keys import PrivateKey, seal_keys
from contract.messages import seal_message, sha256_hex
from edge_agent.clock import ManualClock
from faults.invariants import each_alert_once, nothing_foreign, right_everywhere
from faults.rows import Row, Scene, Seen
from tests.edge_agent.link.conftest import NOW, VILLAGE, Box, County

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


_ODD = (
    "\u202e反转",
    "零\u200b宽",
    "𠮷野家",
    "é́́",
    "\ud7ff",
    "👨‍👩‍👧‍👦",
    "ﷺ",
    "\u0007铃",
    "A" * 60_000,
)


def deliver_retained(box: Box, manifest: bytes, bodies: dict[str, bytes]) -> None:
    """What the broker retains comes again, as after a new connection."""
    box.sync.start()
    box.sync.take_manifest(box.area, manifest)
    for topic in list(box.radio.subscribed):
        sha256 = topic.rsplit("/", 1)[-1]
        if sha256 in bodies:
            box.sync.take_blob(box.area, sha256, bodies[sha256])


def doubled_and_reordered(scene: Scene) -> Seen:
    """Row 14."""
    county, count = County(), scene.dose(10_000, 400)
    chance = random.Random(14)  # noqa: S311 - the same order in every run
    box = Box(scene.folder, county, ManualClock(NOW))
    editions = max(5, count // 60)
    sent: list[tuple[str, bytes]] = []
    for generation in range(1, editions + 1):
        body = county.seal(county.notice(f"N{generation % 7}", generation))
        manifest = county.manifest(generation, (f"N{generation % 7}", generation, body))
        sent += [("man", manifest), ("b", body)]
    alerts = [county.alert(f"A{n}") for n in range(5)]
    sent += [("alert", county.seal_alert(each)) for each in alerts]
    sent.append(("man", county.manifest(editions + 5, epoch=0)))  # retained from an older epoch
    stream = (sent * 10)[: count - 1]
    chance.shuffle(stream)
    for kind, body in stream:
        _take(box, kind, body)
    newest = county.seal(county.notice("LAST"))
    last = county.manifest(editions + 1, ("LAST", 1, newest))
    deliver_retained(box, last, {sha256_hex(newest): newest})
    for kind, body in stream[: count // 10]:
        _take(box, kind, body)  # stale ones after the newest
    stored = [key.removeprefix("N-") for stage, key, _ in _receipts(box) if stage == "stored"]
    breaches = (
        *right_everywhere({"box": ["LAST@1"]}, {"box": box.names()}),
        *nothing_foreign(box.alerts(), {each.id for each in alerts}),
        *each_alert_once([a.id for a in alerts], [key for key in stored if key.startswith("A")]),
    )
    box.held.close()
    return Seen(
        f"{count} messages, each up to 10 times, in any order",
        f"newest in force, {len(alerts)} alerts once each",
        breaches,
    )


def _take(box: Box, kind: str, body: bytes) -> None:
    if kind == "man":
        box.sync.take_manifest(box.area, body)
    elif kind == "b":
        box.sync.take_blob(box.area, sha256_hex(body), body)
    else:
        box.alarms.take_message(box.area, body)


def _receipts(box: Box) -> list[tuple[str, str, str]]:
    events = box.held.outbox.after(0, 1_000_000)
    return [
        (str(each.body["stage"]), str(each.body["notice_id"]), str(each.body.get("reason", "")))
        for each in events
    ]


def poison(scene: Scene) -> Seen:
    """Row 15: properly signed or not, nothing that is sent may stop the rest."""
    county, count = County(), scene.dose(1000, 24)
    chance = random.Random(15)  # noqa: S311 - the same poison in every run
    box = Box(scene.folder, county, ManualClock(NOW))
    good = county.seal(county.notice("GOOD"))
    shown = True
    for number in range(count):
        bad, name = _poison(county, chance, number)
        generation = number + 1
        manifest = county.manifest(generation, ("GOOD", 1, good), (name, 1, bad))
        deliver_retained(box, manifest, {sha256_hex(each): each for each in (good, bad)})
        for raw in (bad, bad[: len(bad) // 2], _huge(county, chance) if number % 50 == 0 else b"["):
            _take(box, chance.choice(("man", "alert")), raw)
        shown = shown and "GOOD@1" in box.names()
    foreign = {each for each in box.names() if each != "GOOD@1" and not each.startswith("ODD")}
    quarantined = len(box.held.memory.quarantined())
    box.held.close()
    breaches = [] if shown else ["the good notice was not shown all the time"]
    breaches += list(nothing_foreign(foreign, ()))
    if quarantined < count // 2:
        breaches.append("poison was not quarantined")
    return Seen(
        f"{count} poisoned items and {3 * count} raw messages",
        f"agent alive, {quarantined} quarantined alone, the rest shown",
        breaches,
    )


def _poison(county: County, chance: random.Random, number: int) -> tuple[bytes, str]:
    """One bad item, signed with the right key, and its name; odd text is odd, not bad."""
    plain = codec.encode(county.notice(f"BAD{number}"))
    kind = number % 6
    if kind == 0:
        plain["blocks"] = [{"type": "nothing we know", "required": True}]
    elif kind == 1:
        plain["title"] = ["not", "text"]
    elif kind == 2:
        return seal("notice", b'{"a":' * 5000, [county.content]), f"BAD{number}"
    elif kind == 3:
        return seal("notice", b"\xff\xfe" + chance.randbytes(300), [county.content]), f"BAD{number}"
    elif kind == 4:
        bomb = b"0" * 900_000  # deflates to 1 KB
        return seal("notice", bomb, [county.content]), f"BAD{number}"
    else:
        odd = _ODD[number % len(_ODD)]
        return county.seal(county.notice(f"ODD{number}", summary=odd)), f"ODD{number}"
    return seal("notice", wire.dumps(plain), [county.content]), f"BAD{number}"


def _huge(county: County, chance: random.Random) -> bytes:
    """A manifest of a hundred thousand items, or a megabyte of nothing."""
    if chance.random() < 0.5:
        return b"\x00" * 1_000_000
    item = {"id": "N", "revision": 1, "sha256": "0" * 64, "size_bytes": 1, "kind": "notice"}
    body = {"area": VILLAGE, "epoch": 1, "generation": 10**6, "items": [item] * 100_000}
    return seal("manifest", json.dumps(body).encode(), [county.target])


@dataclass(frozen=True)
class Attack:
    """Seven ways to make a village hear what it must not."""

    county: County
    box: Box
    old: County

    def forged(self, key: str) -> tuple[str, bytes]:
        """Signed by two strangers."""
        strangers = [PrivateKey.generate(), PrivateKey.generate()]
        return "alert", seal_message(self.county.alert(key), *strangers)

    def revoked(self, key: str) -> tuple[str, bytes]:
        """Signed by officers whose keys are no longer in the set."""
        return "alert", self.old.seal_alert(self.county.alert(key))

    def wrong_area(self, key: str) -> tuple[str, bytes]:
        """Meant for another village."""
        alert = self.county.alert(key)
        return "alert", self.county.seal_alert(
            replace(alert, notice=replace(alert.notice, areas=("530199001002",)))
        )

    def rolled_back(self, key: str) -> tuple[str, bytes]:
        """A manifest that was in force once, with another content each time."""
        body = self.county.seal(self.county.notice(key))
        return "man", self.county.manifest(1, (key, 1, body), epoch=1)

    def expired(self, key: str) -> tuple[str, bytes]:
        """Its life is over."""
        late = self.county.alert(
            key, expires_at=NOW - timedelta(minutes=1), issued_at=NOW - timedelta(hours=1)
        )
        return "alert", self.county.seal_alert(late)

    def replayed(self, key: str) -> tuple[str, bytes]:
        """The same alarm again, months later, under a broker's own hand."""
        body = self.county.seal_alert(self.county.alert(key))
        self.box.alarms.take_message(self.box.area, body)
        return "alert", body

    def one_signature(self, key: str) -> tuple[str, bytes]:
        """One officer alone."""
        return "alert", seal_message(self.county.alert(key), self.county.officers[0])

    def all(self) -> Iterator[Callable[[str], tuple[str, bytes]]]:
        """Every kind."""
        yield from (
            self.forged,
            self.revoked,
            self.wrong_area,
            self.rolled_back,
            self.expired,
            self.replayed,
            self.one_signature,
        )


def attacks(scene: Scene) -> Seen:
    """Row 16."""
    county, old, count = County(), County(), scene.dose(100, 5)
    box = Box(scene.folder, county, ManualClock(NOW))
    first = county.seal(county.notice("FIRST"))
    deliver_retained(box, county.manifest(5, ("FIRST", 1, first)), {sha256_hex(first): first})
    attack, breaches, reasons = Attack(county, box, old), [], Counter[str]()
    for make in attack.all():
        for number in range(count):
            key = f"{make.__name__}-{number}"
            kind, body = make(key)
            heard, told = box.alerts(), len(_refusals(box))
            _take(box, kind, body)
            if box.alerts() != heard or box.names() != {"FIRST@1"}:
                breaches.append(f"{key} had an effect")
            new = _refusals(box)[told:]
            reasons.update(new)
            if len(new) != 1:
                breaches.append(f"{key} was reported {len(new)} times")
    box.held.close()
    named = ", ".join(f"{name} {n}" for name, n in sorted(reasons.items()))
    return Seen(f"7 × {count}", f"0 played, all reported ({named})", breaches)


def _refusals(box: Box) -> list[str]:
    return [reason for stage, _, reason in _receipts(box) if stage == "refused"]


def keys_rotated(scene: Scene) -> Seen:
    """Row 18: boxes that slept through three key sets walk the chain when they wake."""
    county, count = County(), scene.dose(60, 6)
    boxes = [Box(scene.folder / str(n), county, ManualClock(NOW)) for n in range(count)]
    sets, roots = [], county.roots
    for version in range(2, 5):
        fresh = [PrivateKey.generate() for _ in range(3)]
        county.content, county.target = PrivateKey.generate(), PrivateKey.generate()
        county.roots = fresh
        body = seal_keys(county.keys(version), [*roots[:2], *fresh[:2]])
        sets.append(body)
        roots = fresh
        for number, box in enumerate(boxes):
            if number % 3:
                box.held.keys.advance(body)
    text = county.seal(county.notice("NEW"))
    manifest = county.manifest(1, ("NEW", 1, text))
    for box in boxes[::3]:
        for body in sets:
            box.held.keys.advance(body)
    for box in boxes:
        deliver_retained(box, manifest, {sha256_hex(text): text})
    versions = {box.held.keys.version for box in boxes}
    breaches = list(
        right_everywhere(
            {str(n): ["NEW@1"] for n in range(count)},
            {str(n): b.names() for n, b in enumerate(boxes)},
        )
    )
    if versions != {4}:
        breaches.append(f"key sets {sorted(versions)}")
    for box in boxes:
        box.held.close()
    return Seen(
        f"{count} boxes, a third offline, 3 versions, every root and signer replaced",
        "all at version 4, a text by the newest signer in force",
        breaches,
    )


ROWS = (
    Row(
        "14",
        "doubled ×10, reordered, stale retained of an older epoch",
        "I1, I2, I3",
        doubled_and_reordered,
    ),
    Row(
        "15",
        "poison: bad JSON, 1 MB, bomb, 10⁵ items, odd Unicode",
        "alive, item quarantined, rest shown",
        poison,
    ),
    Row(
        "16",
        "forged, revoked key, wrong area, rolled back, expired, replayed, one signature",
        "0 played, all reported",
        attacks,
    ),
    Row("18", "keys rotated while a third is offline", "all walk the chain", keys_rotated),
)
