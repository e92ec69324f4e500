"""How fast a revoked box is out at a broker on another machine: the bundle's, told by the hub.

``python bench/revocation_elsewhere.py [--times 30] [--boxes 400]``. Mosquitto runs from the bundle
alone on 127.0.0.2, with so many boxes in its list. A box comes in with its certificate; from the
moment its name leaves the hub's access list it is timed until its session ends; then it comes
back with the same certificate and must hear nothing.
"""

from __future__ import annotations

import argparse
import os
import select
import socket
import ssl
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion

from contract import topics
from contract.areas import Area
from hub.broker.admission import Admission
from hub.broker.elsewhere import TOLD, write_bundle
from hub.broker.files import Account, BrokerFiles
from hub.broker.supervisor import _program
from hub.dispatch.connection import Connection
from hub.enrol import broker_tls
from hub.enrol.authority import Authority

THERE = "127.0.0.2"
HOME = Area.parse("530199001001")
TURN_S = 0.1


class Hub:
    """The hub's side: its access list, its connection, and the admission over it."""

    def __init__(self, folder: Path, boxes: int) -> None:
        self.files = BrokerFiles(folder / "broker")
        self.boxes = [f"box-{n:04d}" for n in range(boxes)]
        self.admit(self.boxes)
        self.authority = Authority(folder / "authority")
        with socket.socket() as probe:
            probe.bind((THERE, 0))
            self.port = int(probe.getsockname()[1])
        bundle = folder / "bundle"
        broker_tls.prepare(self.authority, bundle, [THERE])
        broker_tls.let_hub_in(self.authority, self.files.tls)
        write_bundle(self.files, bundle, self.port, THERE)
        subprocess.run(["sh", str(bundle / "install.sh"), "--link-only"], check=True)
        if os.geteuid() == 0:
            with (bundle / "mosquitto.conf").open("a") as file:
                file.write("user root\n")
        self.broker = subprocess.Popen([_program(), "-c", "mosquitto.conf"], cwd=bundle)
        context = ssl.create_default_context(cafile=str(bundle / "ca.pem"))
        context.load_cert_chain(self.files.tls / "hub.pem", self.files.tls / "hub.key")
        self.connection = Connection(THERE, self.port, "", self, context)
        told = self.files.folder / TOLD
        self.admission = Admission(self.files.access, told, self.connection.publish)
        self._poked, self._never = socket.socketpair()

    def connected(self) -> None:
        """The connection stands."""
        self.admission.restart()

    def received(self, _messages: object) -> None:
        """Nothing that boxes say is of interest here."""

    def admit(self, boxes: list[str]) -> None:
        """Exactly these from now on."""
        self.files.write_accounts("x", [Account(each, "x", HOME.path()) for each in boxes])

    def turn(self, box: Visitor | None = None) -> None:
        """One turn of hub and box."""
        if box is not None and (sock := box.client.socket()) is not None:
            if select.select([sock], [], [], 0)[0]:
                box.client.loop_read()
            box.client.loop_write()
        self.connection.turn(self._poked.fileno(), 0.001)
        if self.connection.has_room:
            self.admission.turn()


class Visitor:
    """A box with a certificate."""

    def __init__(self, hub: Hub, name: str, folder: Path) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        request = x509.CertificateSigningRequestBuilder().subject_name(subject)
        csr = request.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        own = folder / f"{name}.pem"
        secret = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        own.write_bytes(hub.authority.sign(csr.decode(), name).encode() + secret)
        self.own, self.ca, self.name, self.port = own, folder / "bundle" / "ca.pem", name, hub.port
        self.connect()

    def connect(self) -> None:
        """Anew, with the same certificate."""
        self.heard = 0
        self.is_up, self.is_over = False, False
        self.client = Client(CallbackAPIVersion.VERSION2, self.name, protocol=MQTTv5)
        context = ssl.create_default_context(cafile=str(self.ca))
        context.load_cert_chain(self.own)
        self.client.tls_set_context(context)
        self.client.on_connect = self._on_connect
        self.client.on_disconnect = lambda *_: setattr(self, "is_over", True)
        self.client.on_message = lambda *_: setattr(self, "heard", self.heard + 1)
        self.client.connect(THERE, self.port, 30)

    def _on_connect(self, *_: object) -> None:
        self.is_up = True
        self.client.subscribe(topics.area_manifest(HOME), 1)


def _once(hub: Hub, box: str, folder: Path) -> tuple[float, float]:
    """Seconds until a revoked box is out, and until it is let in again."""
    visitor = Visitor(hub, box, folder)
    _until(hub, lambda: visitor.heard, visitor)
    started_s = time.monotonic()
    hub.admit([each for each in hub.boxes if each != box])
    _until(hub, lambda: visitor.is_over, visitor)
    out_s = time.monotonic() - started_s
    visitor.connect()
    end_s = time.monotonic() + 1
    while time.monotonic() < end_s and not visitor.is_over:
        hub.turn(visitor)
    assert visitor.heard == 0, "a revoked box heard something"
    visitor.client.disconnect()
    hub.admit(hub.boxes)
    started_s = tried_s = time.monotonic()
    again = Visitor(hub, box, folder)
    while not again.heard:
        hub.turn(again)
        if time.monotonic() - tried_s > 0.5:  # it came before it was let in
            again.client.disconnect()
            again.connect()
            tried_s = time.monotonic()
    again.client.disconnect()
    return out_s, time.monotonic() - started_s


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=30)
    parser.add_argument("--boxes", type=int, default=400)
    arguments = parser.parse_args()
    ended, back = [], []
    with tempfile.TemporaryDirectory(prefix="elsewhere-") as name:
        hub = Hub(Path(name), arguments.boxes)
        try:
            _until(hub, lambda: hub.connection.is_up)
            hub.connection.publish(topics.area_manifest(HOME), b"m", retain=True)
            for box in hub.boxes[: arguments.times]:
                out_s, in_s = _once(hub, box, Path(name))
                ended.append(out_s)
                back.append(in_s)
        finally:
            hub.broker.kill()
            hub.broker.wait()
    for text, seconds in (("live session ended", ended), ("let in again", back)):
        half, worst = statistics.median(seconds) * 1000, max(seconds) * 1000
        print(f"{text}: {len(seconds)} times, p50 {half:.0f} ms, worst {worst:.0f} ms")


def _until(hub: Hub, condition: object, visitor: Visitor | None = None) -> None:
    end_s = time.monotonic() + 30
    while not condition():  # type: ignore[operator] # a function
        assert time.monotonic() < end_s, "this never came true"
        hub.turn(visitor)


if __name__ == "__main__":
    main()
