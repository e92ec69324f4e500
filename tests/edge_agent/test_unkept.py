"""A disk that comes up read-only: everything stored is there, nothing is written or claimed."""

from __future__ import annotations

import asyncio
import base64
import shutil
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from contract.messages import sha256_hex
from edge_agent import status, unkept
from edge_agent.clock import ManualClock
from edge_agent.kiosk.kinds import KINDS
from edge_agent.kiosk.slips import KEY_FILE, SlipDesk, SlipError
from edge_agent.link import program
from edge_agent.outbox import Outbox
from edge_agent.part import open_part
from faults.small_disk import read_only
from tests.edge_agent.link.conftest import NOW, Box, County

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edge_agent.settings import Settings


@pytest.fixture(params=["after a clean end", "after a power cut"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """A box with a notice, a receipt and the key for slips, on a disk mounted read-only."""
    county = County()
    box = Box(tmp_path / "box", county, ManualClock(NOW))
    body = county.seal(county.notice())
    box.sync.start()
    box.sync.take_manifest(box.area, county.manifest(1, ("N1", 1, body)))
    box.sync.take_blob(box.area, sha256_hex(body), body)
    Outbox(box.settings.part_folder("led")).close()
    (box.settings.part_folder("led") / "remembered").write_text("the newest picture")
    box.settings.part_folder("clock")
    key = base64.b64encode(bytes(range(32)))
    (box.settings.part_folder("kiosk") / KEY_FILE).write_bytes(key)
    disk = tmp_path / "disk"
    if request.param == "after a clean end":
        box.held.close()
        shutil.copytree(box.settings.state, disk)
    else:
        shutil.copytree(box.settings.state, disk)  # with the log that nobody has written back
        box.held.close()
    found = replace(box.settings, box=replace(box.settings.box, state=str(disk)))
    try:
        with read_only(disk):
            yield found
    except subprocess.CalledProcessError:
        pytest.skip("needs the right to mount (root)")


def _files(folder: Path) -> dict[str, bytes]:
    return {str(each): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def test_a_part_shows_what_is_stored_and_writes_nothing(settings: Settings) -> None:
    before = _files(settings.state)
    part = open_part("led", settings, ManualClock(NOW))
    assert [each.notice.name for each in part.plan().readable] == ["N1@1"]
    assert (settings.part_folder("led") / "remembered").read_text() == "the newest picture"
    part.receipt("readable", "N1", 1)
    part.close()
    assert _files(settings.state) == before


def test_status_says_so_and_counts_what_is_not_kept(settings: Settings) -> None:
    part = open_part("led", settings, ManualClock(NOW))
    part.receipt("readable", "N1", 1)
    part.close()
    found = status.look(settings)
    assert found["disk_read_only"] is True
    assert found["readable"] == ["N1@1"]
    assert found["unkept"] == {"link": 0, "led": 1, "audio": 0, "kiosk": 0}
    assert found["unsent"]["led"] == 0  # type: ignore[index] # by part


def test_no_slip_is_taken_that_could_not_be_kept(settings: Settings) -> None:
    part = open_part("kiosk", settings, ManualClock(NOW))
    desk = SlipDesk(part, settings.part_folder("kiosk"))
    assert not desk.is_open
    with pytest.raises(SlipError):
        asyncio.run(desk.take(desk.new_form(), KINDS[0], {"text": "请帮我找低保"}))
    part.close()


def test_link_waits_and_what_was_not_kept_goes_once_the_disk_is_whole(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = open_part("led", settings, ManualClock(NOW))
    assert not part.wait(0.0)
    assert not part.stopping
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 3:
            monkeypatch.setattr(unkept, "is_read_only", lambda _: False)

    monkeypatch.setattr("edge_agent.link.program.time.sleep", wait)
    program._wait_for_disk(settings)
    assert len(waited) == 3
    assert not (settings.run / unkept.FOLDER).exists()
    assert not part.wait(5.0)  # ends at once, to be started on the disk
    assert part.stopping
    part.close()
