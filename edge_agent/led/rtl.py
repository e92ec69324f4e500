"""Arabic script on a grid: letters joined to their neighbours, lines ordered for the eye.

Uyghur and Kazakh notices come in Arabic letters. A bitmap font has each joined shape as a
character of its own (Unicode's presentation forms); which letter has which shapes is read from
Unicode's own data. Libraries for this were tried: they leave U+06D5 (ە, in every other Uyghur
word) unjoined. The order of a mixed line is the bidirectional algorithm's (python-bidi).
"""

from __future__ import annotations

import importlib
import re
import unicodedata
from functools import cache
from itertools import chain

FORM_RANGES = (range(0xFB50, 0xFDD0), range(0xFE70, 0xFEFD))
_RTL_LETTER = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_STRONG = frozenset({"L", "R", "AL"})
_LAM = "\u0644"
Forms = dict[str, str]


def is_rtl(text: str) -> bool:
    """Whether any character is written from right to left."""
    return _RTL_LETTER.search(text) is not None


def join_letters(text: str) -> str:
    """Replace Arabic letters by the shapes they take beside their neighbours, order unchanged."""
    if not is_rtl(text):
        return text
    shapes = _shapes()
    shaped = []
    for place, char in enumerate(text):
        forms = shapes.get(char)
        if forms is None:
            shaped.append(char)
            continue
        before = place > 0 and "initial" in shapes.get(text[place - 1], {}) and "final" in forms
        after = "initial" in forms and "final" in shapes.get(text[place + 1 : place + 2], {})
        name = {(True, True): "medial", (True, False): "final", (False, True): "initial"}
        shaped.append(forms.get(name.get((before, after), "isolated"), char))
    return _with_ligatures("".join(shaped))


def alone(char: str) -> str:
    """The shape of an Arabic letter that stands alone; empty when its shapes are not known."""
    return _shapes().get(char, {}).get("isolated", "")


def visual_order(line: str, *, base_rtl: bool) -> str:
    """One line as the eye meets it from left to right, brackets mirrored."""
    if not is_rtl(line):
        return line
    bidi = importlib.import_module("bidi")  # 2 MB that most villages never need
    return str(bidi.get_display(line, base_dir="R" if base_rtl else "L"))


def starts_rtl(paragraph: str) -> bool:
    """The direction of a paragraph: that of its first letter."""
    if not is_rtl(paragraph):
        return False
    kinds = (unicodedata.bidirectional(c) for c in paragraph)
    return next((kind for kind in kinds if kind in _STRONG), "L") != "L"


@cache
def _shapes() -> dict[str, Forms]:
    """Letter → shape name → presentation form, for single letters."""
    shapes: dict[str, Forms] = {}
    for kind, letters, form in _decompositions():
        if len(letters) == 1:
            shapes.setdefault(letters, {})[kind] = form
    shapes["\u06d5"] = {"isolated": "\ufee9", "final": "\ufeea"}  # ە looks like heh, joins right
    return shapes


@cache
def _lam_alefs() -> dict[str, str]:
    """The obligatory ligatures, keyed by the two shapes they replace."""
    shapes = _shapes()
    return {
        shapes[_LAM]["medial" if kind == "final" else "initial"] + shapes[letters[1]]["final"]: form
        for kind, letters, form in _decompositions()
        if len(letters) == 2 and letters[0] == _LAM and "\ufef5" <= form <= "\ufefc"
    }


def _with_ligatures(text: str) -> str:
    for pair, ligature in _lam_alefs().items():
        text = text.replace(pair, ligature)
    return text


def _decompositions() -> list[tuple[str, str, str]]:
    found = []
    for code_point in chain(*FORM_RANGES):
        kind, _, letters = unicodedata.decomposition(chr(code_point)).partition(" ")
        if kind.startswith("<") and "0020" not in letters:
            found.append((kind.strip("<>"), "".join(chr(int(c, 16)) for c in letters.split()),
                          chr(code_point)))  # fmt: skip
    return found
