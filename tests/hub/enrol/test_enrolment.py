"""How a box joins: a ticket works once, for one key; everything else is refused and written down.

The box's side runs for real (`provisioning.enrol`), against a real HTTP server.
"""

from __future__ import annotations

import socket
import time
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from django.utils import timezone

from contract import enrolment
from contract.enrolment import EnrolQuestion
from contract.keys import Trust
from edge_agent import settings as agent_settings
from edge_agent.clock import BoxClock
from edge_agent.link.program import Link
from hub.broker.files import TlsListener
from hub.broker.supervisor import BrokerSupervisor
from hub.enrol import broker_tls, tickets
from hub.enrol.authority import Authority
from hub.enrol.models import EnrolmentEvent, EnrolmentTicket
from hub.ledger import boxes
from hub.ledger.models import Box
from provisioning import enrol, stage
from provisioning.errors import EnrolError, StageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_django.live_server_helper import LiveServer

    from contract.enrolment import Ticket
    from hub.accounts import County

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
BOX = "qingshi-1"


@pytest.fixture
def county(transactional_db: None, notices_file: Path) -> County:  # noqa: ARG001 - a database of its own
    from hub.accounts import create_demo_county  # noqa: PLC0415 - needs the database

    return create_demo_county(notices_file)


@pytest.fixture
def medium(county: County, tmp_path: Path, live_server: LiveServer, settings: object) -> Path:
    """A boot medium with a ticket for the first village."""
    settings.PUBLIC_URL = live_server.url  # type: ignore[attr-defined] # pytest-django's settings
    village = county.villages[0]
    new = tickets.NewBox(BOX, village.code, village.title, (1, 2, 3), {})
    folder = tmp_path / "boot"
    folder.mkdir()
    return stage.stage(tickets.issue(new), folder)


def _enrol(medium: Path, folder: Path) -> Path:
    return enrol.enrol(enrol.read_ticket(medium), folder / "state", folder / "run")


def _question(ticket: Ticket, folder: Path, box: str = BOX) -> EnrolQuestion:
    csr = enrol._request(box, enrol._device_key(folder / f"{box}.key"))
    return EnrolQuestion(box, csr, enrolment.proof(ticket.secret_hex, box, csr), {})


def test_a_box_with_a_ticket_gets_settings_certificate_and_keys(
    medium: Path, tmp_path: Path, county: County
) -> None:
    found = agent_settings.load(_enrol(medium, tmp_path))
    assert found.box.area == county.villages[0].code
    state = tmp_path / "state"
    certificate = x509.load_pem_x509_certificate((state / "device.pem").read_bytes())
    assert certificate.subject.rfc4514_string() == f"CN={BOX}"
    assert Trust.first((state / "link" / "keys").read_bytes()).keys.version == 1
    for secret in ("device.key", "broker.password"):
        assert (state / secret).stat().st_mode & 0o077 == 0
    assert Box.objects.get(id=BOX).groups == [1, 2, 3]


def test_the_private_key_never_leaves_the_box(medium: Path, tmp_path: Path) -> None:
    _enrol(medium, tmp_path)
    row = EnrolmentTicket.objects.get(box=BOX)
    assert "PRIVATE" not in str(row.answer) + row.certificate_pem


def test_asking_again_with_the_same_key_gives_the_same_answer(medium: Path, tmp_path: Path) -> None:
    first = _enrol(medium, tmp_path).read_text("utf-8")
    password = (tmp_path / "state" / "broker.password").read_text("utf-8")
    assert _enrol(medium, tmp_path).read_text("utf-8") == first
    assert (tmp_path / "state" / "broker.password").read_text("utf-8") == password


def test_a_stolen_ticket_with_another_key_is_refused_and_written_down(
    medium: Path, tmp_path: Path
) -> None:
    _enrol(medium, tmp_path)
    with pytest.raises(EnrolError) as caught:
        _enrol(medium, tmp_path / "thief")
    assert caught.value.code == "theft"
    assert EnrolmentEvent.objects.filter(box=BOX, code="theft").exists()


def test_an_expired_ticket_is_refused(medium: Path, tmp_path: Path) -> None:
    EnrolmentTicket.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(EnrolError) as caught:
        _enrol(medium, tmp_path)
    assert caught.value.code == "expired"
    assert not (tmp_path / "state" / "agent.toml").exists()


def test_a_newer_ticket_voids_the_older_one(medium: Path, tmp_path: Path, county: County) -> None:
    village = county.villages[0]
    tickets.issue(tickets.NewBox(BOX, village.code, village.title, (), {}))
    with pytest.raises(EnrolError) as caught:
        _enrol(medium, tmp_path)
    assert caught.value.code == "void"


@pytest.mark.parametrize("place", [3, 40, -3], ids=["head", "middle", "end"])
def test_a_ticket_with_one_changed_byte_is_not_a_ticket(medium: Path, place: int) -> None:
    data = bytearray(medium.read_bytes())
    data[place] ^= 1
    medium.write_bytes(bytes(data))
    with pytest.raises(EnrolError):
        enrol.read_ticket(medium)


def test_a_ticket_of_another_county_fails_the_fingerprint(medium: Path) -> None:
    with pytest.raises(EnrolError) as caught:
        enrol.read_ticket(medium, "0000-0000-0000-0000-0000-0000")
    assert caught.value.code == "stranger"


def test_a_request_for_another_name_is_refused(medium: Path, tmp_path: Path) -> None:
    ticket = enrol.read_ticket(medium)
    csr = enrol._request("+", enrol._device_key(tmp_path / "k"))
    question = EnrolQuestion(BOX, csr, enrolment.proof(ticket.secret_hex, BOX, csr), {})
    with pytest.raises(tickets.EnrolmentRefusedError) as caught:
        tickets.answer(question)
    assert caught.value.code == "bad_request"


def test_a_wrong_proof_is_refused(medium: Path, tmp_path: Path) -> None:
    ticket = enrol.read_ticket(medium)
    right = _question(ticket, tmp_path)
    wrong = EnrolQuestion(right.box, right.csr_pem, "00" * 32, {})
    with pytest.raises(tickets.EnrolmentRefusedError) as caught:
        tickets.answer(wrong)
    assert caught.value.code == "unknown"


def test_a_hub_that_is_away_is_a_plain_sentence_and_nothing_is_half_done(
    medium: Path, tmp_path: Path
) -> None:
    ticket = replace(enrol.read_ticket(medium), hub="http://127.0.0.1:1")
    with pytest.raises(EnrolError, match="check and try again"):
        enrol.enrol(ticket, tmp_path / "state", tmp_path / "run")
    assert not (tmp_path / "state" / "agent.toml").exists()


def test_a_used_ticket_is_wiped_from_the_medium(medium: Path) -> None:
    stage.wipe(medium)
    assert not medium.exists()


def test_a_medium_that_is_not_there_is_a_plain_sentence(tmp_path: Path) -> None:
    with pytest.raises(StageError, match="try another"):
        stage.stage(b"ticket", tmp_path / "nowhere")


@pytest.fixture
def guarded(monkeypatch: pytest.MonkeyPatch, settings: object) -> Iterator[BrokerSupervisor]:
    """The hub's own broker with its listener for certificates, as `village-hub serve` starts it."""
    files, authority = boxes.broker_files(), Authority(settings.DATA.keys / "authority")  # type: ignore[attr-defined] # as above
    broker_tls.prepare(authority, files.tls, ["127.0.0.1"])
    plain, tls = _free_port(), _free_port()
    monkeypatch.setenv("VILLAGE_HUB_BROKER", f"mqtt://127.0.0.1:{plain}")
    monkeypatch.setenv("VILLAGE_HUB_BROKER_TLS", f"mqtts://127.0.0.1:{tls}")
    boxes.write_accounts()
    listener = TlsListener(tls, files.tls, "127.0.0.1")
    found = BrokerSupervisor(files, plain, tls=listener, hub_password=boxes.hub_password())
    yield found
    found.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.broker
def test_an_enrolled_box_comes_in_by_certificate_alone_and_a_revoked_one_is_thrown_out(
    medium: Path, tmp_path: Path, guarded: BrokerSupervisor
) -> None:
    found = agent_settings.load(_enrol(medium, tmp_path))
    assert found.link.broker.startswith("mqtts://")
    assert found.link.password_file == ""
    link = Link(found, BoxClock(found.part_folder("clock")))

    def until(condition: Callable[[], object]) -> None:
        deadline_s = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < deadline_s, "this never came true"
            guarded.turn()
            link.turn(0.02)

    until(lambda: link.is_up)
    boxes.revoke_box(BOX)
    until(lambda: not link.is_up)
    tries = guarded.starts
    for _ in range(60):
        guarded.turn()
        link.turn(0.02)
        assert not link.is_up
    assert guarded.starts == tries
    link.close()


def test_a_box_that_replaces_another_ends_the_other_s_certificate(
    medium: Path, tmp_path: Path, county: County
) -> None:
    _enrol(medium, tmp_path)
    village = county.villages[0]
    new = stage.stage(tickets.issue(tickets.NewBox(BOX, village.code, village.title, (), {})),
                      medium.parent)  # fmt: skip
    _enrol(new, tmp_path / "other")
    ended = EnrolmentTicket.objects.exclude(certificate_ended_at=None)
    assert [each.certificate_pem for each in ended] == [
        (tmp_path / "state" / "device.pem").read_text()
    ]
