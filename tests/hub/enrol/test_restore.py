"""A backup is put back into an empty hub, whole, and into no other."""

from __future__ import annotations

import io
import sqlite3
import tarfile
from typing import TYPE_CHECKING

import pytest
from django.conf import settings

from hub.site.backup import write_backup
from hub.site.restore import RestoreError, restore

if TYPE_CHECKING:
    from pathlib import Path

    from tests.hub.conftest import Desk


@pytest.fixture(autouse=True)
def _on_sqlite(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VILLAGE_HUB_DATABASE", raising=False)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_database_and_uploads_are_put_back_into_an_empty_hub(people: Desk, tmp_path: Path) -> None:
    upload = settings.DATA.media / "documents" / "帐.pdf"
    upload.parent.mkdir(parents=True, exist_ok=True)
    upload.write_bytes(b"%PDF-1.7")
    write_backup(tmp_path / "backup.tar.gz")
    upload.unlink()
    assert not list(settings.DATA.root.glob(".backup-*"))

    restore(tmp_path / "backup.tar.gz", tmp_path / "new")
    assert (tmp_path / "new" / "media" / "documents" / "帐.pdf").read_bytes() == b"%PDF-1.7"
    assert list((tmp_path / "new" / "keys").iterdir()) == []
    database = sqlite3.connect(tmp_path / "new" / "hub.sqlite3")
    rows = database.execute("SELECT title FROM wagtailcore_page").fetchall()
    database.close()
    assert (people.village.title,) in rows
    with pytest.raises(RestoreError, match="has data"):
        restore(tmp_path / "backup.tar.gz", tmp_path / "new")


def _archive(path: Path, **members: bytes) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, body in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(body)
            archive.addfile(info, io.BytesIO(body))
    return path


def test_a_file_that_leads_elsewhere_is_not_written(tmp_path: Path) -> None:
    members = {"hub.sqlite3": b"x", "media/../../evil": b"x", "/etc/evil": b"x", "keys/evil": b"x"}
    restore(_archive(tmp_path / "b.tar.gz", **members), tmp_path / "new")
    assert [path.name for path in tmp_path.rglob("*evil*")] == []


def test_what_is_no_backup_or_of_another_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no archive")
    other = _archive(tmp_path / "b.tar.gz", **{"hub.sql": b"x"})
    for path, words in ((tmp_path / "text", "not a backup"), (other, "another kind")):
        with pytest.raises(RestoreError, match=words):
            restore(path, tmp_path / "new")
    assert not (tmp_path / "new" / "hub.sqlite3").exists()
