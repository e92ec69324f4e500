"""From bytes to a harmless XML tree: bounded, no DTD, no entity, no network.

The text is decoded here and not by the XML parser, so that one table says which encodings
exist (GB 2312, GBK and GB 18030 are common in China; UTF-7 is not in it). A first pass with
the standard library's expat stops at the first sign of a document type, too many elements or
too deep a nest, before anything is built; only then lxml builds the tree, with every door to
entities and network shut a second time.
"""

from __future__ import annotations

import codecs
import re
from xml.parsers import expat

from lxml import etree

from hub.cap.errors import CapRefusedError

MAX_BYTES = 2 * 1024 * 1024
MAX_DEPTH = 24
MAX_ELEMENTS = 40_000
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ENCODINGS = {
    "utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "ascii", "ascii": "ascii",
    "gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "cp936": "gb18030",
    "big5": "big5hkscs", "iso-8859-1": "latin-1", "latin1": "latin-1",
    "iso-8859-2": "iso8859-2", "iso-8859-15": "iso8859-15", "windows-1252": "cp1252",
    "utf-16": "utf-16", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be",
}  # fmt: skip
_DECLARED = re.compile(rb"""\A\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']""")
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]{0,300}\?>")


def read_xml(data: bytes, *, max_bytes: int = MAX_BYTES) -> etree._Element:
    """The root element of a document.

    Raises:
        CapRefusedError: too large, an unknown encoding, not well-formed, too deep, too many
            elements, or a document type (the door of every entity attack).
    """
    if len(data) > max_bytes:
        raise CapRefusedError(
            "too_large",
            f"报文太大：{len(data)} 字节，上限 {max_bytes}",
            f"{len(data)} bytes, the limit is {max_bytes}",
        )
    text = _DECLARATION.sub("", decoded(data), count=1).lstrip()
    clean = text.encode("utf-8", errors="strict")
    _look_through(clean)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        encoding="utf-8",
    )
    try:
        return etree.fromstring(clean, parser)
    except etree.XMLSyntaxError as error:
        raise _not_xml(str(error)) from error


def decoded(data: bytes) -> str:
    """The text, by byte order mark or declaration; UTF-8 if there is neither.

    Raises:
        CapRefusedError: an encoding that is not in the table, or bytes that are not in it.
    """
    name = _encoding_of(data)
    try:
        text = data.decode(name)
        text.encode("utf-8")
    except UnicodeError as error:
        raise CapRefusedError(
            "encoding",
            f"报文的文字编码与声明（{name}）不符，请发送方改正",
            f"the bytes are not {name}",
        ) from error
    return text.removeprefix("\ufeff")


def _encoding_of(data: bytes) -> str:
    for mark, name in _BOMS:
        if data.startswith(mark):
            return name
    if data[:2] == b"<\0":
        return "utf-16-le"
    if data[:2] == b"\0<":
        return "utf-16-be"
    found = _DECLARED.match(data[:400])
    declared = found[1].decode("ascii", "replace").lower() if found else "utf-8"
    if declared not in _ENCODINGS:
        raise CapRefusedError(
            "encoding",
            f"不支持的文字编码 {declared}，请用 UTF-8",
            f"unknown encoding {declared}, send UTF-8",
        )
    return _ENCODINGS[declared]


def _look_through(clean: bytes) -> None:
    """Read it once without building anything, and stop at what no warning needs."""
    parser = expat.ParserCreate("utf-8")
    depth = elements = 0

    def refuse_type(*_: object) -> None:
        raise CapRefusedError(
            "document_type",
            "报文含有文档类型声明（DOCTYPE），可能是实体攻击，不接收",
            "a document type declaration (entity attack) is not accepted",
        )

    def start(*_: object) -> None:
        nonlocal depth, elements
        depth += 1
        elements += 1
        if depth > MAX_DEPTH or elements > MAX_ELEMENTS:
            raise CapRefusedError(
                "too_large", "报文层次太深或元素太多", "nested too deep or too many elements"
            )

    def end(*_: object) -> None:
        nonlocal depth
        depth -= 1

    parser.StartDoctypeDeclHandler = refuse_type
    parser.EntityDeclHandler = refuse_type
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    try:
        parser.Parse(clean, True)
    except expat.ExpatError as error:
        raise _not_xml(str(error)) from error


def _not_xml(why: str) -> CapRefusedError:
    return CapRefusedError("not_xml", f"不是完整的 XML（{why}）", f"not well-formed XML: {why}")


def text_of(element: etree._Element) -> str:
    """All text of an element without its comments, so that none can cut a word in two."""
    beside = [each.tail or "" for each in element if not isinstance(each.tag, str)]
    return "".join([element.text or "", *beside]).strip()
