"""Keys of table columns: the label's pinyin, so that the same label has the same key everywhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pypinyin import lazy_pinyin

if TYPE_CHECKING:
    from collections.abc import Iterable

_REST = re.compile(r"[^a-z0-9]+")
_BRACKETS = re.compile(r"[(\uff08].*?[)\uff09]")


def column_keys(labels: Iterable[str]) -> list[str]:
    """One key a label, ``hu_zhu_xing_ming`` for 户主姓名; a label that repeats gets a number."""
    seen: dict[str, int] = {}
    found = []
    for label in labels:
        words = lazy_pinyin(_BRACKETS.sub("", label) or label)
        key = _REST.sub("_", "_".join(words).lower()).strip("_") or "column"
        seen[key] = seen.get(key, 0) + 1
        found.append(key if seen[key] == 1 else f"{key}_{seen[key]}")
    return found
