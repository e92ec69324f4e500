"""``village-hub demo``: a county hub, its broker and two villages on this desk, until Ctrl-C."""

from __future__ import annotations

import importlib
import os
import shutil
import signal
import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from hub import serve
from hub.children import end_all, watch_all
from hub.commands.opening import set_up_django
from hub.demo import prepared, sample
from hub.demo.bench import Bench
from hub.demo.ports import free_port

if TYPE_CHECKING:
    from hub.demo.bench import Wish

WEB_PORT, DESK_PORT = 8000, 8090


def main(wish: Wish) -> int:
    """Bring everything up; play the story once, or stay until Ctrl-C.

    Returns:
        0 when told to stop, or when every step of the story was verified; 1 otherwise.
    """
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: _stop(stopping))
    contents = sample.load(wish.notices)
    parts = sample.cast(contents, datetime.now(UTC))
    run = Path(tempfile.mkdtemp(prefix="vn-"))
    addresses = serve.Addresses(web_port=free_port(WEB_PORT), broker_port=free_port(0))
    desk = f"http://127.0.0.1:{free_port(DESK_PORT)}"
    bench = Bench(wish, _fresh(wish.folder), run, addresses, desk)
    try:
        return _play(bench, parts, contents, stopping)
    except KeyboardInterrupt:
        return 0
    finally:
        end_all(bench.children)
        shutil.rmtree(run, ignore_errors=True)


def _play(
    bench: Bench, parts: sample.Cast, contents: dict[str, object], stopping: threading.Event
) -> int:
    bench.data.mkdir(parents=True)
    os.environ.update(serve.environment(bench.data, bench.addresses))
    bench.say("建库,载入88项目录 database and catalogue")
    _make_database(bench)
    set_up_django()
    stage = importlib.import_module("hub.demo.stage")  # its models exist only from here on
    places, boxes = stage.bring_up(bench, parts, contents)
    if bench.wish.once or bench.wish.walk:
        return int(stage.tell(bench, places, boxes, parts))
    stage.welcome(bench, places, boxes, parts)
    watch_all(bench.children, stopping)
    return 0


def _make_database(bench: Bench) -> None:
    shelf, database = bench.folder.parent / "prepared", bench.data / "hub.sqlite3"
    if not prepared.take(shelf, database):
        serve.migrate(bench.data, bench.addresses)
        prepared.put(shelf, database)


def _stop(stopping: threading.Event) -> None:
    """The first Ctrl-C ends whatever is going on; what was started is ended in `main`."""
    if stopping.is_set():
        return
    stopping.set()
    raise KeyboardInterrupt


def _fresh(folder: Path) -> Path:
    """An empty folder; what an earlier demo left there is removed.

    Raises:
        ServeError: there is something else in it.
    """
    marker = folder / ".village-demo"
    if folder.exists() and not marker.exists() and any(folder.iterdir()):
        raise serve.ServeError(
            f"{folder} 不是演示目录,不会清空 is not a demo's folder: choose another"
        )
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    marker.touch()
    return folder.absolute()
