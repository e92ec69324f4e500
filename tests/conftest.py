"""What tests of every folder share: a real Mosquitto on a free port."""

from __future__ import annotations

import shutil
import socket
import time
from typing import TYPE_CHECKING

import hypothesis
import pytest

from hub.broker.files import Account, BrokerFiles
from hub.broker.passwords import hashed
from hub.broker.supervisor import BrokerSupervisor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from contract.areas import Area

HUB_PASSWORD = "hub-password"
TAKERS_PASSWORD = "takers-password"
# Speed is measured in bench/, never asserted by a clock on the wall.
hypothesis.settings.register_profile("suite", deadline=None)
hypothesis.settings.load_profile("suite")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, so that no process ends the suite alone with one of them."""
    long = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in long)


class TestBroker:
    """A Mosquitto of the test's own. Every box's password is its id."""

    __test__ = False

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.files = BrokerFiles(folder)
        self.accounts: dict[str, Account] = {}
        self.supervisor = BrokerSupervisor(self.files, self.port)
        self._write()

    @property
    def address(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def add_box(self, box: str, areas: tuple[Area, ...]) -> None:
        self.accounts[box] = Account(box, hashed(box), areas)
        self._write()

    def _write(self) -> None:
        takers = hashed(TAKERS_PASSWORD)
        self.files.write_accounts(hashed(HUB_PASSWORD), self.accounts.values(), takers)

    def start(self) -> None:
        """Keep the supervisor turning until the broker listens."""
        deadline_s = time.monotonic() + 20
        while not self.is_up():
            assert time.monotonic() < deadline_s, "Mosquitto does not start"
            self.supervisor.turn()
            time.sleep(0.01)

    def is_up(self) -> bool:
        process = self.supervisor.process
        return process is not None and process.poll() is None and self.supervisor.is_listening()

    def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        assert self.supervisor.process is not None
        self.supervisor.process.kill()
        self.supervisor.process.wait()

    def wipe(self) -> None:
        """Kill it and take its disk away."""
        self.kill()
        self.files.database.unlink(missing_ok=True)

    def stop(self) -> None:
        self.supervisor.stop()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[TestBroker]:
    if not (shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")):
        pytest.fail("mosquitto is missing: sudo apt install mosquitto")
    found = TestBroker(tmp_path / "broker")
    found.start()
    yield found
    found.stop()
