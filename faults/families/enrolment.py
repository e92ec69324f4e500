"""The row about enrolment: the box, the hub and the line between them cut at each step."""

from __future__ import annotations

import contextlib
import os
import random
import socket
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections
from django.test import Client

from contract.errors import VillageError
from edge_agent import settings as agent_settings
from faults.mortal import Mortal
from faults.proxy import Line
from faults.rows import Row, Scene, Seen
from hub.enrol import tickets
from hub.enrol.models import EnrolmentEvent, EnrolmentTicket
from hub.ledger.models import Box
from provisioning import cli

if TYPE_CHECKING:
    from pathlib import Path

    from faults.county import County
    from faults.proxy import Wire

ANSWER_WITHIN_S = 60.0
LONGEST_ANSWER_BYTES = 4_000
BOX_CODE, HUB_CODE = "/provisioning/", "/hub/"


class _Server(WSGIServer):
    """The hub's pages on a socket that outlives whoever serves it."""

    def __init__(self, listening: socket.socket, pages: WSGIHandler) -> None:
        super().__init__(listening.getsockname(), _Quiet, bind_and_activate=False)
        self.socket.close()
        self.socket, self.timeout = listening, ANSWER_WITHIN_S
        self.server_name, self.server_port = "127.0.0.1", listening.getsockname()[1]
        self.setup_environ()
        self.set_app(pages)


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Quiet."""


@dataclass
class Door:
    """The hub's web server, a line to it, and boxes that come with a ticket."""

    county: County
    folder: Path
    listening: socket.socket
    wire: Wire
    pages: WSGIHandler
    made: int = 0
    breaches: list[str] = field(default_factory=list)

    def ticket(self) -> tuple[str, Path]:
        """A new box's name, and its ticket on a medium."""
        self.made += 1
        name, village = f"new-{self.made}", self.county.village
        path = self.folder / f"{name}.ticket"
        settings.PUBLIC_URL = f"http://127.0.0.1:{self.wire.port}"
        path.write_bytes(tickets.issue(tickets.NewBox(name, village.code, village.title, (), {})))
        return name, path

    def knock(
        self, name: str, ticket: Path, box_dies: int = 0, hub_dies: int = 0
    ) -> tuple[int, int]:
        """One try to enrol; lines that box and hub ran, 0 for whoever died."""
        state = self.folder / name
        words = ["enrol", str(ticket), "--state", str(state), "--run-folder", str(state / "run")]
        connections.close_all()

        def serve() -> None:
            _Server(self.listening, self.pages).handle_request()

        hub = Mortal(serve, self.folder / "hub-lines", HUB_CODE, hub_dies)
        box = Mortal(lambda: _quietly(words), self.folder / "box-lines", BOX_CODE, box_dies)
        ran = box.wait()
        if hub.is_alive():  # the box died before it knocked, or was enrolled already
            with contextlib.suppress(OSError):
                socket.create_connection(self.listening.getsockname(), 5.0).close()
        answered = hub.wait()
        self._turn_away()
        return ran, answered

    def _turn_away(self) -> None:
        """Nobody who knocked at a hub that is gone waits for the next one."""
        self.listening.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                self.listening.accept()[0].close()
        self.listening.setblocking(True)

    def judge(self, case: str, name: str, ticket: Path) -> None:
        """Powered again: enrolled by at most two more tries, once, with its own key."""
        state = self.folder / name
        for _ in range(2):
            if not (state / "agent.toml").exists():
                self.knock(name, ticket)
        try:
            agent_settings.load(state / "agent.toml")
            certificate = (state / "device.pem").read_text("ascii")
            key = serialization.load_pem_private_key((state / "device.key").read_bytes(), None)
        except (OSError, VillageError, ValueError) as error:
            self.breaches.append(f"{case}: not enrolled: {error}")
            return
        active = EnrolmentTicket.objects.filter(box=name, certificate_ended_at=None)
        held = list(active.exclude(certificate_pem="").values_list("certificate_pem", flat=True))
        own = x509.load_pem_x509_certificate(certificate.encode()).public_key()
        if held != [certificate] or own != key.public_key():
            self.breaches.append(f"{case}: {len(held)} certificates, or not its own")
        if Box.objects.filter(id=name).count() != 1:
            self.breaches.append(f"{case}: not once in the ledger")

    def steal(self, name: str, ticket: bytes) -> None:
        """Another device with the same ticket stays outside."""
        stolen = self.folder / "stolen.ticket"
        stolen.write_bytes(ticket)
        thief = f"thief-of-{name}"
        self.knock(thief, stolen)
        if (self.folder / thief / "agent.toml").exists():
            self.breaches.append(f"{name}: its ticket let another device in")
        if not EnrolmentEvent.objects.filter(box=name, code="theft").exists():
            self.breaches.append(f"{name}: a theft that nobody was told of")


def _warm_pages() -> WSGIHandler:
    """The hub's web pages, with everything imported that a first question imports."""
    Client(SERVER_NAME="127.0.0.1").post("/enrol/v1")
    return WSGIHandler()


def _quietly(words: list[str]) -> int:
    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - ends with the child
    return cli.main(words)


def cut_enrolment(scene: Scene) -> Seen:
    """Row R14."""
    county, chance = scene.county, random.Random(14)  # noqa: S311 - the same cuts in every run
    listening = socket.create_server(("127.0.0.1", 0), backlog=5)
    wire = county.wires.to(listening.getsockname())
    was = settings.PUBLIC_URL
    door = Door(county, scene.folder, listening, wire, _warm_pages())
    try:
        name, ticket = door.ticket()
        kept = ticket.read_bytes()
        box_lines, hub_lines = door.knock(name, ticket)
        door.judge("uncut", name, ticket)
        door.steal(name, kept)
        at_box = _points(chance, box_lines, scene.dose(200, 3))
        at_hub = _points(chance, hub_lines, scene.dose(100, 3))
        for point in at_box:
            name, ticket = door.ticket()
            door.knock(name, ticket, box_dies=point)
            door.judge(f"box at line {point}", name, ticket)
        for point in at_hub:
            name, ticket = door.ticket()
            door.knock(name, ticket, hub_dies=point)
            door.judge(f"hub at line {point}", name, ticket)
        cuts = [chance.randrange(LONGEST_ANSWER_BYTES) for _ in range(scene.dose(40, 2))]
        for cut in cuts:
            name, ticket = door.ticket()
            wire.make(Line(cut_after_bytes=cut))
            door.knock(name, ticket)
            wire.heal()
            door.judge(f"answer cut after {cut} bytes", name, ticket)
    finally:
        settings.PUBLIC_URL = was
        wire.close()
        listening.close()
    return Seen(
        f"box killed at {len(at_box)} of {box_lines} lines, hub at {len(at_hub)} of {hub_lines}, "
        f"the answer cut at {len(cuts)} bytes",
        f"{door.made} boxes enrolled once each, by the first or a later try; a thief refused",
        door.breaches,
    )


def _points(chance: random.Random, lines: int, count: int) -> list[int]:
    return sorted(chance.sample(range(1, lines + 1), min(count, lines)))


ROWS = (Row("R14", "enrolment cut at each step", "not enrolled, or once and whole", cut_enrolment),)
