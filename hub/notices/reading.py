"""Plain text as a clerk has it, read into headings and paragraphs."""

from __future__ import annotations

import re
from typing import Any

_CHAPTER = re.compile(r"第[一二三四五六七八九十百零〇\d]+[章编篇部][\s　]*.{0,40}")
_NUMBERED = re.compile(r"[一二三四五六七八九十]+、\s*[^。;\uff1b!\uff01?\uff1f:\uff1a]{1,30}")
_BRACKETED = re.compile(
    r"[(\uff08][一二三四五六七八九十]+[)\uff09]\s*[^。;\uff1b!\uff01?\uff1f:\uff1a]{1,24}"
)
_MAX_PARAGRAPH = 4000


def read_text(text: str) -> list[dict[str, Any]]:
    """Blocks of a body: chapters and numbered heads become headings, lines become paragraphs."""
    found: list[dict[str, Any]] = []
    for raw in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        line = raw.strip(" \t　")
        if not line:
            continue
        level = _level(line)
        if level:
            found.append({"type": "heading", "value": {"text": line, "level": level}})
        else:
            found += [{"type": "paragraph", "value": part} for part in _parts(line)]
    return found


def _level(line: str) -> str:
    if _CHAPTER.fullmatch(line) or _NUMBERED.fullmatch(line):
        return "1"
    return "2" if _BRACKETED.fullmatch(line) else ""


def _parts(line: str) -> list[str]:
    """A line of thousands of characters is cut behind a full stop."""
    parts = []
    while len(line) > _MAX_PARAGRAPH:
        cut = line.rfind("。", 0, _MAX_PARAGRAPH) + 1 or _MAX_PARAGRAPH
        parts.append(line[:cut])
        line = line[cut:]
    return [*parts, line]
