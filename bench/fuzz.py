"""Fuzz every parser that meets strangers' bytes: python bench/fuzz.py [--seconds 60].

Each target gets mutated copies of good messages: bits, cuts, splices, and the tokens that break
parsers (deep nests, NaN, numbers of a thousand digits, half characters, keys twice). What is
signed is mutated before the signature as well, so that the parsers behind it are reached. A
parser may return or raise its declared error, and nothing else. Reported for each: runs, the
worst processor time of a run, and the worst memory of a run (every twentieth is traced).
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import io
import json
import logging
import random
import sys
import tempfile
import time
import tracemalloc
import warnings
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ec
from PIL import Image

from contract import codec, delta, envelope, sealing, stick, topics, wire
from contract.alert import Alert
from contract.areas import Area
from contract.delta import Delta
from contract.enrolment import EnrolQuestion, Ticket
from contract.errors import ContractError, VillageError
from contract.feedback import Answer, Feedback
from contract.hub_note import HubNote
from contract.keys import KeySet, PrivateKey, Trust, seal_keys
from contract.live import LiveSession
from contract.live_frames import LiveFrame, is_frame, open_frame, seal_frame
from contract.manifest import Item, Manifest
from contract.messages import TYPE_OF, M, open_message, seal_message, sha256_hex
from contract.notice import Asset, Cap, Column, Notice, Paragraph, Picture, Sender, Table
from contract.uplink import BoxState, Event, EventBatch, LayerState, TimeAnswer
from edge_agent.led.pictures import PictureError, open_picture
from edge_agent.link.hub_notes import named
from edge_agent.settings import LinkSettings
from hub.cap.errors import CapRefusedError
from hub.cap.message import read_alert
from hub.cap.reading import read_xml
from provisioning.enrol import read_ticket

if TYPE_CHECKING:
    from collections.abc import Callable

WORST_RUN_S, WORST_RUN_BYTES = 0.05, 10 * 1024 * 1024
WORST_PICTURE_S = 0.5
"""A picture is decoded, not only parsed; what bounds it is its number of pixels."""
TRACED_EVERY = 20
LARGEST_BYTES = 256 * 1024
"""The broker takes no larger message; uploads have their own, tested bounds."""
NOW = datetime(2024, 7, 14, 3, 12, tzinfo=UTC)
KEYS = [PrivateKey.from_bytes(bytes([n]) * 32) for n in range(1, 7)]
ROOT, SECOND, TARGET, CONTENT, ONE, OTHER = KEYS
SECRET = b"s" * 32
TOKENS = (
    b"[" * 200, b'{"a":' * 200, b"NaN", b"-Infinity", b"9" * 5000, b"1e999", b"\\ud800", b"null",
    b'"v":1,"v":2,', b"\x00", b"\xff\xfe", b"\xe2\x80\xae", b'""', b"[]", b"{}", b"true", b"-1",
    b"../../etc/passwd", b"#", b"+", b"A" * 70_000, b"2024-99-99T99:99:99Z", b"\xf0\x9f\x92\xa9",
    b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>", b"&x;", b"<a>" * 60, b"]]>",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Target:
    """A parser, good inputs for it, and the errors it may raise."""

    name: str
    parse: Callable[[bytes], object]
    good: tuple[bytes, ...]
    errors: tuple[type[Exception], ...] = (ContractError,)
    worst_s: float = WORST_RUN_S


def _trust() -> Trust:
    return Trust(
        KeySet(
            1,
            (
                ROOT.public("root"),
                SECOND.public("root"),
                TARGET.public("target", area="530199"),
                CONTENT.public("content", area="530199"),
                ONE.public("emergency", area="530199"),
                OTHER.public("emergency", area="530199"),
            ),
        )
    )


TRUST = _trust()


def _notice() -> Notice:
    table = Table((Column("n", "姓名", "name"), Column("m", "金额", "money")), (("王某", "350"),))
    picture = Picture(Asset("a" * 64, 900, "image/png"), "示意图")
    return Notice(
        "N1", 1, ("530199001001",), "关于停水的通知", "明天停水", Sender("村委会", "0871-1"),
        NOW, NOW, blocks=(Paragraph("请储水。"), table, picture), cap=Cap(severity="Extreme"),
    )  # fmt: skip


def _manifest() -> Manifest:
    items = tuple(Item(f"N{n}", 1, f"{n:064x}", 900) for n in range(9))
    return Manifest("530199", 1, 5, NOW, items, (Asset("a" * 64, 900, "image/png"),))


BASE = seal_message(_manifest(), TARGET)
FRAMES = PrivateKey.from_bytes(bytes([7]) * 32)
SESSION = LiveSession(
    "live-0123456789abcdef", ("530199001001",), "town", "镇政府", NOW, NOW + timedelta(minutes=9),
    FRAMES.public("target").public_b64,
)  # fmt: skip
BOX_KEY = ec.derive_private_key(8, ec.SECP256R1())


def _sealed_parse(data: bytes) -> object:
    sealed = envelope.parse(data)
    with contextlib.suppress(ContractError):
        TRUST.verify(sealed)
    return sealed.content()


def _resigned(kind: type[M], *signers: PrivateKey) -> Callable[[bytes], object]:
    """A parser of mutated content that is rightly signed: what a leaked key could send."""

    def parse(data: bytes) -> object:
        return open_message(kind, envelope.seal(TYPE_OF[kind], data, signers), TRUST)

    return parse


def _topic(data: bytes) -> object:
    text = data.decode("utf-8", "replace")
    found = []
    for parse in (topics.area_of, topics.box_of, Area.parse, topics.check_box_id):
        with contextlib.suppress(ContractError):
            found.append(parse(text))
    return found


def _uplink(data: bytes) -> object:
    body = wire.loads(data)
    batch = codec.decode(EventBatch, body)
    for event in batch.events:
        with contextlib.suppress(ContractError):
            codec.decode(Feedback, event.body)
    return batch


def _either(data: bytes) -> object:
    body = wire.loads(data)
    for kind in (BoxState, TimeAnswer, EnrolQuestion):
        with contextlib.suppress(ContractError):
            return codec.decode(kind, body)
    return None


def _slip(data: bytes) -> object:
    return sealing.open_sealed(SECRET, data, b"QS-0712-034")


def _delta(data: bytes) -> object:
    """As a box takes it, and from the manifest it holds to whatever that makes."""
    found = open_message(Delta, envelope.seal("delta", data, [TARGET]), TRUST)
    result = delta.apply(replace(found, base_sha256=sha256_hex(BASE)), BASE)
    return open_message(Manifest, result, TRUST)


def _hub_note(data: bytes) -> object:
    """As a box takes it: the brokers that it names are connected to."""
    note = open_message(HubNote, envelope.seal("hub", data, [TARGET]), TRUST)
    return named(note.brokers, LinkSettings(broker="mqtt://a.example"))


def _live(data: bytes) -> object:
    """A frame as it came, and one whose sound and places were changed before it was signed."""
    if not is_frame(data):
        return _resigned(LiveSession, TARGET, CONTENT)(data)
    with contextlib.suppress(ContractError):
        open_frame(data, SESSION)
    return open_frame(data[:-64] + FRAMES.sign(data[:-64]), SESSION)


def _on_stick(data: bytes) -> object:
    """The same bytes as a file, as a name of one, and as a batch that the box signed."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        stick.write(root, "vn1/all/keys", data)
        body = stick.read(root, "vn1/all/keys") or b""
        stick.read(root, data[:200].decode("utf-8", "replace"))
        stick.names(root, data[:200].decode("utf-8", "replace"))
    try:
        batch = stick.open_events(body, BOX_KEY.public_key())
    except ContractError:
        batch = stick.open_events(stick.seal_events(body, BOX_KEY), BOX_KEY.public_key())
    return codec.decode(EventBatch, wire.loads(batch))


def _ticket(data: bytes) -> object:
    with tempfile.NamedTemporaryFile(suffix=".ticket") as file:
        file.write(data)
        file.flush()
        return read_ticket(Path(file.name))


def _key_set(data: bytes) -> object:
    return TRUST.advance(envelope.seal("keys", data, [ROOT, SECOND]))


def _picture(data: bytes) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of large pictures before it refuses them
        return open_picture(data, 64, 32)


def _encoded(value: object) -> bytes:
    return wire.dumps(codec.encode(value))


def _pictures() -> tuple[bytes, ...]:
    found = []
    for form in ("PNG", "JPEG", "GIF", "WEBP", "BMP"):
        file = io.BytesIO()
        Image.new("RGB", (24, 16), (200, 30, 30)).save(file, form)
        found.append(file.getvalue())
    return tuple(found)


def _tickets() -> bytes:
    keys = base64.b64encode(seal_keys(TRUST.keys, [ROOT, SECOND])).decode()
    ticket = Ticket(
        "box-1", "530199001001", "青石村", (1, 2), "https://hub.example", "ab" * 16,
        NOW + timedelta(days=9), keys, {},
    )  # fmt: skip
    return envelope.seal("ticket", _encoded(ticket), [TARGET])


def _change() -> Delta:
    first = _manifest()
    items = (*first.items[1:], Item("N99", 1, "f" * 64, 900))
    return delta.between(BASE, seal_message(replace(first, generation=6, items=items), TARGET))


def _speech() -> tuple[bytes, ...]:
    sound = bytes(range(256)) * 4
    return (
        _encoded(SESSION),
        seal_frame(LiveFrame(SESSION.id, 1, 0, sound), FRAMES),
        seal_frame(LiveFrame(SESSION.id, 2, 1024, sound, last=True), FRAMES),
    )


def _note() -> HubNote:
    return HubNote("530199", "e1", NOW, ("mqtt://b.example:1883", "mqtt://[::1]:1883"))


def _answer() -> Answer:
    return Answer("QS-0712-034", "已办理。", "村委会", NOW, "box-1", "AAAA")


def _cap() -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">'
        "<identifier>W-1</identifier><sender>a@b</sender><sent>2024-07-14T11:12:00+08:00</sent>"
        "<status>Actual</status><msgType>Alert</msgType><scope>Public</scope><info><language>zh-CN"
        "</language><category>Met</category><event>山洪</event><urgency>Immediate</urgency>"
        "<severity>Extreme</severity><certainty>Likely</certainty><area><areaDesc>云岭县</areaDesc>"
        "<polygon>24,102 24,103 25,103 24,102</polygon><circle>24,102 3</circle></area></info>"
        "</alert>"
    ).encode()


def targets() -> tuple[Target, ...]:
    """Every parser that reads bytes from outside."""
    manifest, notice = _manifest(), _notice()
    alert = Alert("A1", notice, NOW, NOW + timedelta(hours=1))
    body = _encoded(Feedback("QS-0712-034", "complaint", "box-1", NOW, "AAAA"))
    batch = EventBatch("box-1", "link", "o1", (Event(1, "feedback", json.loads(body)),))
    state = BoxState("box-1", "s1", True, NOW, layers={"530199": LayerState(1, 5, True)})
    whole = (
        seal_message(manifest, TARGET), seal_message(notice, CONTENT),
        seal_message(alert, ONE, OTHER), seal_keys(TRUST.keys, [ROOT, SECOND]),
    )  # fmt: skip
    words = (b"vn1/g/530199001001/man", b"vn1/g/5301/b/" + b"a" * 64, b"vn1/d/box-1/up/state",
             b"530199001001-3", b"box-1")  # fmt: skip
    slip = sealing.seal_for(_public(SECRET), b"words", b"QS-0712-034")
    return (
        Target("envelope", _sealed_parse, whole),
        Target("manifest", _resigned(Manifest, TARGET), (_encoded(manifest),)),
        Target("delta", _delta, (_encoded(_change()),)),
        Target("notice", _resigned(Notice, CONTENT), (_encoded(notice),)),
        Target("alert", _resigned(Alert, ONE, OTHER), (_encoded(alert),)),
        Target("live", _live, _speech()),
        Target("hub note", _hub_note, (_encoded(_note()),)),
        Target("answer", _resigned(Answer, TARGET), (_encoded(_answer()),)),
        Target("key set", _key_set, (_encoded(replace(TRUST.keys, version=2)),)),
        Target("topic", _topic, words),
        Target("feedback", _uplink, (_encoded(batch),)),
        Target("state", _either, (_encoded(state), _encoded(TimeAnswer("box-1", "ab", NOW)))),
        Target("slip", _slip, (slip,)),
        Target("stick", _on_stick, (_encoded(batch), stick.seal_events(_encoded(batch), BOX_KEY))),
        Target("asset", _picture, _pictures(), (PictureError,), WORST_PICTURE_S),
        Target("ticket", _ticket, (_tickets(),), (VillageError,)),
        Target("cap", lambda data: read_alert(read_xml(data)), (_cap(),), (CapRefusedError,)),
    )


def _public(secret: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.x25519 import (  # noqa: PLC0415 - used once
        X25519PrivateKey,
    )

    return X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()


def mutated(dice: random.Random, good: tuple[bytes, ...]) -> bytes:
    """A good input after one to four accidents."""
    data = bytearray(dice.choice(good))
    for _ in range(dice.randint(1, 4)):
        place = dice.randrange(len(data) + 1)
        accident = dice.randrange(6)
        if accident == 0 and data:
            data[place % len(data)] ^= 1 << dice.randrange(8)
        elif accident == 1:
            del data[place : place + dice.randint(1, 40)]
        elif accident == 2:
            data[place:place] = dice.choice(TOKENS)
        elif accident == 3:
            other = dice.choice(good)
            data[place:] = other[dice.randrange(len(other) + 1) :]
        elif accident == 4:
            data[place : place + dice.randint(0, 12)] = dice.choice(TOKENS)
        else:
            piece = bytes(data[place : place + dice.randint(1, 200)])
            data[place:place] = piece * dice.randint(1, 50)
    return bytes(data[:LARGEST_BYTES])


def run_once(target: Target, data: bytes) -> None:
    """One input; any error that is not declared goes up."""
    with contextlib.suppress(*target.errors):
        target.parse(data)


@dataclass
class Result:
    """What a target did in its time."""

    runs: int = 0
    worst_s: float = 0.0
    worst_bytes: int = 0
    crashes: int = 0


def fuzz(target: Target, seconds: float, dice: random.Random) -> Result:
    """Run a target for so long; crashes are counted and their input is printed."""
    found = Result()
    for good in target.good:  # what is loaded once is no cost of a run
        run_once(target, good)
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        data = mutated(dice, target.good)
        is_traced = found.runs % TRACED_EVERY == 0
        if is_traced:
            tracemalloc.start()
        began_s = time.thread_time()
        try:
            run_once(target, data)
        except Exception as error:  # noqa: BLE001 - finding these is what it is for
            found.crashes += 1
            print(f"  {target.name}: {type(error).__name__}: {error} on {data[:120]!r}")
        spent_s = time.thread_time() - began_s
        if is_traced:
            found.worst_bytes = max(found.worst_bytes, tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        else:
            found.worst_s = max(found.worst_s, spent_s)
        found.runs += 1
    return found


def main() -> int:
    """Fuzz every target for its share of the time; 1 if one crashed or went out of bounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="for all targets together")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--target", action="append", help="only this one; may be given again")
    arguments = parser.parse_args()
    logging.disable()  # refusals by the thousand
    every = [each for each in targets() if not arguments.target or each.name in arguments.target]
    print(f"{'target':10} {'runs':>9} {'worst ms':>9} {'worst KB':>9} {'crashes':>8}")
    is_bad = False
    for target in every:
        dice = random.Random(arguments.seed)  # noqa: S311 - the same run again, not a secret
        found = fuzz(target, arguments.seconds / len(every), dice)
        out = found.worst_s > target.worst_s or found.worst_bytes > WORST_RUN_BYTES
        is_bad |= bool(found.crashes) or out
        figures = f"{found.worst_s * 1000:9.1f} {found.worst_bytes / 1024:9.0f} {found.crashes:8}"
        print(f"{target.name:10} {found.runs:9} {figures}{'  OUT OF BOUNDS' if out else ''}")
    return int(is_bad)


if __name__ == "__main__":
    sys.exit(main())
