"""Layout and drawing measured: a 320-row table, every notice, and frames beside luma.core.

Run ``python bench/led_drawing.py [--repeat 5] [--frames 2000]``. The peer is luma.core (pip
install luma.core), the usual library for small displays in Python: both draw the same Chinese
text with the same font at the same size. Then the led program itself runs as a process on a
store with a 320-row table and 20 notices: start to first byte, memory, poke to first byte.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from PIL import ImageFont

from contract.alert import Alert
from contract.areas import Area as Place
from contract.keys import PrivateKey
from contract.manifest import Item, Manifest
from contract.messages import seal_message, sha256_hex
from contract.notice import Column, Notice, Paragraph, Sender, Table
from edge_agent.clock import BoxClock
from edge_agent.led import draw, fonts, linebreak
from edge_agent.led.drivers import registry
from edge_agent.led.emulators.card import Card, Matrix
from edge_agent.led.emulators.live_view import LiveView
from edge_agent.led.emulators.serve import Server
from edge_agent.led.layout import Format, text_pages
from edge_agent.led.panel import Area, PanelSpec
from edge_agent.led.tables import table_pages
from edge_agent.outbox import OutboxReader
from edge_agent.poke import poke
from edge_agent.store import StoreWriter

SIZES = [(64, 16), (128, 32), (192, 64), (256, 64), (512, 128)]
BAUD = 57600
UNIFONT = "/usr/share/fonts/opentype/unifont/unifont.otf"
VILLAGE = "530199001001"
TEXT = "因清水镇水厂主管道检修，定于7月6日8:00—18:00对青石村一组至五组停止供水，请提前储水。"
NAMES = ["崔彩霞", "蔡海燕", "胡秀英", "阿依古丽·买买提", "龙新民", "袁文斌", "蒋秀英"]
KEY = PrivateKey.generate()


def big_table(rows: int = 320, columns: int = 12) -> Table:
    heads = [Column("seq", "序号", "int"), Column("name", "户主姓名", "name")]
    heads += [Column(f"c{n}", f"补贴项目{n}(元)", "money") for n in range(columns - 2)]
    cells = tuple(
        (str(n), NAMES[n % len(NAMES)], *(f"{n * 7 + c}.50" for c in range(columns - 2)))
        for n in range(1, rows + 1)
    )
    return Table(tuple(heads), cells)


def forget() -> None:
    """As in a program that has just started."""
    for cache in (fonts.glyph_bitmap, fonts.is_half, linebreak.cells):
        cache.cache_clear()


def bench_table(repeat: int) -> None:
    print("320 rows x 12 columns, processor seconds (median of", repeat, "runs, caches cold)")
    print(f"{'panel':>9} {'pages':>6} {'layout':>8} {'drawing':>8} {'together':>9}")
    table = big_table()
    for width, height in SIZES:
        layout_s, drawing_s = [], []
        for _ in range(repeat):
            forget()
            start = time.process_time()
            pages = table_pages(table, Format(width, height))
            laid_out = time.process_time()
            spec = PanelSpec(width, height)
            area = Area(0, 0, width, height, pages)
            for page in pages:
                draw.draw_page(page, area, spec)
            layout_s.append(laid_out - start)
            drawing_s.append(time.process_time() - laid_out)
        both = statistics.median(a + b for a, b in zip(layout_s, drawing_s, strict=True))
        print(f"{width:>4}x{height:<4} {len(pages):>6} {statistics.median(layout_s):>8.3f} "
              f"{statistics.median(drawing_s):>8.3f} {both:>9.3f}")  # fmt: skip


def bench_luma(frames: int) -> None:
    try:
        dummy = importlib.import_module("luma.core.device").dummy
        canvas = importlib.import_module("luma.core.render").canvas
    except ImportError:
        print("luma.core is not installed: pip install luma.core for the comparison")
        return
    print(f"\nframes a second, {frames} frames of the same text, Unifont 16 px")
    print(f"{'panel':>9} {'ours':>9} {'luma.core':>10} {'ratio':>6}")
    face = ImageFont.truetype(UNIFONT, 16)
    for width, height in SIZES[1:]:
        pages = text_pages(TEXT * (height // 16), Format(width, height))
        lines = [[(run.x_px, run.y_px, run.text) for run in page.runs] for page in pages]
        spec, area = PanelSpec(width, height), Area(0, 0, width, height, pages)
        device = dummy(width=width, height=height, mode="1")

        def ours(number: int, pages: tuple = pages, area: Area = area) -> None:  # type: ignore[type-arg]
            draw.draw_page(pages[number % len(pages)], area, spec)  # noqa: B023 - called at once

        def peer(number: int) -> None:
            with canvas(device) as pen:  # noqa: B023 - called at once
                pen.fontmode = "1"
                for x, y, text in lines[number % len(lines)]:  # noqa: B023 - called at once
                    pen.text((x, y), text, font=face, fill=255)

        rates = []
        for paint in (ours, peer):
            paint(0)
            start = time.perf_counter()
            for number in range(frames):
                paint(number)
            rates.append(frames / (time.perf_counter() - start))
        print(f"{width:>4}x{height:<4} {rates[0]:>9.0f} {rates[1]:>10.0f} "
              f"{rates[0] / rates[1]:>6.2f}")  # fmt: skip


class Bench:
    """A store on disk, an emulated card on a socket, the led program as a process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = BoxClock(folder)
        self.stop = threading.Event()
        self.card: Card = registry.driver("onbon-k").card(Matrix(192, 64), self.clock)
        self.card.baud = BAUD
        self.server = Server(self.card, "127.0.0.1:0", self.clock, LiveView(self.card, None))
        self.server.open()
        threading.Thread(target=lambda: self.server.run(self.stop.is_set), daemon=True).start()
        self.writer = StoreWriter(folder / "state" / "store")
        self.settings = folder / "agent.toml"
        self.settings.write_text(
            f'[box]\nid = "b1"\narea = "{VILLAGE}"\nvillage = "青石村"\n'
            f'state = "{folder}/state"\nrun = "{folder}/run"\n'
            f'[[panel]]\nname = "gate"\ndriver = "onbon-k"\nline = "socket://{self.server.where}"\n'
            f"width_px = 192\nheight_px = 64\nbaud = {BAUD}\n",
            encoding="utf-8",
        )

    def fill(self, *notices: Notice) -> None:
        """Let these notices take force."""
        now = datetime.now(UTC)
        items = []
        for each in notices:
            body = seal_message(each, KEY)
            self.writer.put_blob(body, now)
            items.append(Item(each.id, each.revision, sha256_hex(body), len(body)))
        manifest = Manifest(VILLAGE, 1, 1, now, tuple(items))
        self.writer.apply(Place.parse(VILLAGE), seal_message(manifest, KEY))

    def alarm(self, number: int) -> None:
        """An emergency comes in, for a few seconds."""
        now = datetime.now(UTC)
        notice = notice_of(f"A{number}", "山洪灾害红色预警", "立即转移到村小学操场！")
        alert = Alert(f"A{number}", notice, now, now + timedelta(seconds=5))
        self.writer.put_alert(alert, seal_message(alert, KEY), now)

    def start(self) -> subprocess.Popen[bytes]:
        """Start the led program, with the environment of its systemd unit."""
        words = ["-m", "edge_agent.cli", "part", "led", "--settings", str(self.settings)]
        environment = {**os.environ, "MALLOC_ARENA_MAX": "1"}
        return subprocess.Popen([sys.executable, *words], env=environment)

    def stages(self) -> list[str]:
        """Stages of the receipts so far."""
        reader = OutboxReader(self.folder / "state" / "led")
        found = [str(event.body["stage"]) for event in reader.after(0, 1000)]
        reader.close()
        return found

    def wait_for_bytes(self, after_s: float) -> float:
        """Monotonic time of the first byte on the line after ``after_s``."""
        while self.server.arrived_at_s <= after_s:
            time.sleep(0.0005)
        return self.server.arrived_at_s

    def poke(self, number: int) -> tuple[float, float]:
        """Seconds from the poke of an alarm to its first byte, and to its being on the panel."""
        self.alarm(number)
        start = time.monotonic()
        poke(self.folder / "run", "led")
        first = self.wait_for_bytes(start) - start
        while not self.card.dynamic:  # type: ignore[attr-defined]
            time.sleep(0.001)
        visible = time.monotonic() - start
        while self.card.dynamic:  # type: ignore[attr-defined]
            time.sleep(0.1)
        time.sleep(1)
        return first, visible


def notice_of(notice_id: str, title: str, summary: str, *blocks: object) -> Notice:
    since = datetime.now(UTC) - timedelta(hours=1)
    return Notice(
        id=notice_id, revision=1, areas=(VILLAGE,), title=title, summary=summary,
        sender=Sender("青石村村民委员会"), publish_at=since, issued_at=since,
        blocks=tuple(blocks),  # type: ignore[arg-type]
    )  # fmt: skip


def memory_kb(pid: int, field: str) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith(field)).split()[1])


def processor_s(pid: int) -> float:
    """Processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def bench_program() -> None:
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name))
        texts = [notice_of(f"T{n}", f"第{n}号通知", TEXT, Paragraph(TEXT)) for n in range(19)]
        bench.fill(*texts, notice_of("BIG", "补贴发放表", "共320户", big_table()))
        start = time.monotonic()
        program = bench.start()
        first = bench.wait_for_bytes(start) - start
        cpu = processor_s(program.pid)
        while not bench.card.flash_writes or "shown" not in bench.stages():
            time.sleep(0.5)
        quiet = -1
        while quiet != bench.card.bytes_received:
            quiet = bench.card.bytes_received
            time.sleep(2.5)
        settled = memory_kb(program.pid, "VmRSS")
        pokes = [bench.poke(number) for number in range(10)]
        first_ms = sorted(1000 * first for first, _ in pokes)
        visible_ms = sorted(1000 * visible for _, visible in pokes)
        figures = {
            "start to first byte s": round(first, 3),
            "processor time until then s": cpu,
            "resident after a 320-row table MB": round(settled / 1024, 1),
            "resident peak MB": round(memory_kb(program.pid, "VmHWM") / 1024, 1),
            "poke to first byte of an emergency, median and worst of 10, ms": [
                round(first_ms[5], 1),
                round(first_ms[-1], 1),
            ],
            "poke to the alarm on the panel, the same, ms": [
                round(visible_ms[5]),
                round(visible_ms[-1]),
            ],
            "bytes on the line": bench.card.bytes_received,
            "flash writes": bench.card.flash_writes,
        }
        print("\nthe led program as a process:", json.dumps(figures, ensure_ascii=False))
        program.terminate()
        program.wait()
        bench.stop.set()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=5, help="runs of each table (default 5)")
    parser.add_argument("--frames", type=int, default=2000, help="frames to draw (default 2000)")
    arguments = parser.parse_args()
    bench_table(arguments.repeat)
    bench_luma(arguments.frames)
    bench_program()


if __name__ == "__main__":
    main()
