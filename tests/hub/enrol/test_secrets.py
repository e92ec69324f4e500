"""Secrets stay where they belong: in no log, no backup, no answer, no file of the source."""

from __future__ import annotations

import base64
import io
import logging
import re
import sqlite3
import subprocess
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contract import codec, enrolment
from contract.enrolment import EnrolAnswer, EnrolQuestion
from hub.emergency import desk as emergencies
from hub.enrol import tickets
from hub.enrol.models import EnrolmentTicket, TicketState
from hub.sealing.seal import keyring, seal_row
from hub.site.backup import BackupError, write_backup
from provisioning.enrol import read_ticket

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.hub.conftest import Desk

Forms = dict[str, dict[str, Any]]
ROOT = Path(__file__).resolve().parents[3]
PASSWORD = "correct-horse-battery-staple"
TOKEN = "push-token-that-nobody-may-read"


def _csr(box: str) -> str:
    from cryptography import x509  # noqa: PLC0415 - for one request
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - as above

    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, box)])
    request = x509.CertificateSigningRequestBuilder().subject_name(name)
    signed = request.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode("ascii")


@pytest.fixture
def spoken(
    people: Desk, notices: Forms, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> tuple[str, list[bytes]]:
    """A busy hour at the hub: what it logged at its most talkative, and its secrets."""
    caplog.set_level(logging.DEBUG)
    village = people.village
    paths = []
    for name in ("box-1", "box-2"):
        ticket = tickets.issue(tickets.NewBox(name, village.code, str(village.title), (), {}))
        paths.append(tmp_path / f"{name}.ticket")
        paths[-1].write_bytes(ticket)
    used, unused = (read_ticket(path) for path in paths)
    csr = _csr("box-1")
    answer = tickets.answer(
        EnrolQuestion("box-1", csr, enrolment.proof(used.secret_hex, "box-1", csr), {})
    )
    first, second = people.county_officers
    alert = emergencies.draft_from_import(first, notices["N004"], village, now=timezone.now())
    seal_row(emergencies.release_alert(second, alert))
    second.set_password(PASSWORD)
    second.save()
    client = Client()
    client.post(reverse("wagtailadmin_login"), {"username": second.username, "password": "no"})
    client.post(reverse("wagtailadmin_login"), {"username": second.username, "password": PASSWORD})
    Client().post("/cap/v1", b"<a/>", "text/xml", headers={"Authorization": f"Bearer {TOKEN}"})
    secrets = [PASSWORD, TOKEN, used.secret_hex, unused.secret_hex, settings.SECRET_KEY]
    secrets.append(client.cookies[settings.SESSION_COOKIE_NAME].value)
    if answer.password:
        secrets.append(answer.password)
    return caplog.text, [each.encode() for each in secrets] + list(_key_forms())


def _key_forms() -> Iterator[bytes]:
    """Every private key of the hub, raw, in hex, in base64; PEM bodies line by line."""
    ring = keyring()
    for path in ring.folder.rglob("*"):
        if not path.is_file() or path.suffix in (".pem", ".pub"):
            continue
        raw = path.read_bytes()
        if b"BEGIN" in raw:
            yield from (line for line in raw.splitlines() if len(line) > 40 and b"-" not in line)
        elif len(raw) == 32:
            yield from (raw, raw.hex().encode(), base64.b64encode(raw))


def _holding(text: bytes, secrets: list[bytes]) -> list[bytes]:
    return [each for each in secrets if each in text]


def test_no_secret_is_ever_logged(spoken: tuple[str, list[bytes]]) -> None:
    text, secrets = spoken
    assert len(secrets) > 15
    assert "released" in text  # it did log
    assert _holding(text.encode("utf-8"), secrets) == []


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_no_secret_is_in_a_backup_and_everything_else_is(
    people: Desk, spoken: tuple[str, list[bytes]], tmp_path: Path
) -> None:
    path = tmp_path / "backup.tar.gz"
    assert write_backup(path) > 10_000
    assert path.stat().st_mode & 0o077 == 0
    with tarfile.open(path) as archive:
        names = archive.getnames()
        found = archive.extractfile("hub.sqlite3")
        assert found is not None
        (tmp_path / "hub.sqlite3").write_bytes(found.read())
    assert not any(name.startswith(("keys", "broker", "logs")) for name in names)
    data = (tmp_path / "hub.sqlite3").read_bytes()
    assert _holding(data, spoken[1]) == []
    assert people.village.code.encode() in data
    assert str(people.village.title).encode() in data

    copy = sqlite3.connect(tmp_path / "hub.sqlite3")
    rows = copy.execute("SELECT secret_hex, state, answer FROM enrol_enrolmentticket").fetchall()
    copy.close()
    assert len(rows) >= 2
    assert all(len(secret) == 32 and answer is None for secret, _, answer in rows)
    assert TicketState.STAGED not in {state for _, state, _ in rows}
    assert EnrolmentTicket.objects.filter(state=TicketState.STAGED).exists()  # only in the copy


def test_a_backup_that_cannot_be_written_leaves_nothing_behind(
    people: Desk, tmp_path: Path
) -> None:
    assert people
    with pytest.raises(BackupError):
        write_backup(tmp_path / "nowhere" / "backup.tar.gz")
    assert list(tmp_path.iterdir()) == []


def test_an_answer_to_a_stranger_tells_no_secret(people: Desk) -> None:
    assert people
    answer = Client().post("/enrol/v1", b"{}", "application/json")
    assert answer.status_code == 400
    assert settings.SECRET_KEY.encode() not in answer.content
    assert codec.hints_of(EnrolAnswer)["password"] is str


def test_no_private_key_is_in_the_source() -> None:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip("not a git work tree: nothing to list")
    pattern = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=\s]{40,}")
    found = []
    for name in io.BytesIO(done.stdout).read().split(b"\0"):
        path = ROOT / name.decode()
        if name and path.is_file() and pattern.search(path.read_bytes()):
            found.append(name)
    assert found == []
