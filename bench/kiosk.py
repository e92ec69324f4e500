"""The query screen measured: search beside other ways, page weight, memory, time to findable.

Run ``python bench/kiosk.py [--notices 2000 100000] [--json FILE]``. Synthetic notices of about 180
characters, a table in every fifth. Queries are surnames, names, topics and absent words; times are
the processor's, so that neighbours on the machine do not count. Recall is against a plain scan of
every text. jieba is measured when it is installed, up to 20,000 notices (it cuts 350 a second).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import re
import sqlite3
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "edge_agent" / "kiosk"))
from kiosk_village import NOW, Village, flood_alert, key
from playwright.sync_api import sync_playwright

from contract.notice import Column, Notice, Paragraph, Sender, Table, Video
from edge_agent.kiosk.haystack import Haystack
from edge_agent.kiosk.spelling import fold

if TYPE_CHECKING:
    from collections.abc import Callable

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红建国志福德海山春梅"
TOPICS = [
    "农村低保", "高龄津贴", "耕地地力补贴", "退耕还林", "征地补偿", "医保缴费", "养老保险",
    "危房改造", "财务收支", "债权债务", "集体资产", "一事一议", "村规民约", "换届选举", "宅基地",
    "停水通知", "停电通知", "招聘信息", "防汛预警", "残疾人补贴",
]  # fmt: skip
CLIP = Path(__file__).parents[1] / "tests" / "edge_agent" / "kiosk" / "data" / "clip.webm"
LIMIT = 20
JIEBA_AT_MOST = 20_000
QUERIES = 200


@dataclass
class Way:
    """One way of searching: its name, how long it took to build, and how to ask it."""

    name: str
    built_s: float
    find: Callable[[str, int], list[int]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notices", type=int, nargs="+", default=[2000, 100_000])
    parser.add_argument("--json", type=Path, help="also write the figures here")
    arguments = parser.parse_args()
    found: dict[str, object] = {"search": [measure_search(n) for n in arguments.notices]}
    found["screen"] = measure_screen(2000)
    if arguments.json:
        arguments.json.write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8")


def measure_search(count: int) -> dict[str, dict[str, float]]:
    """Every way at one size: build time, latency of the newest 20, recall."""
    dice = random.Random(20240703)  # noqa: S311 - the same notices in every run
    texts = [_text(dice) for _ in range(count)]
    queries = _queries(dice)
    truth = {query: [n for n, text in enumerate(texts) if query in text] for query in queries}
    print(f"\n{count} notices, {sum(map(len, texts)) / count:.0f} characters each, newest {LIMIT}")
    print(
        f"{'way':<28}{'build s':>9}{'p50 ms':>9}{'p99 ms':>9}{'max ms':>9}   recall 1/2/3/4 chars"
    )
    figures: dict[str, dict[str, float]] = {}
    for make in (_ours, _like, _trigram, _bigram, _jieba):
        way = make(texts)
        if way is None:
            continue
        times = sorted(_timed(way, query) for query in queries)
        recall = _recall(way, truth)
        figures[way.name] = {
            "build_s": way.built_s,
            "p50_ms": statistics.median(times),
            "p99_ms": times[int(len(times) * 0.99)],
            "max_ms": times[-1],
            **{f"recall_{length}": share for length, share in recall.items()},
        }
        shares = "/".join(f"{share:.2f}" for share in recall.values())
        row = figures[way.name]
        print(
            f"{way.name:<28}{row['build_s']:>9.2f}{row['p50_ms']:>9.3f}{row['p99_ms']:>9.3f}"
            f"{row['max_ms']:>9.3f}   {shares}"
        )
    return figures


def _text(dice: random.Random) -> str:
    names = [_name(dice) for _ in range(12)]
    topic = dice.choice(TOPICS)
    rows = "；".join(
        f"{name}第{dice.randrange(1, 10)}组{dice.randrange(100, 99999)}元" for name in names
    )
    return (
        f"青石村{dice.randrange(2018, 2026)}年{topic}公示。{rows}。有异议请向村务监督委员会反映。"
    )


def _name(dice: random.Random) -> str:
    return dice.choice(SURNAMES) + "".join(dice.choices(GIVEN, k=dice.choice((1, 2, 2))))


def _queries(dice: random.Random) -> list[str]:
    """What villagers ask: surnames, names of two and three characters, topics; some absent."""
    people = [_name(dice) for _ in range(QUERIES // 2)]
    words = [*SURNAMES[:20], *people, *(topic[:2] for topic in TOPICS), *TOPICS]
    return [*dict.fromkeys(words), "龘靐", "欧阳靖", "诸葛青云", "㛃"]


def _timed(way: Way, query: str) -> float:
    """Milliseconds of the processor's time: neighbours on the machine do not count."""
    start = time.thread_time()
    way.find(query, LIMIT)
    return (time.thread_time() - start) * 1000


def _recall(way: Way, truth: dict[str, list[int]]) -> dict[int, float]:
    shares: dict[int, list[float]] = {1: [], 2: [], 3: [], 4: []}
    for query, wanted in truth.items():
        if wanted:
            got = set(way.find(query, 1_000_000))
            shares[min(len(query), 4)].append(len(got & set(wanted)) / len(wanted))
    return {length: statistics.mean(each) for length, each in shares.items() if each}


def _ours(texts: list[str]) -> Way:
    start = time.perf_counter()
    haystack = Haystack(map(fold, texts))
    return Way(
        "ours (str.find, memory)",
        time.perf_counter() - start,
        lambda query, limit: haystack.find((query,), limit),
    )


def _like(texts: list[str]) -> Way:
    start = time.perf_counter()
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT)")
    database.executemany("INSERT INTO t VALUES (?, ?)", enumerate(texts))
    return Way(
        "SQLite LIKE",
        time.perf_counter() - start,
        _asking(database, "SELECT id FROM t WHERE body LIKE ? ORDER BY id LIMIT ?", "%{}%".format),
    )


def _trigram(texts: list[str]) -> Way | None:
    return _fts("FTS5 trigram", "trigram", texts, lambda text: text, lambda q: f'"{q}"')


def _bigram(texts: list[str]) -> Way | None:
    def split(text: str) -> str:
        return " ".join(text[n : n + 2] for n in range(len(text)))

    def ask(query: str) -> str:
        if len(query) == 1:
            return f'"{query}"*'
        pairs = [query[n : n + 2] for n in range(len(query) - 1)]
        return f'"{" ".join(pairs)}"'

    return _fts("FTS5 bigrams (pre-split)", "unicode61", texts, split, ask)


def _jieba(texts: list[str]) -> Way | None:
    if len(texts) > JIEBA_AT_MOST:
        return None
    try:
        import jieba  # noqa: PLC0415 - measured only where it is installed
    except ImportError:
        return None
    jieba.setLogLevel(60)

    def split(text: str) -> str:
        return " ".join(jieba.cut_for_search(text))

    return _fts("FTS5 jieba", "unicode61", texts, split, lambda q: f'"{split(q)}"')


def _fts(
    name: str,
    tokenizer: str,
    texts: list[str],
    split: Callable[[str], str],
    ask: Callable[[str], str],
) -> Way:
    start = time.perf_counter()
    database = sqlite3.connect(":memory:")
    database.execute(f"CREATE VIRTUAL TABLE t USING fts5(body, content='', tokenize='{tokenizer}')")
    rows = ((n, split(text)) for n, text in enumerate(texts, 1))
    database.executemany("INSERT INTO t (rowid, body) VALUES (?, ?)", rows)
    built_s = time.perf_counter() - start
    query = "SELECT rowid - 1 FROM t WHERE t MATCH ? ORDER BY rowid LIMIT ?"
    return Way(name, built_s, _asking(database, query, ask))


def _asking(
    database: sqlite3.Connection, query: str, ask: Callable[[str], str]
) -> Callable[[str, int], list[int]]:
    def find(words: str, limit: int) -> list[int]:
        with contextlib.suppress(sqlite3.OperationalError):
            return [row[0] for row in database.execute(query, (ask(words), limit))]
        return []

    return find


def measure_screen(count: int) -> dict[str, object]:
    """The real program with ``count`` notices: memory, page weight, speed, freshness, traces."""
    dice = random.Random(1)  # noqa: S311 - as above
    with tempfile.TemporaryDirectory() as folder:
        village = Village(Path(folder))
        try:
            village.publish(*(_notice(dice, n) for n in range(count)))
            village.start()
            village.until(lambda status: len(status["readable"]) == count, 60)
            figures = {
                "notices": count,
                "memory_mb": _memory_mb(village.pid),
                "pages": {
                    path: _page(village, path)
                    for path in ("/", "/newest", "/search?i=L", "/notice/B7")
                },
                "findable_s": [_findable_s(village, dice, n) for n in range(5)],
            }
            figures["takeover_s"] = _takeover_s(village, "/notice/B7")
            _publish_clip(village)
            figures["takeover_in_video_s"] = _takeover_s(village, "/wall")
            _say_something(village)
            figures["memory_after_mb"] = _memory_mb(village.pid)
            figures["traces_after_withdrawal"] = _traces(village)
        finally:
            village.close()
    print(f"\nthe program with {count} notices")
    before, after = figures["memory_mb"], figures["memory_after_mb"]
    print(f"  resident memory            {before:.1f} MB, {after:.1f} MB after changes and slips")
    for path, (size, weight, ms) in figures["pages"].items():
        print(f"  {path:<26} {size / 1024:.1f} KB, first view {weight / 1024:.1f} KB, {ms:.1f} ms")
    times = sorted(figures["findable_s"])
    print(f"  stored → findable          median {times[2]:.2f} s, worst {times[-1]:.2f} s of 5")
    for name, figure in (("a notice", "takeover_s"), ("a video", "takeover_in_video_s")):
        times = sorted(figures[figure])
        print(
            f"  alert stored → over {name}  median {times[2]:.2f} s, worst {times[-1]:.2f} s of 5"
        )
    print(f"  files holding a withdrawn name: {figures['traces_after_withdrawal']}")
    return figures


def _notice(dice: random.Random, number: int) -> Notice:
    names = [_name(dice) for _ in range(6)]
    columns = (
        Column("n", "姓名", "name"),
        Column("g", "组别", "group"),
        Column("y", "金额(元)", "money"),
    )
    rows = tuple((n, f"第{dice.randrange(1, 10)}组", str(dice.randrange(99, 9999))) for n in names)
    title = f"青石村{dice.choice(TOPICS)}公示第{number}号"
    blocks = (Paragraph(_text(dice)), *((Table(columns, rows),) if number % 5 == 0 else ()))
    at = datetime(2023, 1, 1, tzinfo=UTC) + timedelta(hours=number)
    return Notice(
        f"B{number}", 1, ("530199001001",), title, "详见正文。", Sender("村委会"), min(at, NOW),
        NOW, column="村务公开/社会保障", blocks=blocks,
        search=(key(title), *(key(name) for name in (names if number % 5 == 0 else ()))),
    )  # fmt: skip


def _page(village: Village, path: str) -> tuple[int, int, float]:
    """Bytes of the page, bytes of it with style, scripts; milliseconds (median of 20)."""
    body = village.bytes_of(path)
    linked = re.findall(rb'(?:src|href)="(/static/[^"]+)"', body)
    weight = len(body) + sum(len(village.bytes_of(each.decode())) for each in set(linked))
    times = []
    for _ in range(20):
        start = time.perf_counter()
        village.bytes_of(path)
        times.append((time.perf_counter() - start) * 1000)
    return len(body), weight, statistics.median(times)


def _findable_s(village: Village, dice: random.Random, number: int) -> float:
    """Seconds from the store's commit (and its poke) to the first search that finds it."""
    name = f"慕容复{GIVEN[number]}"
    table = Table((Column("n", "姓名", "name"),), ((name,),))
    base = _notice(dice, number)
    fresh = Notice(
        f"F{number}", 1, base.areas, f"新公示{number}", "", base.sender, NOW, NOW,
        blocks=(table,), search=(key(name),),
    )  # fmt: skip
    village.publish(fresh)
    start = time.perf_counter()
    path = "/search?i=" + key(name).initials
    while name.encode() not in village.bytes_of(path):
        if time.perf_counter() - start > 20:
            raise TimeoutError("not findable after 20 s")
    return time.perf_counter() - start


def _publish_clip(village: Village) -> None:
    """A film of four seconds that fills the wall, again and again."""
    clip = village.picture(CLIP.read_bytes(), "video/webm", "片").asset
    film = replace(_notice(random.Random(2), 1), id="V1", summary="", channels=("wall",))  # noqa: S311 - as above
    village.publish(replace(film, blocks=(Video(clip, "片"),)))
    village.until(lambda status: status["wall"] == ["V1@1"], 60)


def _say_something(village: Village) -> None:
    """Three slips, as on a busy day."""
    (village.root / "state" / "kiosk" / "hub_feedback_key").write_bytes(b"\x09" * 32)
    for number in range(3):
        code, *_ = village.post("/say/question", [("form", f"b{number}"), ("phrase", "0")])
        if code != 303:
            raise RuntimeError(f"the slip was not taken: {code}")


def _takeover_s(village: Village, path: str) -> list[float]:
    """Seconds from the alert's commit to the page's own word that it has drawn it."""
    found = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1080, "height": 1920})
        page.goto(village.url + path)
        for number in range(5):
            page.wait_for_timeout(1500)  # in the middle of something
            alert = replace(flood_alert(), id=f"CAP-{path[1:2]}-{number}")
            start = time.perf_counter()
            village.alert(alert)
            village.until(lambda status, alert=alert: alert.id in status["alarms_on_screen"], 20)
            found.append(time.perf_counter() - start)
            village.cancel(alert, f"CLEAR-{path[1:2]}-{number}")
            village.until(lambda status: not status["alarms_on_screen"], 20)
        browser.close()
    return found


def _memory_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


def _traces(village: Village) -> int:
    """Files of the box that still hold a withdrawn name, after withdrawing it."""
    village.publish(drop=["F0"])
    village.until(lambda status: "F0" not in {each["id"] for each in status["readable"]}, 20)
    name = f"慕容复{GIVEN[0]}"
    needles = (name.encode(), json.dumps(name)[1:-1].encode())
    files = [path for path in village.root.rglob("*") if path.is_file()]
    return sum(any(needle in path.read_bytes() for needle in needles) for path in files)


if __name__ == "__main__":
    main()
