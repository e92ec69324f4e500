"""Measure how soon a revoked box is out: python bench/revocation.py [--runs 20].

A real Mosquitto with the county's certificates. A box sends every few milliseconds; timed is, from
the moment the hub has written its files, the last thing that the hub still heard of it, and the
end of its session.
"""

from __future__ import annotations

import argparse
import socket
import ssl
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion

from contract import topics
from contract.areas import Area
from hub.broker.files import Account, BrokerFiles, TlsListener
from hub.broker.passwords import hashed
from hub.broker.supervisor import BrokerSupervisor
from hub.enrol import broker_tls
from hub.enrol.authority import Authority

if TYPE_CHECKING:
    from collections.abc import Callable

HOME, HUB = Area("530199001001"), "bench-hub-password"
WATCH_S, PATIENCE_S = 3.0, 30.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Bench:
    """Broker, hub and authority."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = BrokerFiles(folder / "broker")
        self.authority = Authority(folder / "authority")
        broker_tls.prepare(self.authority, self.files.tls, ["127.0.0.1"])
        self.files.write_accounts(hashed(HUB), ())
        listener = TlsListener(free_port(), self.files.tls, "127.0.0.1")
        self.port = listener.port
        self.supervisor = BrokerSupervisor(self.files, free_port(), tls=listener, hub_password=HUB)
        self.heard_s = 0.0
        self.revoked: list[str] = []
        self.until(lambda: self.supervisor.process is not None and self.supervisor.is_listening())
        self.hub = Client(CallbackAPIVersion.VERSION2, "hub", protocol=MQTTv5)
        self.hub.username_pw_set("hub", HUB)
        self.hub.on_connect = self._listen
        self.hub.on_message = self._hear
        self.hub.connect("127.0.0.1", self.supervisor.port)
        self.box: Client | None = None

    def _listen(self, *_: object) -> None:
        self.hub.subscribe(topics.uplink(), 1)

    def _hear(self, *_: object) -> None:
        self.heard_s = time.monotonic()

    def turn(self) -> None:
        """Let broker and hub go on."""
        self.supervisor.turn()
        if hasattr(self, "hub"):
            self.hub.loop(0.001)
        time.sleep(0.002)

    def until(self, condition: Callable[[], object]) -> None:
        """Turn until it is so."""
        deadline_s = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() > deadline_s:
                raise SystemExit("FAILED: this never came true")
            self.turn()

    def enrol(self, box: str) -> tuple[str, ssl.SSLContext]:
        """A certificate of the county, and the box's side of a TLS connection with it."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, box)])
        request = x509.CertificateSigningRequestBuilder().subject_name(name)
        csr = request.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        pem = self.authority.sign(csr.decode(), box)
        chain, secret = self.folder / "box.pem", self.folder / "box.key"
        chain.write_text(pem)
        secret.write_bytes(key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption()))  # fmt: skip
        context = ssl.create_default_context(cafile=str(self.files.tls / "ca.pem"))
        context.load_cert_chain(chain, secret)
        return pem, context

    def revoke_one(self, number: int) -> tuple[float, float]:
        """Seconds from the files being written to silence, and to the end of the session."""
        box = f"box-{number}"
        pem, context = self.enrol(box)
        self.files.write_accounts(hashed(HUB), [Account(box, hashed(box), (HOME,))])
        state: dict[str, Any] = {"up": False, "down_s": 0.0}
        client = Client(CallbackAPIVersion.VERSION2, box, protocol=MQTTv5)
        client.tls_set_context(context)
        client.on_connect = lambda *_: state.update(up=True)
        client.on_disconnect = lambda *_: state.update(down_s=state["down_s"] or time.monotonic())
        for _ in range(200):
            self.turn()
        client.connect("127.0.0.1", self.port)
        client.loop_start()
        self.until(lambda: state["up"])
        topic = topics.box_up(box, "state")
        before_s = self.heard_s
        client.publish(topic, b"x", 1)
        self.until(lambda: self.heard_s > before_s)
        self.revoked.append(pem)
        self.files.write_accounts(hashed(HUB), ())
        broker_tls.write_revoked(self.authority, self.files.tls, self.revoked)
        began_s = time.monotonic()
        while time.monotonic() < began_s + WATCH_S:
            client.publish(topic, b"x", 0)
            self.turn()
        client.loop_stop()
        if not state["down_s"]:
            raise SystemExit("FAILED: the session still stands")
        return self.heard_s - began_s, state["down_s"] - began_s


def show(name: str, seconds: list[float]) -> None:
    found = sorted(seconds)
    print(f"{name:48s} p50 {found[len(found) // 2] * 1000:6.0f} ms   "
          f"worst {found[-1] * 1000:6.0f} ms   n={len(found)}")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20, help="revocations (default 20)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-revocation-") as name:
        bench = Bench(Path(name))
        try:
            found = [bench.revoke_one(number) for number in range(arguments.runs)]
        finally:
            bench.supervisor.stop()
    show("revoked → the last word the hub heard", [heard for heard, _ in found])
    show("revoked → the session ended", [ended for _, ended in found])


if __name__ == "__main__":
    main()
