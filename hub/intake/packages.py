"""Office files are zip packages: bounded, and free of macros, entities and outside references.

Sizes in the zip directory may lie, so every part is read through a limit.
"""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING

from hub.intake.faults import IntakeError, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_PACKAGE_BYTES = 20 * 1024 * 1024
MAX_PARTS = 500
MAX_UNPACKED_BYTES = 48 * 1024 * 1024
MAX_PART_BYTES = 16 * 1024 * 1024
_MAX_RATIO = 200
_SMALL = 1024 * 1024
_OLE = b"\xd0\xcf\x11\xe0"
_MACRO = re.compile(r"vbaProject|macrosheets/|/activeX/|/embeddings/|\.bin$", re.IGNORECASE)
_HARMLESS_BIN = re.compile(r"printerSettings\d*\.bin$")
_PAGES = re.compile(r"word/(?:document|header\d*|footer\d*|footnotes|endnotes)\.xml$")
_DOCTYPE = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_RELATION = re.compile(rb"<Relationship\b[^>]*>", re.IGNORECASE)
_TEMPLATE = re.compile(rb"attachedTemplate", re.IGNORECASE)
_OUTSIDE = re.compile(rb"TargetMode\s*=\s*[\"']External", re.IGNORECASE)
_LINK = re.compile(rb"Type\s*=\s*[\"'][^\"']*/hyperlink[\"']", re.IGNORECASE)


def check_package(data: bytes, where: str) -> frozenset[str]:
    """Look through an Office package before any library opens it.

    Args:
        data: the whole file.
        where: its name, for the error.

    Returns:
        The names of its parts.

    Raises:
        IntakeError: no package, encrypted, a bomb, macros, entities, outside references.
    """
    if len(data) > MAX_PACKAGE_BYTES:
        raise refused("too_large", where, "文件超过20MB，请精简。", "Over 20 MiB; make it smaller.")
    if data.startswith(_OLE):
        raise refused(
            "old_or_locked",
            where,
            "文件是旧版格式或加了密码，请去掉密码并另存为.xlsx（或.docx）。",
            "An old or password-protected file; save it as .xlsx (or .docx) without password.",
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            infos = package.infolist()
            _check_directory(infos, where)
            for info, content in _contents(package, infos, where):
                _check_part(info.filename, content, where)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError):
        raise _damaged(where) from None
    except zipfile.LargeZipFile:
        raise _bomb(where) from None
    return frozenset(info.filename for info in infos)


def hidden_text_in(data: bytes) -> tuple[str, ...]:
    """What a Word package holds that its pages do not show; checked packages only."""
    found = []
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        names = package.namelist()
        pages = b"".join(package.read(name) for name in names if _PAGES.match(name))
        if any(name.startswith("word/comments") for name in names):
            found.append("批注")
    if re.search(rb"<w:(?:ins|del|moveFrom)\b", pages):
        found.append("修订")
    if re.search(rb"<w:vanish\b(?![^>]*w:val=\"(?:0|false)\")", pages):
        found.append("隐藏文字")
    return tuple(found)


def _check_directory(infos: list[zipfile.ZipInfo], where: str) -> None:
    names = [info.filename for info in infos]
    if len(infos) > MAX_PARTS or sum(info.file_size for info in infos) > MAX_UNPACKED_BYTES:
        raise _bomb(where)
    if len(set(names)) != len(names) or any(_leads_out(name) for name in names):
        raise _damaged(where)
    for info in infos:
        if info.flag_bits & 1:
            raise _damaged(where)
        if info.file_size > _SMALL and info.file_size > _MAX_RATIO * max(1, info.compress_size):
            raise _bomb(where)
        if _MACRO.search(info.filename) and not _HARMLESS_BIN.search(info.filename):
            raise refused(
                "macro",
                where,
                "文件带有宏或嵌入对象，请另存为不含宏的文件。",
                "The file has macros or embedded objects; save it without them.",
            )


def _contents(
    package: zipfile.ZipFile, infos: list[zipfile.ZipInfo], where: str
) -> Iterator[tuple[zipfile.ZipInfo, bytes]]:
    left = MAX_UNPACKED_BYTES
    for info in infos:
        limit = min(left, MAX_PART_BYTES)
        with package.open(info) as part:
            content = part.read(limit + 1)
        if len(content) > limit:
            raise _bomb(where)
        left -= len(content)
        yield info, content


def _check_part(name: str, content: bytes, where: str) -> None:
    if not name.endswith((".xml", ".rels", ".vml")):
        return
    if _DOCTYPE.search(content.replace(b"\x00", b"")):
        raise refused(
            "entities",
            where,
            "文件内部含有不允许的定义（DOCTYPE），不予接收。",
            "A part of the file declares a DOCTYPE, which is not taken.",
        )
    if name.endswith(".rels") and any(_reaches_out(entry) for entry in _RELATION.findall(content)):
        raise refused(
            "outside_reference",
            where,
            "文件引用了外部模板或图片，请把内容复制到新文件后上传。",
            "The file refers to something outside; copy the content into a new file.",
        )


def _reaches_out(relation: bytes) -> bool:
    if _OUTSIDE.search(relation) is None:
        return False
    return _TEMPLATE.search(relation) is not None or _LINK.search(relation) is None


def _leads_out(name: str) -> bool:
    return name.startswith(("/", "\\")) or "\\" in name or ".." in name.split("/") or ":" in name


def _bomb(where: str) -> IntakeError:
    return refused(
        "bomb",
        where,
        "文件解压后过大，不予打开。表格行数太多的请拆分；文件不是自己做的，请检查来源。",
        "Unpacked, the file would be too large; split a long sheet, check where others come from.",
    )


def _damaged(where: str) -> IntakeError:
    return refused(
        "damaged",
        where,
        "文件损坏或不是有效的Office文件，请重新保存后上传。",
        "The file is damaged or no Office file; save it again.",
    )
