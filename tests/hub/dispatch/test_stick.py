"""A village without a network: notices come and receipts go by USB stick, forged ones do not."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.utils import timezone

from contract import stick as medium
from contract import topics
from contract.areas import Area
from edge_agent import stick as at_the_box
from edge_agent.clock import BoxClock
from edge_agent.link import keyfile
from edge_agent.link.program import Link
from edge_agent.settings import BoxSettings, LinkSettings, Settings
from edge_agent.store import Store
from hub.dispatch import manifests, stick
from hub.dispatch.models import Layer
from hub.dispatch.sealer import Sealer
from hub.enrol.authority import Authority
from hub.enrol.models import EnrolmentTicket, TicketState
from hub.ledger import boxes
from hub.ledger.models import FleetAlarm, ReceiptRow
from hub.ledger.summary import delivery_of
from hub.notices import desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.hub.conftest import Desk

Forms = dict[str, dict[str, Any]]
BOX = "box-1"


class Village:
    """A box that was enrolled once and has had no network since."""

    def __init__(self, people: Desk, folder: Path) -> None:
        access = boxes.add_box(BOX, people.village.code)
        key_file = folder / "device.key"
        key = ec.generate_private_key(ec.SECP256R1())
        key_file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, BOX)])
        csr = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
        pem = csr.public_bytes(serialization.Encoding.PEM).decode()
        EnrolmentTicket.objects.create(
            box=BOX, area=people.village.code, secret_hex="00", state=TicketState.ENROLLED,
            expires_at=timezone.now(),
            certificate_pem=Authority(folder / "authority").sign(pem, BOX),
        )  # fmt: skip
        self.settings = Settings(
            box=BoxSettings(
                BOX, people.village.code, "青石村", str(folder / "s"), str(folder / "r")
            ),
            link=LinkSettings(broker="mqtt://127.0.0.1:1", key_file=str(key_file)),
        )
        keyfile.pin(self.settings.part_folder("link"), access.key_set)
        self.link = Link(self.settings, BoxClock(self.settings.part_folder("clock")))
        self.tray = self.settings.part_folder("link") / "stick"

    def put_in(self, root: Path) -> int:
        """As `village-agent stick` does; returns how many files went out."""
        at_the_box.lay_in(self.settings, root, self.tray)
        self.link.turn(0.0)
        return at_the_box.lay_out(self.tray / "out", root)

    def names(self) -> set[str]:
        store = Store(self.settings.part_folder("store"), read_only=True)
        try:
            return {each.notice.name for each in store.in_force().notices}
        finally:
            store.close()


@pytest.fixture
def village(people: Desk, tmp_path: Path) -> Iterator[Village]:
    found = Village(people, tmp_path)
    yield found
    found.link.close()


def _publish(people: Desk, form: dict[str, Any], only_box: str = "") -> None:
    page = desk.draft_from_import(people.clerk, form, people.village, now=timezone.now())
    desk.drop_restricted_columns(people.clerk, page)
    draft = desk.latest(page)
    draft.only_box = only_box
    desk.save(people.clerk, draft)
    desk.submit(people.clerk, page)
    desk.approve(people.committee, page)
    desk.sign(people.secretary, page)
    for act in Sealer().others(0.0):
        for area in act.areas:
            manifests.seal_layer(area)


def _export(root: Path) -> int:
    return stick.export(root, stick.chosen([BOX]))


def test_notices_come_and_receipts_go(
    people: Desk, village: Village, notices: Forms, tmp_path: Path
) -> None:
    root = tmp_path / "usb"
    _publish(people, notices["N003"])
    assert _export(root) > 0
    assert village.put_in(root) > 0
    assert village.names() == {"N003@1"}

    brought = stick.take(root)
    assert brought.refused == 0
    assert delivery_of("N003").stored == 1
    count = ReceiptRow.objects.count()
    stick.take(root)
    assert ReceiptRow.objects.count() == count

    _publish(people, notices["N006"])
    _export(root)  # months later; what the hub holds is acknowledged on the way
    village.put_in(root)
    assert village.names() == {"N003@1", "N006@1"}
    stream = village.link._upload._streams["link"]
    assert stream.acknowledged == count
    stick.take(root)
    assert delivery_of("N006").stored == 1


def test_what_is_for_one_box_comes_to_it_alone(
    people: Desk, village: Village, notices: Forms, tmp_path: Path
) -> None:
    root = tmp_path / "usb"
    boxes.add_box("box-2", people.village.code)
    _publish(people, notices["N003"], only_box=BOX)
    _publish(people, {**notices["N003"], "id": "N903"}, only_box="box-2")
    stick.export(root, stick.chosen([BOX, "box-2"]))  # one stick for the whole village
    assert village.put_in(root) > 0
    assert village.names() == {"N003@1"}
    assert stick.take(root).refused == 0
    assert [each.stored_at is not None for each in delivery_of("N003").boxes] == [True]


def test_an_old_stick_takes_nothing_back(
    people: Desk, village: Village, notices: Forms, tmp_path: Path
) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    _publish(people, notices["N003"])
    _export(old)
    _publish(people, notices["N006"])
    _export(new)
    village.put_in(new)
    village.put_in(old)
    assert village.names() == {"N003@1", "N006@1"}


def test_receipts_by_another_hand_are_refused_and_told(
    people: Desk, village: Village, notices: Forms, tmp_path: Path
) -> None:
    root = tmp_path / "usb"
    _publish(people, notices["N003"])
    _export(root)
    village.put_in(root)
    folder = topics.box_up(BOX, "events")
    (name,) = medium.names(root, folder)
    body = medium.read(root, f"{folder}/{name}")
    assert body is not None
    stranger = ec.generate_private_key(ec.SECP256R1())
    medium.write(root, f"{folder}/{name}", medium.seal_events(b"{}", stranger))
    medium.write(root, f"{folder}/link-ab-7", body[:-9])
    medium.write(root, f"{topics.box_up('box-2', 'events')}/{name}", body)
    assert stick.take(root).refused == 2
    assert ReceiptRow.objects.count() == 0
    assert [alarm.kind for alarm in FleetAlarm.objects.all()] == ["stick_refused"]
    boxes.revoke_box(BOX)
    medium.write(root, f"{folder}/{name}", body)
    assert stick.take(root).events == {}


def test_a_hostile_stick_shows_nothing_and_reads_nothing_outside(
    people: Desk, village: Village, notices: Forms, tmp_path: Path
) -> None:
    root = tmp_path / "usb"
    _publish(people, notices["N003"])
    _export(root)
    area = Area.parse(people.village.code)
    secret = tmp_path / "secret"
    secret.write_bytes(bytes(Layer.objects.get(area=str(area)).body))
    listed = root / medium.FOLDER / topics.area_manifest(area)
    listed.unlink()
    listed.symlink_to(secret)
    village.put_in(root)
    assert village.names() == set()

    dice = random.Random(5)  # noqa: S311 - the same hostile sticks every time
    listed.unlink()
    good = secret.read_bytes()
    for _ in range(150):
        place = dice.randrange(len(good))
        bad = dice.choice(
            (good[:place], good[:place] + dice.randbytes(9) + good[place:], dice.randbytes(300),
             b"[" * 90_000, b"")
        )  # fmt: skip
        medium.write(root, topics.area_manifest(area), bad)
        village.put_in(root)
        assert village.names() == set()
    medium.write(root, topics.area_manifest(area), good)
    village.put_in(root)
    assert village.names() == {"N003@1"}


@pytest.mark.parametrize(
    "name", ["../x", "/etc/passwd", "a/../../x", "a//b", "a/\0", "", ".", "a/.hidden", "x" * 300]
)
def test_a_name_that_leads_elsewhere_is_no_name(tmp_path: Path, name: str) -> None:
    assert medium.read(tmp_path, name) is None
    with pytest.raises(OSError, match="not a name"):
        medium.write(tmp_path, name, b"x")
    assert list(tmp_path.rglob("x")) == []


def test_pipes_folders_links_and_giants_are_as_if_absent(tmp_path: Path) -> None:
    root = tmp_path / "usb"
    medium.write(root, "vn1/good", b"x")
    inside = root / medium.FOLDER / "vn1"
    os.mkfifo(inside / "pipe")
    (inside / "folder").mkdir()
    (inside / "link").symlink_to("/etc/passwd")
    (inside / "up").symlink_to(tmp_path)
    with (inside / "giant").open("wb") as file:
        file.truncate(10**12)
    for name in ("pipe", "folder", "link", "giant", "up/usb", "none"):
        assert medium.read(root, f"vn1/{name}") is None
    assert medium.read(root, "vn1/good") == b"x"
    with pytest.raises(OSError, match=r"."):
        medium.write(root, "vn1/up/x", b"x")
    assert medium.names(root, "vn1/up") == []
