"""Keys, and a good message of every kind, for the fuzzer to spoil."""

from __future__ import annotations

import base64
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ec
from PIL import Image

from contract import codec, delta, envelope, wire
from contract.enrolment import Ticket
from contract.feedback import Answer
from contract.hub_note import HubNote
from contract.keys import KeySet, PrivateKey, Trust, seal_keys
from contract.live import LiveSession
from contract.live_frames import LiveFrame, seal_frame
from contract.manifest import Item, Manifest
from contract.messages import seal_message
from contract.notice import Asset, Cap, Column, Notice, Paragraph, Picture, Sender, Table

if TYPE_CHECKING:
    from contract.delta import Delta

NOW = datetime(2024, 7, 14, 3, 12, tzinfo=UTC)
KEYS = [PrivateKey.from_bytes(bytes([n]) * 32) for n in range(1, 7)]
ROOT, SECOND, TARGET, CONTENT, ONE, OTHER = KEYS
SECRET = b"s" * 32
FRAMES = PrivateKey.from_bytes(bytes([7]) * 32)
BOX_KEY = ec.derive_private_key(8, ec.SECP256R1())


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


def notice() -> Notice:
    table = Table((Column("n", "姓名", "name"), Column("m", "金额", "money")), (("王某", "350"),))
    picture = Picture(Asset("a" * 64, 900, "image/png"), "示意图")
    return Notice(
        "N1", 1, ("530199001001",), "关于停水的通知", "明天停水", Sender("村委会", "0871-1"),
        NOW, NOW, blocks=(Paragraph("请储水。"), table, picture), cap=Cap(severity="Extreme"),
    )  # fmt: skip


def manifest() -> Manifest:
    items = tuple(Item(f"N{n}", 1, f"{n:064x}", 900) for n in range(9))
    return Manifest("530199", 1, 5, NOW, items, (Asset("a" * 64, 900, "image/png"),))


def encoded(value: object) -> bytes:
    return wire.dumps(codec.encode(value))


BASE = seal_message(manifest(), TARGET)
SESSION = LiveSession(
    "live-0123456789abcdef", ("530199001001",), "town", "镇政府", NOW, NOW + timedelta(minutes=9),
    FRAMES.public("target").public_b64,
)  # fmt: skip


def pictures() -> tuple[bytes, ...]:
    found = []
    for form in ("PNG", "JPEG", "GIF", "WEBP", "BMP"):
        file = io.BytesIO()
        Image.new("RGB", (24, 16), (200, 30, 30)).save(file, form)
        found.append(file.getvalue())
    return tuple(found)


def tickets() -> bytes:
    keys = base64.b64encode(seal_keys(TRUST.keys, [ROOT, SECOND])).decode()
    ticket = Ticket(
        "box-1", "530199001001", "青石村", (1, 2), "https://hub.example", "ab" * 16,
        NOW + timedelta(days=9), keys, {},
    )  # fmt: skip
    return envelope.seal("ticket", encoded(ticket), [TARGET])


def change() -> Delta:
    first = manifest()
    items = (*first.items[1:], Item("N99", 1, "f" * 64, 900))
    return delta.between(BASE, seal_message(replace(first, generation=6, items=items), TARGET))


def speech() -> tuple[bytes, ...]:
    sound = bytes(range(256)) * 4
    return (
        encoded(SESSION),
        seal_frame(LiveFrame(SESSION.id, 1, 0, sound), FRAMES),
        seal_frame(LiveFrame(SESSION.id, 2, 1024, sound, last=True), FRAMES),
    )


def note() -> HubNote:
    return HubNote("530199", "e1", NOW, ("mqtt://b.example:1883", "mqtt://[::1]:1883"))


def answer() -> Answer:
    return Answer("QS-0712-034", "已办理。", "村委会", NOW, "box-1", "AAAA")


def cap() -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">'
        "<identifier>W-1</identifier><sender>a@b</sender><sent>2024-07-14T11:12:00+08:00</sent>"
        "<status>Actual</status><msgType>Alert</msgType><scope>Public</scope><info><language>zh-CN"
        "</language><category>Met</category><event>山洪</event><urgency>Immediate</urgency>"
        "<severity>Extreme</severity><certainty>Likely</certainty><area><areaDesc>云岭县</areaDesc>"
        "<polygon>24,102 24,103 25,103 24,102</polygon><circle>24,102 3</circle></area></info>"
        "</alert>"
    ).encode()


def public(secret: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.x25519 import (  # noqa: PLC0415 - used once
        X25519PrivateKey,
    )

    return X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()
