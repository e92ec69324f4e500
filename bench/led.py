"""LED panels measured: bytes and seconds on the wire beside the floor, bitmaps and a peer.

Run ``python bench/led.py [--exchanges 100000]``. Time on the wire is counted on the emulated
card's clock, bytes at their baud rate; start, memory and real latency are measured in real time.
The peer is PyPI's ``app-tools-zxw`` for the same card; without it installed a line says so.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from edge_agent.clock import ManualClock
from edge_agent.led.board import Board
from edge_agent.led.drivers import registry
from edge_agent.led.emulators.card import Card, Matrix
from edge_agent.led.emulators.memory_line import MemoryLine
from edge_agent.led.layout import text_pages
from edge_agent.led.panel import Area, Page, Panel, Run, Screen

BAUD = 9600
WIDTH_PX, HEIGHT_PX = 128, 32
CHARACTERS = (
    "村务公开是保障村民知情权参与权表达权监督权的重要制度本村按照规定公布财务收支补助发放工程建设低保救助"
    "等事项接受全体村民监督有不同意见请向村务监督委员会反映也可以到镇政府政务公开窗口查询"
)
TEXT = (CHARACTERS * 4)[:200]
NOTICE = (
    "因清水镇水厂主管道检修，定于7月6日8:00—18:00对青石村一组至五组停止供水，请提前储水。停水期间，消防"
    "水池照常使用；恢复供水后，请先放水两分钟再饮用。根据《中华人民共和国村民委员会组织法》，现将2026年第二"
    "季度财务收支情况公布如下：本季度总收入128,450.00元，总支出96,320.50元，结余32,129.50元。其中：集体资产"
    "租金收入80,000元，上级补助48,450元；道路维修支出56,000元"
)[:200]
"""200 characters as a clerk writes them: signs, amounts and dates that no line may part."""
PEER = "app_tools_zxw.SDK_硬件读写.LED显示屏.仰邦BX6K1_网口_使用公共封装函数"
FRAME_FLOOR_BYTES, ACK_BYTES = 61, 30
"""What one dynamic-area frame and one ACK weigh without any text (protocol 1.4)."""


class Desk:
    """A panel on an emulated card in simulated time."""

    def __init__(self, name: str = "onbon-k") -> None:
        self.clock = ManualClock(datetime(2026, 7, 3, 4, tzinfo=UTC))
        driver = registry.driver(name)
        self.card: Card = driver.card(Matrix(WIDTH_PX, HEIGHT_PX), self.clock)
        self.card.baud = BAUD
        self.line = MemoryLine(self.card, self.clock, BAUD)
        spec = driver.spec(WIDTH_PX, HEIGHT_PX)
        self.panel: Panel = driver.panel(self.line, spec, clock=self.clock)
        self.panel.show(whole((Page(runs=(Run(0, 0, "。"),)),)))
        self.clock.advance(5)

    def cost(self, screen: Screen) -> tuple[int, float, int]:
        """Bytes, seconds to the last answer, and flash writes of a screen."""
        start_s = self.clock.monotonic_s()
        sent = self.panel.show(screen)
        return sent.bytes_sent, self.clock.monotonic_s() - start_s, sent.flash_writes


def whole(pages: tuple[Page, ...], **keywords: object) -> Screen:
    """One area as large as the panel."""
    return Screen((Area(0, 0, WIDTH_PX, HEIGHT_PX, pages),), **keywords)  # type: ignore[arg-type]


def full_lines(text: str) -> tuple[Page, ...]:
    """Pages without anything but the text, eight characters a line."""
    lines = [text[at : at + 8] for at in range(0, len(text), 8)]
    pairs = [lines[at : at + 2] for at in range(0, len(lines), 2)]
    return tuple(
        Page(runs=tuple(Run(0, 16 * row, line) for row, line in enumerate(pair))) for pair in pairs
    )


def bench_200_characters() -> None:
    print(f"\n200 Chinese characters on {WIDTH_PX}x{HEIGHT_PX} at {BAUD} baud, to the last ACK")
    floor = FRAME_FLOOR_BYTES + 2 * len(TEXT)
    floor_s = (floor + ACK_BYTES) * 10 / BAUD
    rows = [("the protocol's floor", floor, floor_s)]
    size, seconds, _ = Desk().cost(whole(full_lines(TEXT)))
    rows.append(("ours, text codes (onbon-k)", size, seconds))
    spec = registry.driver("onbon-k").spec(WIDTH_PX, HEIGHT_PX)
    form = Board(spec, "青石村", strip=False).content
    size, seconds, _ = Desk().cost(whole(text_pages(TEXT, form)))
    rows.append(("ours, as the led program lays it out", size, seconds))
    size, seconds, _ = Desk("onbon-6").cost(whole(full_lines(TEXT)))
    rows.append(("ours, full bitmaps (onbon-6)", size, seconds))
    peer = peer_bytes(TEXT)
    if peer:
        rows.append(("app-tools-zxw 修改文字, same card", peer, (peer + ACK_BYTES) * 10 / BAUD))
    for name, weight, seconds in rows:
        print(f"  {name:<44} {weight:>6} B {seconds:>7.3f} s  {weight / floor:>6.2f} x floor")
    size, seconds, _ = Desk().cost(whole(text_pages(NOTICE, form)))
    own = FRAME_FLOOR_BYTES + len(NOTICE.encode("gbk"))
    print(f"  {'a real notice, lines by Chinese rules':<44} {size:>6} B {seconds:>7.3f} s  "
          f"{size / own:>6.2f} x its floor of {own} B")  # fmt: skip
    if not peer:
        print("  app-tools-zxw is not installed: skipped (pip install app-tools-zxw crcmod)")


def peer_bytes(text: str) -> int:
    """What the peer sends for the text, 0 when it is not installed."""
    try:
        peer = import_module(PEER)
    except ImportError:
        return 0
    build = getattr(peer, "LED通讯")._修改文字_生成命令  # noqa: B009, SLF001 - Chinese, and hidden
    return len(build(text, 多行显示=True, 自动换行=True))


def bench_small_changes() -> None:
    print("\nwhat a change costs (table of 12 rows in 6 pages, 3 areas, passing content)")
    desk = Desk()
    before = table("386.00")
    size, seconds, _ = desk.cost(before)
    print(f"  first time                {size:>6} B {seconds:>7.3f} s")
    size, seconds, _ = desk.cost(before)
    print(f"  unchanged                 {size:>6} B {seconds:>7.3f} s")
    size, seconds, _ = desk.cost(table("512.50"))
    own = area_bytes(table("512.50").areas[2])
    print(f"  one cell changed          {size:>6} B {seconds:>7.3f} s  its own area is {own} B")
    standing = whole(full_lines(TEXT), standing=True)
    size, seconds, writes = desk.cost(standing)
    print(f"  the same text into flash  {size:>6} B {seconds:>7.3f} s  {writes} flash write(s)")
    size, seconds, writes = desk.cost(standing)
    print(f"  unchanged in flash        {size:>6} B {seconds:>7.3f} s  {writes} flash write(s)")


def table(amount: str) -> Screen:
    """A strip, a header line and a paged table."""
    rows = [(f"王{number}秀英", amount if number == 7 else "300.00") for number in range(12)]
    pages = tuple(
        Page(runs=(Run(0, 0, rows[at][0]), Run(72, 0, rows[at][1]))) for at in range(len(rows))
    )
    strip = Area(0, 0, 64, 16, (Page(runs=(Run(0, 0, "青石村"),)),))
    clock = Area(88, 0, 40, 16, (), clock_format="%H:%M")
    return Screen((strip, clock, Area(0, 16, WIDTH_PX, 16, pages)))


def area_bytes(area: Area) -> int:
    """The wire bytes of a frame that carries this area alone."""
    desk = Desk()
    return desk.cost(Screen((area,)))[0]


def bench_emergency() -> None:
    print("\nan emergency while a 9 KB program is written at 9600 baud (poked every 37 ms)")
    long = tuple(
        Page(runs=(Run(0, 0, "一二三四五六七八"), Run(0, 16, f"第{number:03d}页五六七八")))
        for number in range(250)
    )
    first_ms, shown_ms = [], []
    for poked_ms in range(50, 9000, 37):
        first_s, shown_s = poke_during_write(whole(long, standing=True), poked_ms / 1000)
        first_ms.append(first_s * 1000)
        shown_ms.append(shown_s * 1000)
    print(f"  pokes: {len(first_ms)}")
    for name, values in (("first byte leaves", first_ms), ("on the panel", shown_ms)):
        print(
            f"  {name:<20} median {statistics.median(values):>6.1f} ms   "
            f"worst {max(values):>6.1f} ms"
        )


def poke_during_write(long: Screen, after_s: float) -> tuple[float, float]:
    """Seconds from the poke to the emergency's first byte, and to its being on the panel."""
    alarm = whole(full_lines("山洪预警请立即转移到村委会"), priority=100, lifetime_s=600)
    desk = Desk()
    poked_at_s = desk.clock.monotonic_s() + after_s
    left: list[float] = []
    shown: list[float] = []
    receive = desk.card.receive

    def watch(data: bytes, baud: int = 0) -> bytes:
        answer = receive(data, baud)
        if not shown and any("山洪" in str(area.get("text")) for area in desk.card.areas()):
            shown.append(desk.clock.monotonic_s() - poked_at_s)
        return answer

    def is_poked() -> bool:
        return desk.clock.monotonic_s() >= poked_at_s

    def urgent() -> Screen | None:
        if left or not is_poked():
            return None
        left.append(desk.clock.monotonic_s() - poked_at_s)
        return alarm

    desk.card.receive = watch  # type: ignore[method-assign]
    desk.panel.show(long, urgent=urgent)
    while not is_poked():
        desk.panel.keep_up(urgent=is_poked)
    found = urgent()
    if found is not None:
        desk.panel.show(found)
    return left[0], shown[0]


def bench_rare_name() -> None:
    print("\na rare name (䶮) among 200 characters at 9600 baud")
    plain, rare = full_lines(TEXT)[:4], full_lines("䶮" + TEXT[1:])[:4]
    for name, pages in (("without", plain), ("with, first page", rare)):
        size, seconds, _ = Desk().cost(whole(pages))
        kept, kept_s, _ = Desk().cost(whole(pages, standing=True))
        print(
            f"  {name:<20} {size:>6} B {seconds:>7.3f} s  into flash {kept:>6} B {kept_s:>7.3f} s"
        )


def bench_endurance(exchanges: int) -> None:
    print(f"\n{exchanges} exchanges of frame and answer: memory and descriptors")
    desk = Desk()
    screens = [whole(full_lines(text)) for text in ("甲乙丙丁", "戊己庚辛")]
    memory_kb, descriptors = [], []
    done = 0
    while done < exchanges:
        for _ in range(max(1, exchanges // 20)):
            done += desk.panel.show(screens[done % 2]).frames or 1
            desk.clock.advance(1)
        desk.line.written.clear()
        memory_kb.append(rss_kb(os.getpid()))
        descriptors.append(len(list(Path("/proc/self/fd").iterdir())))
    print(
        f"  memory   {memory_kb[1] / 1024:.1f} MB early, {memory_kb[-1] / 1024:.1f} MB at the end"
    )
    print(f"  open files {descriptors[0]} at first, {descriptors[-1]} at the end")


def bench_process() -> None:
    print("\nthe led program's modules in a fresh process, and `led show` over a pty (real time)")
    code = (
        "import time,resource; t=time.perf_counter(); import edge_agent.led.program; "
        "from edge_agent.led.drivers import registry; registry.driver('onbon-k'); "
        "print(time.perf_counter()-t, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    if told.returncode == 0:
        seconds, kb = told.stdout.split()
        print(f"  import {float(seconds):.2f} s, {int(kb) / 1024:.1f} MB resident")
    with tempfile.TemporaryDirectory() as folder:
        line, state = Path(folder, "ttyCARD"), Path(folder, "state.json")
        emulate = [sys.executable, "-m", "edge_agent.cli", "led", "emulate"]
        emulate += ["--driver", "onbon-k", "--listen", f"pty:{line}", "--png", f"{folder}/p.png"]
        card = subprocess.Popen(emulate, stderr=subprocess.DEVNULL)
        while not state.exists():
            time.sleep(0.02)
        show = [sys.executable, "-m", "edge_agent.cli", "led", "show", "--driver", "onbon-k"]
        start_s = time.clock_gettime(time.CLOCK_BOOTTIME)
        told = subprocess.run(
            [*show, "--line", str(line), "--text", TEXT],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        end_s = time.clock_gettime(time.CLOCK_BOOTTIME)
        time.sleep(0.3)
        first_s = json.loads(state.read_text(encoding="utf-8"))["first_byte_at_monotonic_s"]
        peak_kb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        card.terminate()
        card.wait()
    print(f"  `led show`: first byte at the card after {first_s - start_s:.2f} s, done in "
          f"{end_s - start_s:.2f} s, at most {peak_kb / 1024:.1f} MB")  # fmt: skip


def rss_kb(pid: int) -> int:
    """Resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    (line,) = [line for line in status.splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--exchanges", type=int, default=20_000, help="frames of the endurance run (default 20000)"
    )
    arguments = parser.parse_args()
    bench_200_characters()
    bench_small_changes()
    bench_rare_name()
    bench_emergency()
    bench_process()
    bench_endurance(arguments.exchanges)


if __name__ == "__main__":
    main()
