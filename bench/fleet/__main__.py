"""python -m bench.fleet [--boxes 2000] [--soak-s 3600]: storm, alerts, receipts, faults.

Real hub, real Mosquitto with client certificates, real protocol; only the boxes' disks, panels
and loudspeakers are left out. All share this machine's cores. A box's time to verify an alert
is its own: in a county every box has its own processor, so it is added to the arrival instead
of being waited for one box after another.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

from bench.fleet import county as counties
from bench.fleet import rounds
from bench.fleet.rounds import Bench, say
from bench.fleet.soak import EVERY_S, LIMIT_S, Soak


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.fleet", description=__doc__)
    parser.add_argument("--boxes", type=int, default=2000, help="how many (default 2000)")
    parser.add_argument("--receipts", type=int, default=100, help="receipts a box (default 100)")
    parser.add_argument("--changes", type=int, default=rounds.CHANGES, help="notices (default 200)")
    parser.add_argument("--wipes", type=int, default=1, help="brokers wiped (default 1)")
    parser.add_argument("--soak-s", type=float, default=0.0, help="seconds of faults (default 0)")
    parser.add_argument("--every-s", type=float, default=EVERY_S, help="a fault each (default 60)")
    parser.add_argument("--limit-s", type=float, default=LIMIT_S, help="to be right (default 10)")
    parser.add_argument("--soak-only", action="store_true", help="no figures before the soak")
    parser.add_argument("--table", type=Path, help="write the soak's table to this file")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="bench-fleet-") as name:
        started_s = time.monotonic()
        county = counties.found(Path(name), arguments.boxes)
        logging.disable(logging.INFO)
        say("county made", f"{time.monotonic() - started_s:.0f} s on {os.cpu_count()} cores, "
            f"load {os.getloadavg()[0]:.1f}")  # fmt: skip
        county.start()
        bench = Bench(county)
        try:
            run(bench, arguments)
        finally:
            for crowd in bench.crowds:
                crowd.end()
            county.end()


def run(bench: Bench, arguments: argparse.Namespace) -> None:
    say("first notice", bench.county.desk.publish())
    rounds.storm(bench)
    if not arguments.soak_only:
        rounds.alerts(bench)
        rounds.changes(bench, arguments.changes)
        rounds.receipts(bench, arguments.receipts)
    for _ in range(0 if arguments.soak_only else arguments.wipes):
        rounds.wiped_broker(bench)
    if arguments.soak_s:
        soak = Soak(bench, arguments.every_s, arguments.limit_s)
        try:
            soak.run(arguments.soak_s)
        finally:
            print(soak.table())
            if arguments.table:
                soak.write(arguments.table)
        if not soak.has_passed:
            sys.exit("FAILED: see the table")
    faults = [crowd.ask("faults") for crowd in bench.crowds]
    refused, foreign = (sum(each) for each in zip(*faults, strict=True))
    say("messages refused, messages of foreign areas", f"{refused}, {foreign}")


if __name__ == "__main__":
    main()
