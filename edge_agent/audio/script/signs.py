"""Which sign stands for which: one form for letters, digits, units and list numbers.

Compatibility characters of Unicode that Chinese office software likes: ２０２４ ％ ㎡ № Ⅲ ① ⒈.
"""

from __future__ import annotations

_ORDINALS = "一二三四五六七八九十"

_TABLE = """
    ％=% ﹪=% ＋=+ ／=/ ＊=* ＃=# ＜=< ＞=> ＠=@ ＆=& ﹩=$ ＄=$ ￥=¥ ﹣=- －=- ‐=- ‑=- ‒=- −=-
    ―=— ．=. ∶=: •=· ・=· ～=~ 〜=~ ∼=~ 〇=零 ○=零 ✕=× ✖=×
    →=， ⇒=， ➜=， |=， ｜=， …=， ●=， ■=， ◆=， ▲=， ★=， ※=， ▪=，
    φ=直径 Φ=直径 ø=直径 Ø=直径 ⌀=直径
    ㎡=m² ㎥=m³ ㎢=km² ㎞=km ㏎=km ㎝=cm ㎜=mm ㎏=kg ㎎=mg ㎖=ml ㎗=dl ㏄=ml
    ㎾=kW ㎿=MW ㎸=kV ㎧=m/s ㎐=Hz ㍱=hPa ℡=电话 №=No. ½=1/2 ¼=1/4 ¾=3/4 ⅓=1/3 ⅔=2/3
"""
_ONE_FORM = dict(pair.split("=", 1) for pair in _TABLE.split()) | {"＝": "=", "\t": " "}
_BLANKS = dict.fromkeys("\u3000\u00a0\u2002\u2003\u2009", " ")


def _lists() -> dict[str, str]:
    """① ⑴ ⒈ ㈠ and Roman numerals by their numbers."""
    table: dict[str, str] = {}
    for number in range(1, 21):
        for first in (0x2460, 0x2474, 0x2488):
            table[chr(first + number - 1)] = f"（{number}）"
    for place, word in enumerate(_ORDINALS):
        table[chr(0x3220 + place)] = f"（{word}）"
        table[chr(0x2160 + place)] = word
    return table


def _half_width() -> dict[str, str]:
    """Full-width letters and digits as ASCII."""
    codes = range(0xFF10, 0xFF5B)
    return {chr(code): chr(code - 0xFEE0) for code in codes if chr(code - 0xFEE0).isalnum()}


_LOWERED = {chr(0x2080 + digit): str(digit) for digit in range(10)}
ONE_FORM = str.maketrans(_half_width() | _LOWERED | _lists() | _BLANKS | _ONE_FORM)
"""For ``str.translate``."""
