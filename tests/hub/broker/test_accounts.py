"""Web site and dispatcher may write the broker's accounts at the same moment."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from hub.broker.files import BrokerFiles

if TYPE_CHECKING:
    from pathlib import Path

WRITERS, ROUNDS = 4, 50


def test_writers_at_the_same_moment_do_not_take_each_others_drafts(tmp_path: Path) -> None:
    files = BrokerFiles(tmp_path / "broker")
    faults: list[OSError] = []

    def write(name: str) -> None:
        for number in range(ROUNDS):
            try:
                files.write_accounts(f"{name}-{number}", ())
            except OSError as error:
                faults.append(error)

    threads = [threading.Thread(target=write, args=(f"w{n}",)) for n in range(WRITERS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert faults == []
    last = {f"hub:w{n}-{ROUNDS - 1}\n" for n in range(WRITERS)}
    assert files.passwords.read_text(encoding="ascii") in last
    assert {path.name for path in files.folder.iterdir()} == {"passwords", files.access.name}
