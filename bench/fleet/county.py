"""The hub of the bench: real database, dispatcher and broker, and a certificate for every box."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import django
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bench.fleet.crowd import Member
from bench.sync import NOTICES, Desk, free_port
from contract import codec, envelope, wire
from contract.manifest import Manifest
from hub import serve
from hub.demo import prepared

if TYPE_CHECKING:
    from hub.children import Child
    from hub.enrol.authority import Authority
    from hub.enrol.models import EnrolmentTicket

SHELF = Path("var/fleet")
"""Keeps an empty database, which takes minutes to make on a busy machine."""
BOXES_A_VILLAGE = 100
"""More villages would be truer, but each costs seconds to be founded."""


@dataclass
class County:
    """Everything of the hub. ``members`` are the boxes, dealt out to the villages in turn."""

    data: Path
    addresses: serve.Addresses
    children: dict[str, Child]
    desk: Desk
    members: list[Member]
    key_set: bytes

    @property
    def ca(self) -> Path:
        """The county's authority, which boxes pin."""
        return serve.tls_folder(self.data) / "ca.pem"

    def start(self) -> None:
        """Broker first, then the dispatcher."""
        for child in self.children.values():
            child.start()

    def kill(self, name: str) -> None:
        """SIGKILL of one program and its children; `watch` starts it again."""
        process = self.children[name].process
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, 9)
            process.wait()

    def wipe_broker(self) -> None:
        """The broker's disk is lost while it is killed."""
        self.kill("broker")
        for path in (self.data / "broker").rglob("mosquitto.db*"):
            path.unlink()

    def watch(self) -> None:
        """Start again what has ended."""
        for child in self.children.values():
            child.watch()

    def end(self) -> None:
        """Stop everything."""
        for child in reversed(self.children.values()):
            child.end()
        shutil.rmtree(self.data, ignore_errors=True)

    def generations(self) -> dict[str, int]:
        """The newest manifest of every area."""
        from hub.dispatch.models import Layer  # noqa: PLC0415 - needs Django's set-up

        return dict(Layer.objects.values_list("area", "generation"))

    def has_sent_all(self) -> bool:
        """Whether a broker holds everything that was released."""
        from hub.sealing.models import OutboxRow  # noqa: PLC0415 - needs Django's set-up

        return not OutboxRow.objects.filter(done_at=None).exists()

    def newest_alert(self) -> bytes:
        """Sealed bytes of the last emergency."""
        from hub.sealing.models import SealedNotice  # noqa: PLC0415 - needs Django's set-up

        return bytes(SealedNotice.objects.filter(kind="alert").latest("pk").body)

    def is_back(self) -> bool:
        """Whether the broker lets boxes in and the dispatcher's process runs."""
        dispatcher = self.children["dispatcher"].process
        if dispatcher is None or dispatcher.poll() is not None:
            return False
        try:
            socket.create_connection(("127.0.0.1", self.addresses.tls_port), 0.2).close()
        except OSError:
            return False
        return True

    def busy_s(self, name: str) -> float:
        """Processor time that one program has used."""
        process = self.children[name].process
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{process.pid if process else 0}/stat").read_text().split()
            return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")
        return 0.0

    def rest(self) -> None:
        """Until the dispatcher has nothing to do for half a second."""
        before_s = float("-inf")
        while self.busy_s("dispatcher") - before_s > 0.05:
            before_s = self.busy_s("dispatcher")
            time.sleep(0.5)

    def revoke(self, box: str) -> None:
        """As ``village-hub box revoke`` does."""
        from hub.ledger import boxes  # noqa: PLC0415 - needs Django's set-up

        boxes.revoke_box(box)

    def in_force(self) -> dict[str, set[str]]:
        """What is in force in every area, as ``id@revision``: what its newest manifest lists."""
        from hub.dispatch.models import Layer  # noqa: PLC0415 - needs Django's set-up

        found = {}
        for area, body in Layer.objects.values_list("area", "body"):
            manifest = codec.decode(Manifest, wire.loads(envelope.parse(bytes(body)).content()))
            found[area] = {f"{item.id}@{item.revision}" for item in manifest.items}
        return found

    def receipts_held(self) -> dict[str, int]:
        """How many receipts of every box the hub has stored."""
        from django.db.models import Count  # noqa: PLC0415 - needs Django's set-up

        from hub.ledger.models import ReceiptRow  # noqa: PLC0415 - as above

        rows = ReceiptRow.objects.values_list("box_id").annotate(Count("seq", distinct=True))
        return {box: count for box, count in rows}  # noqa: C416 - a query set of pairs

    def rss_mb(self, name: str) -> float:
        """Resident memory of one program and its children."""
        process = self.children[name].process
        pids = [process.pid] if process else []
        total_kb = 0
        for pid in pids:
            with contextlib.suppress(OSError):
                folder = Path("/proc") / str(pid)
                pids.extend(map(int, (folder / "task" / str(pid) / "children").read_text().split()))
                lines = (folder / "status").read_text(encoding="utf-8").splitlines()
                total_kb += sum(int(line.split()[1]) for line in lines if "VmRSS" in line)
        return total_kb / 1024


def found(folder: Path, count: int) -> County:
    """A county with so many boxes, each with a certificate; nothing runs yet."""
    data = folder / "hub"
    data.mkdir()
    addresses = serve.Addresses(broker_port=free_port(), tls_port=free_port())
    os.environ.update(serve.environment(data, addresses))
    if not prepared.take(SHELF, data / "hub.sqlite3"):
        serve.migrate(data, addresses)
        prepared.put(SHELF, data / "hub.sqlite3")
    django.setup()
    from hub.dispatch.key_sets import current_key_set  # noqa: PLC0415 - needs Django's set-up
    from hub.enrol import broker_tls  # noqa: PLC0415 - as above
    from hub.enrol.authority import Authority  # noqa: PLC0415 - as above
    from hub.site.datadir import DataDir  # noqa: PLC0415 - as above

    desk = Desk(_places(folder, max(2, count // BOXES_A_VILLAGE)))
    authority = Authority(DataDir(data).keys / "authority")
    broker_tls.prepare(authority, serve.tls_folder(data), addresses.broker_names)
    members = _members(folder / "boxes", count, authority, desk)
    children = {
        child.name: child for child in serve.children(data, addresses) if child.name != "web"
    }
    return County(data, addresses, children, desk, members, current_key_set().body)


def _places(folder: Path, count: int) -> Path:
    """The notices file with so many villages."""
    data = json.loads(NOTICES.read_text(encoding="utf-8"))
    known = data["meta"]["villages"]
    town = known[-1]["path"].rsplit("/", 1)[0]
    known += [{"path": f"{town}/第{n}村", "groups": 0} for n in range(len(known), count)]
    path = folder / "notices.json"
    path.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
    return path


def _members(folder: Path, count: int, authority: Authority, desk: Desk) -> list[Member]:
    """Rows, access lists and certificates; one key serves all, which costs the broker no less."""
    from hub.broker.passwords import hashed  # noqa: PLC0415 - needs Django's set-up
    from hub.enrol.models import EnrolmentTicket  # noqa: PLC0415 - as above
    from hub.ledger import boxes  # noqa: PLC0415 - as above
    from hub.ledger.models import Box  # noqa: PLC0415 - as above

    folder.mkdir()
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "key.pem").write_bytes(pem)
    members, nobody = [], hashed("fleet")
    for number in range(count):
        name = f"fleet-{number}"
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        request = x509.CertificateSigningRequestBuilder().subject_name(subject)
        csr = request.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        path = folder / f"{name}.pem"
        path.write_text(authority.sign(csr.decode(), name))
        area = desk.county.villages[number % len(desk.county.villages)].code
        members.append(Member(name, area, path, folder / "key.pem"))
    Box.objects.bulk_create(Box(id=m.box, area=m.area, password_hash=nobody) for m in members)
    EnrolmentTicket.objects.bulk_create(_ticket(each) for each in members)
    boxes.write_accounts()
    return members


def _ticket(member: Member) -> EnrolmentTicket:
    """What enrolment leaves behind: by it the certificate is revoked with the box."""
    from hub.enrol.models import EnrolmentTicket, TicketState  # noqa: PLC0415 - Django's set-up

    return EnrolmentTicket(
        box=member.box,
        area=member.area,
        state=TicketState.ENROLLED,
        expires_at=datetime.now(UTC),
        certificate_pem=member.certificate.read_text(),
    )
