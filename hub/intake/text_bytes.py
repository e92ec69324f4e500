"""Bytes of a text file become text: UTF-8 strictly, then GB 18030, shown before it is taken.

Old office software still writes GBK or GB 18030. A damaged UTF-8 file must not slip through
as GB 18030 rubbish, because almost any bytes decode as that.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass

from contract.plain_text import Level
from hub.intake.faults import Fault, refused

MAX_BYTES = 4 * 1024 * 1024
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HAN = re.compile(r"[\u4e00-\u9fff]")
_COMMON = re.compile(
    r"[的一是不了人我在有他这中大来上国和地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里\
村民公示通知组户元补停水电月日请至为]"
)
_SOME_DAMAGE = 3
_WORDS = 0.6
_SHORT = 400


@dataclass(frozen=True, slots=True)
class DecodedText:
    """A text and the encoding it was read in; ``faults`` asks for a look if it was guessed."""

    text: str
    encoding: str
    faults: tuple[Fault, ...] = ()


def decode(data: bytes, where: str = "文件") -> DecodedText:
    """Read the bytes of a text file.

    Raises:
        IntakeError: too large, no text, or damaged.
    """
    if len(data) > MAX_BYTES:
        raise refused(
            "too_large", where, "文件超过4MB，请分成几份。", "Over 4 MiB; split the file."
        )
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _with_mark(data, encoding, where)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        return _as_gb18030(data, where) if _is_by_chance(text, data) else DecodedText(text, "utf-8")
    if _is_damaged_utf8(data):
        raise _unreadable(where)
    return _as_gb18030(data, where)


def _with_mark(data: bytes, encoding: str, where: str) -> DecodedText:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        raise _unreadable(where) from None
    if encoding == "utf-8-sig":
        return DecodedText(text, "utf-8")
    return DecodedText(text, encoding, (_look(text, encoding, where),))


def _is_by_chance(text: str, data: bytes) -> bool:
    """A few GBK words, such as 停水通知, are good UTF-8 too: marks of many scripts, no words."""
    strange = [char for char in text if not char.isascii()]
    letters = sum(unicodedata.category(char) in {"Lo", "Ll", "Lu"} for char in strange)
    if not strange or letters > _WORDS * len(strange) or len(data) > _SHORT:
        return False
    return _COMMON.search(data.decode("gb18030", "replace")) is not None


def _is_damaged_utf8(data: bytes) -> bool:
    """Mostly good UTF-8 with Chinese in it: cut off or hurt on the way."""
    text = data.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    return len(_HAN.findall(text)) > _SOME_DAMAGE * bad


def _as_gb18030(data: bytes, where: str) -> DecodedText:
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        raise _unreadable(where) from None
    if "\x00" in text or not _HAN.search(text):
        raise _unreadable(where)
    return DecodedText(text, "gb18030", (_look(text, "GB18030", where),))


def _look(text: str, encoding: str, where: str) -> Fault:
    doubt = "" if _COMMON.search(text) else "，内容像是乱码"
    return Fault(
        "guessed_encoding",
        where,
        Level.CONFIRM,
        f"文件按{encoding}编码读出{doubt}，请核对文字是否正确。",
        f"Read as {encoding}; check that the text is right.",
        text[:200],
    )


def _unreadable(where: str) -> Exception:
    return refused(
        "unreadable",
        where,
        "文件编码无法识别或已损坏，请另存为UTF-8文本后重试。",
        "The encoding cannot be read or the file is damaged; save it as UTF-8 text.",
    )
