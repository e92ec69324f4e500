"""Reading the card's text codes: characters, line breaks, fonts, colours, clock fields (11.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CHAR, NEWLINE, FONT, COLOUR, FIELD, TEMPERATURE, PICTURE = range(7)

_ESCAPES = (
    (NEWLINE, re.compile(rb"\\n")),
    (FONT, re.compile(rb"\\F([OEK][0-9A-Z]{3})")),
    (COLOUR, re.compile(rb"\\C([1-7])")),
    (FIELD, re.compile(rb"\\D([YLDWHMS])")),
    (TEMPERATURE, re.compile(rb"\\W([CF][0-9][0-9])")),
    (PICTURE, re.compile(rb"\\T([0-9A-Z]{3}[^|]{0,8})\|")),
)


@dataclass(frozen=True, slots=True)
class Token:
    """One character or escape; ``value`` is the character, font name, colour digit or field."""

    kind: int
    value: str
    code: bytes = b""


def tokens(text: bytes) -> Iterator[Token]:
    """Take a card text apart. What is neither escape nor GBK becomes U+FFFD."""
    offset = 0
    while offset < len(text):
        token, length = _token(text, offset)
        yield token
        offset += length


def plain_text(found: Iterable[Token]) -> str:
    """What a person would read: characters and line breaks, clock fields as ``{H}``."""
    parts = {
        CHAR: "{value}",
        NEWLINE: "\n",
        FIELD: "{{{value}}}",
        TEMPERATURE: "{{{value}}}",
        PICTURE: "{{picture {value}}}",
    }
    return "".join(parts.get(token.kind, "").format(value=token.value) for token in found)


def _token(text: bytes, offset: int) -> tuple[Token, int]:
    first = text[offset]
    if first == 0x5C:
        for kind, pattern in _ESCAPES:
            match = pattern.match(text, offset)
            if match:
                value = match.group(match.lastindex or 0).decode("latin-1")
                return Token(kind, value), len(match.group())
    if first < 0x80:
        return Token(CHAR, chr(first), text[offset : offset + 1]), 1
    code = text[offset : offset + 2]
    return Token(CHAR, code.decode("gbk", errors="replace")[:1] or "\ufffd", code), len(code)
