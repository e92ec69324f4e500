"""The hub of the bench: real database, dispatcher and broker, and a certificate for every box."""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import django
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bench.fleet.crowd import Member
from bench.sync import Desk, free_port
from hub import serve

if TYPE_CHECKING:
    from hub.children import Child


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

    def is_dispatching(self) -> bool:
        """Whether a dispatcher works and has its broker."""
        from hub.leases.models import Worker  # noqa: PLC0415 - needs Django's set-up

        return Worker.objects.filter(is_broker_up=True).exists()

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
    serve.migrate(data, addresses)
    django.setup()
    from hub.dispatch.key_sets import current_key_set  # noqa: PLC0415 - needs Django's set-up
    from hub.enrol import broker_tls  # noqa: PLC0415 - as above
    from hub.enrol.authority import Authority  # noqa: PLC0415 - as above
    from hub.site.datadir import DataDir  # noqa: PLC0415 - as above

    desk = Desk()
    authority = Authority(DataDir(data).keys / "authority")
    broker_tls.prepare(authority, serve.tls_folder(data), addresses.broker_names)
    members = _members(folder / "boxes", count, authority, desk)
    children = {
        child.name: child for child in serve.children(data, addresses) if child.name != "web"
    }
    return County(data, addresses, children, desk, members, current_key_set().body)


def _members(folder: Path, count: int, authority: object, desk: Desk) -> list[Member]:
    """Rows, access lists and certificates; one key serves all, which costs the broker no less."""
    from hub.broker.passwords import hashed  # noqa: PLC0415 - needs Django's set-up
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
        path.write_text(authority.sign(csr.decode(), name))  # type: ignore[attr-defined] # Authority
        area = desk.county.villages[number % len(desk.county.villages)].code
        members.append(Member(name, area, path, folder / "key.pem"))
    Box.objects.bulk_create(Box(id=m.box, area=m.area, password_hash=nobody) for m in members)
    boxes.write_accounts()
    return members
