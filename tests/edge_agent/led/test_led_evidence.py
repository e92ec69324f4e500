"""The photo of what was shown can be held against a drawing made anywhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from led_cases import build_board, build_notice

from edge_agent.led import draw
from edge_agent.led.compose import content_area
from edge_agent.led.evidence import MOST_PNG_BYTES, Album, photograph
from edge_agent.led.playlist import notice_pages

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("colours", ["mono", "dual"])
@pytest.mark.parametrize("notice_id", ["N003", "N001"])
def test_the_hash_is_that_of_all_pages_drawn_again(notice_id: str, colours: str) -> None:
    board = build_board(192, 64, colours)
    pages = notice_pages(build_notice(notice_id), board.content)
    area = content_area(board, pages)
    photo = photograph(pages, area, board.spec)
    assert photo.sha256 == draw.pixels_sha256(draw.draw_pages(pages, area, board.spec))


def test_another_amount_is_another_hash() -> None:
    board = build_board(192, 64)
    hashes = set()
    for summary in ("每人400元", "每人410元"):
        pages = notice_pages(build_notice("N003", summary=summary), board.content)
        hashes.add(photograph(pages, content_area(board, pages), board.spec).sha256)
    assert len(hashes) == 2


def test_the_picture_of_a_very_long_notice_is_cut_the_hash_is_not() -> None:
    board = build_board(512, 128, "full")
    pages = notice_pages(build_notice("N001"), board.content) * 40
    photo = photograph(pages, content_area(board, pages), board.spec)
    assert len(photo.png) <= MOST_PNG_BYTES


def test_pictures_leave_the_disk_with_their_notice(tmp_path: Path) -> None:
    album = Album(tmp_path / "shown")
    album.put("N1@1", b"one")
    album.put("N2@1", b"two")
    album.keep_only(["N2@1"])
    assert album.find("N1@1") == b""
    assert album.find("N2@1") == b"two"
    assert [path.name for path in (tmp_path / "shown").iterdir()] == ["N2@1.png"]


def test_a_disk_that_takes_nothing_costs_a_picture_and_no_panel(tmp_path: Path) -> None:
    album = Album(tmp_path / "album")
    (tmp_path / "album").rmdir()
    (tmp_path / "album").write_text("no folder any more")
    album.put("N1@1", b"png")
    assert album.find("N1@1") == b""
