"""A backup of PostgreSQL: one moment, no secrets, and boxes that move on after it was put back."""

from __future__ import annotations

import os
import tarfile
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection

from hub.dispatch.models import Layer
from hub.enrol import tickets
from hub.enrol.models import EnrolmentEvent, EnrolmentTicket, TicketState
from hub.ledger.models import FleetAlarm
from hub.site import dump
from hub.site.backup import BackupError, write_backup
from hub.site.restore import RestoreError, restore
from provisioning.enrol import read_ticket
from tests.hub.dispatch.conftest import Road

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import TestBroker
    from tests.hub.conftest import Desk

pytestmark = [
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="run by: python -m tests.with_postgres"
    ),
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.timeout(600),
    pytest.mark.broker,
]
Forms = dict[str, dict[str, Any]]


@pytest.fixture
def road(people: Desk, broker: TestBroker, tmp_path: Path) -> Iterator[Road]:
    found = Road(people, broker, tmp_path)
    yield found
    found.close()


@pytest.fixture
def upload() -> Iterator[Path]:
    path = settings.DATA.media / "documents" / "帐.pdf"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"%PDF-1.7")
    yield path
    path.unlink(missing_ok=True)


@pytest.fixture(autouse=True)
def _same_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """The address names the server; the tests have a database of their own on it."""
    server = os.environ.get("VILLAGE_HUB_DATABASE", "").rpartition("/")[0]
    monkeypatch.setenv("VILLAGE_HUB_DATABASE", f"{server}/{connection.settings_dict['NAME']}")


def _script(archive: Path) -> str:
    with tarfile.open(archive) as found:
        file = found.extractfile("hub.sql")
        assert file is not None
        return file.read().decode("utf-8")


def _lose_the_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
    connection.close()


def test_a_hub_that_was_put_back_moves_on_past_its_boxes(
    road: Road, notices: Forms, upload: Path, tmp_path: Path
) -> None:
    box, area = road.add_box("box-1", road.people.village.code), road.people.village.code
    road.publish(notices["N001"])
    road.until(lambda: box.names() == {"N001@1"})
    write_backup(tmp_path / "backup.tar.gz")
    for name in ("N003", "N007"):
        road.publish(notices[name])
        road.until(lambda name=name: f"{name}@1" in box.names())
    seen = Layer.objects.get(area=area).generation
    road.dispatcher.close()

    _lose_the_database()
    restore(tmp_path / "backup.tar.gz", tmp_path / "new")
    assert (tmp_path / "new" / "media" / "documents" / upload.name).read_bytes() == b"%PDF-1.7"
    assert Layer.objects.get(area=area).generation < seen

    road.dispatcher = road.new_dispatcher()
    road.publish(notices["N006"])
    road.until(lambda: box.names() == {"N001@1", "N006@1"})
    assert Layer.objects.get(area=area).generation > seen
    assert FleetAlarm.objects.filter(kind="hub_restored").exists()


def test_no_secret_is_in_it_and_tickets_are_void(people: Desk, tmp_path: Path) -> None:
    session = SessionStore()
    session["who"] = "clerk"
    session.save()
    path = tmp_path / "box-1.ticket"
    path.write_bytes(tickets.issue(tickets.NewBox("box-1", people.village.code, "青石村", (), {})))
    archive = tmp_path / "backup.tar.gz"
    write_backup(archive)
    assert archive.stat().st_mode & 0o077 == 0
    text = _script(archive)
    secrets = [read_ticket(path).secret_hex, session.session_key, settings.SECRET_KEY]
    assert [each for each in secrets if each in text] == []
    assert people.village.code in text

    with pytest.raises(RestoreError, match="has data"):
        restore(archive, tmp_path / "new")
    _lose_the_database()
    restore(archive, tmp_path / "new")
    found = EnrolmentTicket.objects.get()
    assert (found.box, found.state, found.answer) == ("box-1", TicketState.REVOKED, None)
    tickets.issue(tickets.NewBox("box-1", people.village.code, "青石村", (), {}))  # the next number
    assert EnrolmentTicket.objects.count() == 2


def test_it_is_the_hub_at_one_moment_while_the_hub_goes_on(
    people: Desk, upload: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert people
    dumping = dump.run

    def meanwhile(words: list[str], *rest: object, **options: object) -> None:
        upload.unlink()
        names = connection.settings_dict
        at = {"host": names["HOST"], "user": names["USER"], "dbname": names["NAME"]}
        with psycopg.connect(**at) as other:
            other.execute(
                "INSERT INTO enrol_enrolmentevent (box, code, at, detail)"
                " VALUES ('b', 'too-late', now(), '')"
            )
            other.execute(
                "INSERT INTO enrol_enrolmentticket (box, area, place, groups, secret_hex, state,"
                " issued_at, expires_at, used_by, certificate_pem, facts) VALUES"
                " ('late-box', '', '', '[]', '', 'staged', now(), now(), '', '', '{}')"
            )
        dumping(words, *rest, **options)  # type: ignore[arg-type] # as they came

    monkeypatch.setattr(dump, "run", meanwhile)
    write_backup(tmp_path / "backup.tar.gz")
    assert EnrolmentEvent.objects.filter(code="too-late").exists()
    text = _script(tmp_path / "backup.tar.gz")
    assert "too-late" not in text
    assert "late-box" not in text
    with tarfile.open(tmp_path / "backup.tar.gz") as archive:
        assert f"media/documents/{upload.name}" in archive.getnames()


def test_without_pg_dump_nothing_is_written(
    people: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert people
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(BackupError, match="postgresql-client"):
        write_backup(tmp_path / "backup.tar.gz")
    assert list(tmp_path.iterdir()) == []
