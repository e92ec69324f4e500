"""A long text in pieces one can read standing: chapters at its headings, or by length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract.notice import Heading, Paragraph, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.notice import Block, Notice

LONG_CHARS = 1200
"""More than this on one page, and nobody finds the end."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """One piece: its title and its blocks; tables carry their number within the notice."""

    title: str
    blocks: tuple[tuple[Block, int], ...]


def chapters_of(notice: Notice) -> tuple[Chapter, ...]:
    """At least one chapter, even for a notice of only a summary.

    Short notices are one chapter however many headings they have.
    """
    numbered = tuple(_numbered(notice))
    if sum(_length(block) for block, _ in numbered) <= LONG_CHARS:
        return (Chapter(notice.title, numbered),)
    pieces = _split_long(_split_at_headings(notice.title, numbered))
    return tuple(pieces) or (Chapter(notice.title, ()),)


def _numbered(notice: Notice) -> Iterator[tuple[Block, int]]:
    tables = 0
    for block in notice.blocks:
        if isinstance(block, Table):
            yield block, tables
            tables += 1
        elif isinstance(block, Paragraph):
            for line in filter(str.strip, block.text.splitlines()):
                yield Paragraph(line.strip()), -1
        else:
            yield block, -1


def _length(block: Block) -> int:
    return len(block.text) if isinstance(block, Heading | Paragraph) else 0


def _split_at_headings(title: str, blocks: tuple[tuple[Block, int], ...]) -> Iterator[Chapter]:
    levels = [block.level for block, _ in blocks if isinstance(block, Heading)]
    top = min(levels, default=0)
    current: list[tuple[Block, int]] = []
    name = title
    for block, number in blocks:
        if isinstance(block, Heading) and block.level == top:
            if current:
                yield Chapter(name, tuple(current))
            name, current = block.text, []
        else:
            current.append((block, number))
    if current or name != title:
        yield Chapter(name, tuple(current))


def _split_long(chapters: Iterator[Chapter]) -> Iterator[Chapter]:
    for chapter in chapters:
        parts: list[list[tuple[Block, int]]] = [[]]
        length = 0
        for block, number in chapter.blocks:
            if length and length + _length(block) > LONG_CHARS:
                parts.append([])
                length = 0
            parts[-1].append((block, number))
            length += _length(block)
        total = len(parts)
        for n, part in enumerate(parts, 1):
            title = chapter.title if total == 1 else f"{chapter.title}（{n}/{total}）"
            yield Chapter(title, tuple(part))
