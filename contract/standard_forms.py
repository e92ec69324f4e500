"""Standard forms of characters that old office software keeps in the private-use area.

GBK put 80 characters that Unicode lacked at U+E815 to U+E864, in the order of its bytes FE50 to
FEA0; GB 18030 has since given them real code points. Python's codec knows most of the pairs,
the rest are those that GB 18030-2005 and 2022 moved last.
"""

from __future__ import annotations

_FIRST, _LAST = 0xE815, 0xE864
_MOVED_LAST = {
    0xE816: 0x20087, 0xE817: 0x20089, 0xE818: 0x200CC, 0xE81E: 0x9FB4, 0xE826: 0x9FB5,
    0xE82B: 0x9FB6, 0xE82C: 0x9FB7, 0xE831: 0x215D7, 0xE832: 0x9FB8, 0xE83B: 0x2298F,
    0xE843: 0x9FB9, 0xE854: 0x9FBA, 0xE855: 0x241FE, 0xE864: 0x9FBB,
}  # fmt: skip


def standard_form(char: str) -> str:
    """The assigned character for a private-use one, or nothing where none is known."""
    code = ord(char)
    if code in _MOVED_LAST:
        return chr(_MOVED_LAST[code])
    if not _FIRST <= code <= _LAST:
        return ""
    trail = 0x50 + code - _FIRST
    return bytes((0xFE, trail + (trail >= 0x7F))).decode("gb18030")
