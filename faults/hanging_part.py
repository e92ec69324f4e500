"""``python -m faults.hanging_part PART SETTINGS``: a part whose loop spins for ever at SIGUSR1.

Python runs a signal's handler in the main thread, between two steps of whatever loop is there:
that loop does not turn again, as after a fault of ours in it.
"""

from __future__ import annotations

import importlib
import signal
import sys
from pathlib import Path

from edge_agent import settings


def _spin(*_: object) -> None:
    while True:
        pass


def main() -> int:
    """Run the part."""
    part, path = sys.argv[1:]
    signal.signal(signal.SIGUSR1, _spin)
    program = importlib.import_module(f"edge_agent.{part}.program")
    return int(program.main(settings.load(Path(path))))


if __name__ == "__main__":
    sys.exit(main())
