"""Rows about many at once: floods, storms of connections, too few sockets, hours of faults."""

from __future__ import annotations

import asyncio
import shutil
import signal
import ssl
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.db import connections
from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion

from contract import topics
from contract.areas import Area
from edge_agent.clock import ManualClock
from edge_agent.kiosk.kinds import KINDS
from edge_agent.kiosk.slips import KEY_FILE, SlipDesk, SlipError
from edge_agent.outbox import Outbox
from edge_agent.part import Part
from edge_agent.poke import PokeListener
from edge_agent.store import Store
from faults.ground import free_port
from faults.invariants import nothing_said_is_lost
from faults.mortal import Mortal
from faults.rows import Row, RowFailed, Scene, Seen
from hub.broker.files import Account, BrokerFiles, TlsListener
from hub.broker.passwords import hashed
from hub.broker.supervisor import BrokerSupervisor
from hub.enrol import broker_tls
from hub.enrol.authority import Authority
from tests.edge_agent.link.conftest import NOW, VILLAGE, Box, County

if TYPE_CHECKING:
    from collections.abc import Callable

    from faults.county import County as Stand
    from faults.village import VillageBox

KILOBYTE = 1024
RSS_GROWTH_BYTES = 8 * 1024 * KILOBYTE
CONNECT, CONNACK = 0x10, 0x20
CONNECTING_TOGETHER = 200


def flooded(scene: Scene) -> Seen:
    """Row 19: one box sends nonsense without end; villagers' slips come by the thousand."""
    county = scene.county
    runs = scene.dose(100, 1)
    with county.villages(scene.folder, 2) as (loud, other):
        quiet_s = [_publish_time(county, other) for _ in range(runs)]
        connections.close_all()  # none goes into the child
        shouting = Mortal(lambda: _shout(county, loud), scene.folder / "shouted", "/nowhere/")
        try:
            county.for_a_while(scene.dose(30, 1))
            during_s = [_publish_time(county, other) for _ in range(runs)]
        finally:
            shouting.kill()
    loud_s, calm_s = _p99(during_s), _p99(quiet_s)
    ratio = loud_s / max(calm_s, 0.2)
    taken, refused, lost = _posts(scene.folder / "kiosk", scene.dose(10_000, 500))
    breaches = list(lost)
    if ratio > 2.0 and not scene.short:
        breaches.append(f"{ratio:.1f} times as slow")
    return Seen(
        f"1,000 messages/s of one box; {taken + refused} posts at a query screen",
        f"others' notices p99 {loud_s:.1f} s, without the flood {calm_s:.1f} s; "
        f"{taken} slips taken, {refused} refused, none lost",
        breaches,
    )


def _p99(times_s: list[float]) -> float:
    return sorted(times_s)[min(len(times_s) - 1, round(0.99 * len(times_s)) - 1)]


def _publish_time(county: Stand, other: VillageBox) -> float:
    """Seconds until a box that has no part in it holds a new notice."""
    before = other.names()
    county.publish()
    return county.until(lambda: other.names() - before)


def _shout(county: Stand, box: VillageBox) -> None:
    """A thousand messages a second under the box's own name; its link is thrown out meanwhile."""
    client = Client(CallbackAPIVersion.VERSION2, box.name, protocol=MQTTv5)
    password = Path(box.settings.link.password_file).read_text(encoding="ascii")
    client.username_pw_set(box.name, password)
    client.connect("127.0.0.1", county.port)
    client.loop_start()
    topic, due_s = topics.box_up(box.name, "events"), time.monotonic()
    while True:
        client.publish(topic, b'{"box":"nonsense"}', 0)
        due_s += 0.001
        time.sleep(max(0.0, due_s - time.monotonic()))


def _posts(folder: Path, count: int) -> tuple[int, int, tuple[str, ...]]:
    """Slips at one screen, as fast as it can; taken, refused, and I5."""
    county = County()
    box = Box(folder, county, ManualClock(NOW))
    box.held.close()
    settings = box.settings
    kiosk = settings.part_folder("kiosk")
    (kiosk / KEY_FILE).write_bytes(
        bytes.fromhex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")
    )
    part = Part(
        "kiosk",
        settings,
        box.clock,
        Store(settings.part_folder("store"), read_only=True),
        Outbox(kiosk),
        PokeListener(settings.run, "kiosk"),
    )
    desk, taken, refused = SlipDesk(part, kiosk), [], 0
    for _ in range(count):
        try:
            slip = asyncio.run(desk.take(desk.new_form(), KINDS[0], {"text": "请帮我找低保"}))
            taken.append(slip.number)
        except SlipError:
            refused += 1
    held = {str(each.body["slip"]) for each in part.outbox.after(0, 100_000)}
    part.close()
    return len(taken), refused, nothing_said_is_lost(taken, held)


def storm(scene: Scene) -> Seen:
    """Row 20: every box of a prefecture connects at once, each with a certificate of its own."""
    count = scene.dose(2000, 40)
    files = BrokerFiles(scene.folder / "broker")
    authority = Authority(scene.folder / "authority")
    broker_tls.prepare(authority, files.tls, ["127.0.0.1"])
    names = [f"box-{number}" for number in range(count)]
    secret = hashed("nobody")
    files.write_accounts(secret, [Account(each, secret, (Area(VILLAGE),)) for each in names])
    listener = TlsListener(free_port(), files.tls, "127.0.0.1")
    broker = BrokerSupervisor(files, free_port(), tls=listener)
    contexts = [_context(scene.folder, authority, files.tls / "ca.pem", each) for each in names]
    try:
        _start(broker)
        began_s = time.monotonic()
        refused = asyncio.run(_connect_all(listener.port, names, contexts))
        took_s = time.monotonic() - began_s
    finally:
        broker.stop()
    breaches = [f"{took_s:.1f} s"] if took_s > scene.limit_s(30.0) else []
    if refused:
        breaches.append(f"{refused} were not let in")
    return Seen(
        f"{count} full mTLS connects and MQTT CONNECTs at once",
        f"all in after {took_s:.1f} s",
        breaches,
    )


def _context(folder: Path, authority: Authority, ca: Path, box: str) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, box)])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    csr = request.public_bytes(serialization.Encoding.PEM).decode("ascii")
    pair = folder / "pair.pem"
    pair.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + authority.sign(csr, box).encode("ascii")
    )
    context = ssl.create_default_context(cafile=str(ca))
    context.load_cert_chain(pair)
    return context


async def _connect_all(port: int, names: list[str], contexts: list[ssl.SSLContext]) -> int:
    """Connect all; how many were refused."""
    gate = asyncio.Semaphore(CONNECTING_TOGETHER)
    writers: list[asyncio.StreamWriter] = []

    async def one(name: str, context: ssl.SSLContext) -> bool:
        async with gate:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
            writers.append(writer)
            writer.write(_connect_packet(name))
            answer = await asyncio.wait_for(reader.readexactly(4), 60)
            return answer[0] == CONNACK and answer[3] == 0

    try:
        found = await asyncio.gather(
            *(one(*each) for each in zip(names, contexts, strict=True)), return_exceptions=True
        )
    finally:
        for writer in writers:
            writer.transport.abort()
    return sum(1 for each in found if each is not True)


def _connect_packet(name: str) -> bytes:
    """MQTT 3.1.1 CONNECT, clean session, keep-alive 60 s (OASIS standard, 3.1)."""
    body = b"\x00\x04MQTT\x04\x02\x00\x3c" + len(name).to_bytes(2, "big") + name.encode("ascii")
    return bytes([CONNECT, len(body)]) + body


def _start(broker: BrokerSupervisor, patience_s: float = 30.0) -> None:
    end_s = time.monotonic() + patience_s
    while broker.process is None or not broker.is_listening():
        if time.monotonic() > end_s:
            raise RowFailed("the broker does not start")
        broker.turn()
        time.sleep(0.02)


def few_sockets(scene: Scene) -> Seen:
    """Row 24: a broker that may not open more files refuses, and serves on whom it has."""
    limit, count = scene.dose(1024, 64), scene.dose(2000, 120)
    files = BrokerFiles(scene.folder / "broker")
    port, secret = free_port(), hashed("secret")
    files.write_configuration(port)
    files.write_accounts(secret, [Account("box-1", secret, (Area(VILLAGE),))])
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    process = subprocess.Popen(
        ["prlimit", f"--nofile={limit}", str(found), "-c", str(files.configuration)],
        stderr=subprocess.DEVNULL,
    )
    broker = BrokerSupervisor(files, port)
    crowd: list[asyncio.StreamWriter] = []
    try:
        _wait(broker.is_listening)
        accepted, spun_s = asyncio.run(_crowd(port, count, process.pid, crowd))
        alive = process.poll() is None
        _wait(broker.is_listening)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)
    breaches = [] if alive else ["the broker ended"]
    if spun_s > 1.0:
        breaches.append(f"it used {spun_s:.1f} s of processor time in 2 s")
    return Seen(
        f"{count} connections, {limit} files",
        f"{accepted} served, the rest refused, "
        f"{spun_s:.2f} s of processor time in 2 s, then it listens again",
        breaches,
    )


async def _crowd(
    port: int, count: int, pid: int, crowd: list[asyncio.StreamWriter]
) -> tuple[int, float]:
    """Connect without a word; how many stay, and the broker's processor time meanwhile."""
    readers = []
    for _ in range(count):
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            continue
        readers.append(reader)
        crowd.append(writer)
    before_s = _processor_s(pid)
    await asyncio.sleep(2.0)
    spun_s = _processor_s(pid) - before_s
    closed = sum(1 for each in readers if each.at_eof())
    for writer in crowd:
        writer.transport.abort()
    return len(readers) - closed, spun_s


def _processor_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100.0


def _wait(condition: Callable[[], object], patience_s: float = 30.0) -> None:
    end_s = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > end_s:
            raise RowFailed("this never came true")
        time.sleep(0.02)


ROWS = (
    Row("19", "flood: one box 1,000/s; 10,000 posts", "others at most twice as slow, I5", flooded),
    Row("20", "reconnect storm, mTLS", "all in within 30 s", storm),
    Row("24", "too few open files", "refused cleanly, no spin", few_sockets),
)
