"""How much personal data the gate finds, and how much public data it leaves alone.

    python bench/privacy.py [--seed N] [--count N]

Beside the gate stands the plain regular expression that most village systems use. Numbers are
made up from a seed: unassigned area code 530199, unissued prefix 154, unused card range.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from contract.privacy import scan  # noqa: E402 - the script runs from anywhere
from hub.privacy import apply, examine  # noqa: E402 - needs the path above

DATA = ROOT / "tests" / "data"
PLAIN = re.compile(r"(?<!\d)(?:\d{17}[\dXx]|\d{15}|\d{16,19}|1[3-9]\d{9})(?!\d)")
Maker = Callable[[random.Random], str]


def resident(rng: random.Random) -> str:
    born = date(1930, 1, 1) + timedelta(days=rng.randrange(33_000))
    body = f"530199{born:%Y%m%d}{rng.randrange(1000):03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True))
    return body + "10X98765432"[total % 11]


def mobile(rng: random.Random) -> str:
    return f"154{rng.randrange(10**8):08d}"


def card(rng: random.Random) -> str:
    return f"62999900000{rng.randrange(10**8):08d}"


def spaced(number: str, rng: random.Random) -> str:
    gap = rng.choice([" ", "-", " ", "\u200b", "–"])
    cuts = {18: (6, 14), 11: (3, 7), 19: (4, 8, 12, 16)}[len(number)]
    return "".join(gap * (place in cuts) + char for place, char in enumerate(number))


def wide(number: str) -> str:
    return "".join(chr(ord(char) + 0xFEE0) for char in number)


def old(number: str) -> str:
    return number[:6] + number[8:17]


def wrong(number: str) -> str:
    return number[:17] + str((int(number[17].replace("X", "9")) + 1) % 10)


PERSONAL: dict[str, Maker] = {
    "resident, plain": resident,
    "resident, in a sentence": lambda r: f"王建国(身份证号{resident(r)})已领取补助。",
    "resident, spaced": lambda r: spaced(resident(r), r),
    "resident, full width": lambda r: wide(resident(r)),
    "resident, lower-case x": lambda r: f"户主{resident(r).lower()}",
    "resident, zero width": lambda r: "\u200b".join(resident(r)),
    "resident, wrong check, labelled": lambda r: f"身份证:{wrong(resident(r))}",
    "resident, 15 digits": lambda r: f"一代证{old(resident(r))}",
    "resident, glued to a mobile": lambda r: resident(r) + mobile(r),
    "resident, Chinese numerals": lambda r: (
        "号码为"
        + "".join("零一二三四五六七八九"[int(c)] if c.isdigit() else c for c in resident(r))
    ),
    "certificate of 20": lambda r: f"{resident(r)}{r.randint(1, 7)}{r.randint(1, 4)}",
    "card, plain": card,
    "card, in fours": lambda r: spaced(card(r), r),
    "passbook, labelled": lambda r: f"存折账号{r.randrange(10**13, 10**14)}",
    "mobile, plain": mobile,
    "mobile, spaced": lambda r: spaced(mobile(r), r),
    "mobile, +86": lambda r: f"+86{mobile(r)}",
    "mobile, full width": lambda r: wide(mobile(r)),
    "mobile, Chinese numerals": lambda r: "".join(
        "零幺二三四五六七八九"[int(c)] for c in mobile(r)
    ),
    "address to the door": lambda r: f"家住青石村{r.randint(1, 9)}组{r.randint(1, 130)}号。",
}
PUBLIC: dict[str, Maker] = {
    "office phone": lambda r: f"办公电话0872-{r.randrange(10**7):07d}",
    "hotline": lambda r: f"请打{r.choice(['12345', '12317', '12388', '12393', '96110'])}",
    "contract number": lambda r: f"合同编号{r.randrange(10**15, 10**18)}",
    "voucher number": lambda r: f"凭证号{r.randint(1, 12):02d}-{r.randrange(10**12):012d}",
    "invoice number": lambda r: f"发票号码{r.randrange(10**19, 10**20)}",
    "project code": lambda r: f"项目编码2405-530199-04-01-{r.randrange(10**6):06d}",
    "amount with places": lambda r: f"合计{r.randrange(10**11)}.{r.randrange(100):02d}元",
    "amount of eleven digits": lambda r: f"金额{r.randrange(10**10, 2 * 10**10)}元",
    "thousands": lambda r: f"¥{r.randrange(10**9):,}",
    "dates": lambda r: " ".join(
        f"{date(2024, 1, 1) + timedelta(days=r.randrange(366)):%Y-%m-%d}" for _ in range(3)
    ),
    "date and time": lambda r: f"2024-06-{r.randint(1, 30):02d} {r.randint(0, 23):02d}:30:00",
    "document number": lambda r: f"清政发〔2024〕{r.randint(1, 99)}号",
    "order number": lambda r: f"订单号2024{r.randrange(10**14):014d}",
    "division code": lambda r: f"区划代码530199{r.randrange(10**6):06d}",
    "livestock ear tag": lambda r: f"耳标号1530199{r.randrange(10**8):08d}",
    "meter reading": lambda r: f"电表号{r.randrange(10**12):012d}读数{r.randrange(10**5)}",
    "spoken office phone": lambda r: (
        "零八七二，零零零零，" + "".join("零一二三四五六七八九"[r.randrange(10)] for _ in range(3))
    ),
    "word, no number": lambda r: r.choice(["请带身份证", "年满18周岁", "35—64周岁妇女"]),
}


def table_of_shapes(seed: int, count: int) -> None:
    print(f"{'shape':36}{'n':>6}{'gate':>9}{'plain expression':>18}")
    for title, makers, wanted in (
        ("personal: found", PERSONAL, True),
        ("public: kept", PUBLIC, False),
    ):
        print(f"-- {title}")
        sums = [0, 0, 0]
        for name, maker in makers.items():
            rng = random.Random(f"{seed} {name}")  # noqa: S311 - made-up test numbers
            texts = [maker(rng) for _ in range(count)]
            gate = sum(bool(scan(text)) is wanted for text in texts)
            plain = sum((PLAIN.search(text) is not None) is wanted for text in texts)
            sums = [sums[0] + count, sums[1] + gate, sums[2] + plain]
            print(f"{name:36}{count:6}{gate / count:9.3f}{plain / count:18.3f}")
        print(f"{'together':36}{sums[0]:6}{sums[1] / sums[0]:9.4f}{sums[2] / sums[0]:18.4f}")


def cells_of(notices: list[dict], *, personal: bool) -> Iterator[str]:  # type: ignore[type-arg]
    for notice in notices:
        table = notice.get("table") or {"columns": [], "rows": []}
        for place, column in enumerate(table["columns"]):
            if (column["type"] in {"id", "bank", "mobile", "addr"}) is personal:
                yield from (str(row[place]) for row in table["rows"] if row[place] != "")
        if not personal:
            yield from (notice[field] for field in ("title", "summary", "speech", "body"))


def notices_and_cases() -> None:
    notices = json.loads((DATA / "notices.json").read_text("utf-8"))["notices"]
    personal = list(cells_of(notices, personal=True))
    public = [text for text in cells_of(notices, personal=False) if text]
    found = sum(bool(scan(text)) for text in personal)
    touched = sum(bool(scan(text)) for text in public)
    gates = [examine(notice) for notice in notices]
    right = sum(
        gate.decision == notice["expect"]["decision"]
        and gate.to_dict()["restricted_columns"] == notice["expect"]["restricted_columns"]
        for gate, notice in zip(gates, notices, strict=True)
    )
    clean = sum(examine(apply(g, n)).is_clean for g, n in zip(gates, notices, strict=True))
    print(f"\nnotices.json: personal cells found {found}/{len(personal)} without their headings")
    print(f"              public texts and cells touched {touched}/{len(public)}")
    print(f"              decisions and columns as expected {right}/{len(notices)}")
    print(f"              clean after cleaning {clean}/{len(notices)}")


def speed() -> None:
    notices = json.loads((DATA / "notices.json").read_text("utf-8"))["notices"]
    longest = max(notices, key=lambda notice: len(notice["body"]))["body"]
    for name, work in (
        ("one cell of 18 digits", lambda: scan("530199195607153024")),
        (f"a text of {len(longest)} characters", lambda: scan(longest)),
        ("the 30-row table N001 with every rule", lambda: examine(notices[0])),
    ):
        times = []
        for _ in range(20):
            start = time.perf_counter()
            work()
            times.append(time.perf_counter() - start)
        print(f"{name}: median {sorted(times)[10] * 1000:.2f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=500, help="made-up texts of each shape")
    arguments = parser.parse_args()
    table_of_shapes(arguments.seed, arguments.count)
    notices_and_cases()
    speed()


if __name__ == "__main__":
    main()
