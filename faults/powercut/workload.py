"""What the box does while the power fails: the real store and outbox take a day's messages.

Runs in the guest and under strace: ``python -m faults.powercut.workload DATA ACKS MESSAGES``.
After each message is on the disk its number is written to ACKS, as the broker would get its
acknowledgement. Only the standard library and the box's own store are needed.
"""

from __future__ import annotations

import base64
import json
import mmap
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contract import codec
from contract.alert import Alert
from contract.areas import Area
from contract.receipt import Receipt
from edge_agent.outbox import Outbox, write_acknowledged
from edge_agent.store import StoreWriter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SECTOR_BYTES = 4096
AT = datetime(2024, 7, 12, 2, 0, tzinfo=UTC)


class Acks:
    """Writes the number of the last message that is on the disk, past every cache of ours."""

    def __init__(self, path: Path) -> None:
        direct = os.O_DIRECT if path.is_block_device() else os.O_CREAT
        self._file = os.open(path, os.O_RDWR | direct)
        self._page = mmap.mmap(-1, SECTOR_BYTES)

    def write(self, number: int) -> None:
        """One write of one sector, without a flush."""
        self._page[:16] = b"ACK%013d" % number
        os.pwritev(self._file, [self._page], 0)


def read_ack(sector: bytes) -> int:
    """The number in a sector that `Acks` wrote; 0 before the first."""
    return int(sector[3:16]) if sector[:3] == b"ACK" else 0


class Disk:
    """Store and outbox of one box, as link uses them."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self._store = StoreWriter(data / "store")
        self._outbox = Outbox(data / "link")

    def take(self, step: dict[str, Any]) -> None:
        """Do what one message asks; on the disk when this returns."""
        area = Area.parse(step["area"])
        if "manifest" in step:
            manifest = base64.b64decode(step["manifest"])
            self._store.put_pending(area, manifest)
            for blob in step["blobs"]:
                self._store.put_blob(base64.b64decode(blob), AT)
            self._store.apply(area, manifest)
        elif "alert" in step:
            alert = codec.decode(Alert, step["plain"])
            self._store.put_alert(alert, base64.b64decode(step["alert"]), AT)
        else:
            seq = self._outbox.add_receipt(codec.decode(Receipt, step["receipt"]))
            if seq % 40 == 0:  # the hub has most of them: the owner erases
                write_acknowledged(self.data / "link", self._outbox.name, seq - 20)

    def close(self) -> None:
        """Close the files."""
        self._store.close()
        self._outbox.close()


def steps(path: Path) -> Iterator[dict[str, Any]]:
    """The day's messages, in order."""
    with path.open(encoding="ascii") as file:
        yield from (json.loads(line) for line in file)


def main(argv: Sequence[str]) -> int:
    """Take every message; acknowledge each."""
    data, acks, messages = Path(argv[0]), Acks(Path(argv[1])), Path(argv[2])
    disk = Disk(data)
    for number, step in enumerate(steps(messages), start=1):
        disk.take(step)
        acks.write(number)
    disk.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
