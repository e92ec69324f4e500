"""The store: all at one moment, hashes checked on every read, nothing left of what was dropped."""

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contract.alert import Alert
from contract.areas import Area
from contract.keys import PrivateKey
from contract.manifest import Item, Manifest
from contract.messages import seal_message, sha256_hex
from contract.notice import Cap, Notice, Sender
from contract.receipt import Receipt
from edge_agent.outbox import Outbox, OutboxReader, write_acknowledged
from edge_agent.store import Store, StoreWriter

NOW = datetime(2024, 7, 3, 2, 0, tzinfo=UTC)
COUNTY, VILLAGE = Area("530199"), Area("530199001001")
KEY = PrivateKey.generate()


def _notice(notice_id: str = "N1", title: str = "低保公示", revision: int = 1) -> Notice:
    return Notice(
        id=notice_id, revision=revision, areas=(str(VILLAGE),), title=title, summary="摘要",
        sender=Sender("村委会"), publish_at=NOW, issued_at=NOW,
    )  # fmt: skip


def _apply(store: StoreWriter, area: Area, generation: int, *notices: Notice) -> None:
    items = []
    for each in notices:
        body = seal_message(each, KEY)
        store.put_blob(body, NOW)
        items.append(Item(each.id, each.revision, sha256_hex(body), len(body)))
    manifest = Manifest(str(area), 1, generation, NOW, tuple(items))
    store.apply(area, seal_message(manifest, KEY))


@pytest.fixture
def store(tmp_path: Path) -> StoreWriter:
    return StoreWriter(tmp_path)


def test_a_reader_works_when_no_writer_ever_left_its_shm_file(tmp_path: Path) -> None:
    writer = StoreWriter(tmp_path)
    _apply(writer, VILLAGE, 1, _notice())
    writer.close()
    for rest in tmp_path.glob("notices.db-*"):
        rest.unlink()
    assert [h.notice.id for h in Store(tmp_path, read_only=True).in_force().notices] == ["N1"]


def test_a_reader_cannot_write(tmp_path: Path, store: StoreWriter) -> None:
    _apply(store, VILLAGE, 1, _notice())
    reader = Store(tmp_path, read_only=True)
    with pytest.raises(sqlite3.OperationalError):
        reader._database.execute("DELETE FROM blob")


def test_what_the_next_manifest_drops_is_gone_from_the_files(
    tmp_path: Path, store: StoreWriter
) -> None:
    _apply(store, VILLAGE, 1, _notice("N1", "崔彩霞的名单"), _notice("N2"))
    _apply(store, VILLAGE, 2, _notice("N2"))
    assert [h.notice.id for h in store.in_force().notices] == ["N2"]
    for path in tmp_path.iterdir():
        assert "崔彩霞".encode() not in path.read_bytes()


def test_the_nearest_area_wins_and_a_revision_replaces(store: StoreWriter) -> None:
    _apply(store, COUNTY, 1, _notice("N1", "县里的", revision=5))
    _apply(store, VILLAGE, 1, _notice("N1", "村里的", revision=2))
    (held,) = store.in_force().notices
    assert (held.notice.title, held.area) == ("村里的", VILLAGE)


def test_rotten_content_is_left_out_and_named(tmp_path: Path, store: StoreWriter) -> None:
    _apply(store, VILLAGE, 1, _notice("N1"), _notice("N2"))
    (rotten,) = [h.sha256 for h in store.in_force().notices if h.notice.id == "N1"]
    with sqlite3.connect(tmp_path / "notices.db") as other:
        other.execute(
            "UPDATE blob SET body = substr(body, 1, 40) || x'00' || substr(body, 42) "
            "WHERE sha256 = ?", (rotten,),
        )  # fmt: skip
    held = store.in_force()
    assert [h.notice.id for h in held.notices] == ["N2"]
    assert held.damaged == (rotten,)


def test_a_rotten_manifest_is_not_believed(tmp_path: Path, store: StoreWriter) -> None:
    _apply(store, VILLAGE, 1, _notice())
    with sqlite3.connect(tmp_path / "notices.db") as other:
        other.execute("UPDATE layer SET body = body || x'20'")
    assert store.in_force().notices == ()


def test_an_alert_is_new_once_and_a_cancelled_one_stays_silent(store: StoreWriter) -> None:
    alert = Alert("A1", _notice("A1"), NOW, NOW + timedelta(hours=1))
    assert store.put_alert(alert, seal_message(alert, KEY), NOW)
    assert not store.put_alert(alert, seal_message(alert, KEY), NOW)
    cancel_notice = replace(_notice("C1"), cap=Cap(msg_type="Cancel", references=("A1",)))
    cancel = Alert("C1", cancel_notice, NOW, NOW + timedelta(hours=1))
    store.put_alert(cancel, seal_message(cancel, KEY), NOW)
    assert [h.alert.id for h in store.in_force().alerts] == ["C1"]


def test_a_cancellation_that_comes_first_silences_the_alarm_after_it(store: StoreWriter) -> None:
    cancel_notice = replace(_notice("C1"), cap=Cap(msg_type="Cancel", references=("A1",)))
    cancel = Alert("C1", cancel_notice, NOW, NOW + timedelta(hours=1))
    store.put_alert(cancel, seal_message(cancel, KEY), NOW)
    alert = Alert("A1", _notice("A1"), NOW, NOW + timedelta(hours=1))
    store.put_alert(alert, seal_message(alert, KEY), NOW)
    assert [h.alert.id for h in store.in_force().alerts] == ["C1"]


def test_every_change_moves_the_change_number(store: StoreWriter) -> None:
    before = store.change()
    _apply(store, VILLAGE, 1, _notice())
    assert store.change() > before


def _receipt(number: int) -> Receipt:
    return Receipt("qingshi-1", "led", "stored", f"N{number}", 1, NOW, clock_trusted=True)


def test_an_outbox_keeps_what_is_not_acknowledged_and_forgets_the_rest(tmp_path: Path) -> None:
    folder = tmp_path / "led"
    (tmp_path / "store").mkdir()
    outbox = Outbox(folder)
    numbers = [outbox.add_receipt(_receipt(n)) for n in range(3)]
    reader = OutboxReader(folder)
    assert [event.seq for event in reader.after(0)] == numbers
    write_acknowledged(folder, outbox.name, numbers[1])
    outbox.add_receipt(_receipt(9))
    assert [event.body["notice_id"] for event in reader.after(0)] == ["N2", "N9"]


def test_an_acknowledgement_of_another_outbox_forgets_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "led"
    (tmp_path / "store").mkdir()
    outbox = Outbox(folder)
    first = outbox.add_receipt(_receipt(1))
    write_acknowledged(folder, "another", first)
    outbox.add_receipt(_receipt(2))
    assert len(outbox.after(0)) == 2
