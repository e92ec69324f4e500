"""What is written down, by whom, and in what order."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from contract.receipt import Receipt
from edge_agent.audio.airing import Facts
from edge_agent.audio.announcement import Announcement, Entry, Kind, State
from edge_agent.audio.journal import Journal, open_journal
from edge_agent.audio.scribe import PromptScribe, ThreadScribe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2024, 7, 3, 4, 0, tzinfo=UTC)


def entry(text: str = "") -> Entry:
    return Entry(Announcement("N001", Kind.ROUTINE, NOW, NOW, text), 0)


def receipt(number: int) -> Receipt:
    return Receipt("box-1", "audio", "spoken", "N001", number, NOW, clock_trusted=True)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = Journal(tmp_path)
    yield made
    made.close()


def test_an_open_announcement_is_found_again_as_it_was(journal: Journal) -> None:
    said = entry("你好")
    said.offset, said.interruptions, said.last_sound_at = 96_000, 2, NOW
    facts = Facts(played={"北": 96_000}, offered=96_000, engine="kokoro", loudness_lufs=-16.1)
    journal.write([journal.row(said, facts, NOW)])
    (kept,) = journal.open_airings()
    assert (kept.entry, kept.facts) == (said, facts)


def test_what_is_over_is_remembered_without_its_words(journal: Journal, tmp_path: Path) -> None:
    said = entry("崔彩霞的名字")
    journal.write([journal.row(said, Facts(), NOW)])
    said.state = State.FINISHED
    journal.write([journal.row(said, Facts(), NOW)])
    journal.erase()
    assert journal.open_airings() == []
    assert journal.past().keys == {"N001@1"}
    for path in tmp_path.iterdir():
        assert "崔彩霞".encode() not in path.read_bytes()
        assert b"\\u5d14" not in path.read_bytes()


def test_a_row_that_comes_late_never_covers_a_newer_one(journal: Journal, tmp_path: Path) -> None:
    said = entry()
    early = journal.row(said, Facts(), NOW)
    said.state = State.FINISHED
    journal.write([journal.row(said, Facts(), NOW)])
    other = Journal(tmp_path)
    other.write([early])
    other.close()
    assert journal.open_airings() == []


def test_versions_go_on_after_a_restart(journal: Journal, tmp_path: Path) -> None:
    said = entry()
    journal.write([journal.row(said, Facts(), NOW), journal.row(said, Facts(), NOW)])
    again = Journal(tmp_path)
    said.offset = 960
    again.write([again.row(said, Facts(), NOW)])
    (kept,) = again.open_airings()
    assert kept.entry.offset == 960
    again.close()


def test_reports_wait_on_the_disk_until_the_outbox_has_them(
    journal: Journal, tmp_path: Path
) -> None:
    journal.write([], [receipt(1), receipt(2)])
    again = Journal(tmp_path)
    sent: list[Receipt] = []
    PromptScribe(again, sent.append).send_reports()
    assert [one.revision for one in sent] == [1, 2]
    assert again.oldest_report() is None
    again.close()


def test_a_report_whose_sending_failed_is_sent_again(journal: Journal) -> None:
    journal.write([], [receipt(1)])

    def refuse(_: Receipt) -> None:
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        PromptScribe(journal, refuse).send_reports()
    assert journal.oldest_report() is not None


def test_the_thread_does_its_jobs_in_order_and_ends_when_it_is_told(
    journal: Journal, tmp_path: Path
) -> None:
    sent: list[Receipt] = []
    journal.write([], [receipt(1)])
    scribe = ThreadScribe(tmp_path, lambda: sent.append)
    scribe.later(lambda own: own.write([], [receipt(2)]))
    scribe.send_reports()
    scribe.close()
    assert [one.revision for one in sent] == [1, 2]


def test_a_job_that_cannot_write_does_not_end_the_thread(journal: Journal, tmp_path: Path) -> None:
    sent: list[Receipt] = []
    scribe = ThreadScribe(tmp_path, lambda: sent.append)
    scribe.later(lambda own: own._database.execute("SELECT * FROM nothing"))  # type: ignore[arg-type,return-value]
    scribe.later(lambda own: own.write([], [receipt(3)]))
    scribe.send_reports()
    scribe.close()
    assert [one.revision for one in sent] == [3]
    assert journal.oldest_report() is None


@pytest.mark.parametrize("damage", [b"not a database at all" * 100, None])
def test_a_broken_journal_is_put_aside_and_the_box_goes_on(
    journal: Journal, tmp_path: Path, damage: bytes | None
) -> None:
    journal.write([journal.row(entry(), Facts(), NOW)])
    journal.close()
    path = tmp_path / "audio.db"
    whole = path.read_bytes()
    path.write_bytes(damage or whole[:4096] + b"\xff" * (len(whole) - 4096))
    again = open_journal(tmp_path)
    assert again.open_airings() == []
    again.write([again.row(entry(), Facts(), NOW)])
    assert len(again.open_airings()) == 1
    assert (tmp_path / "broken-audio.db").exists()
    again.close()


def test_without_a_disk_the_journal_is_kept_in_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    journal = open_journal(tmp_path / "file")
    journal.write([journal.row(entry(), Facts(), NOW)])
    assert len(journal.open_airings()) == 1
    journal.close()


def test_airtime_is_counted_by_the_day_of_china(journal: Journal) -> None:
    evening = datetime(2024, 7, 3, 15, 59, tzinfo=UTC)
    night = datetime(2024, 7, 3, 16, 1, tzinfo=UTC)
    journal.write([], ordinary_s=10.0, now=evening)
    journal.write([], ordinary_s=5.0, now=evening)
    journal.write([], ordinary_s=1.0, now=night)
    assert journal.airtime_s(evening) == 15.0
    assert journal.airtime_s(night) == 1.0
