"""Files handed in beside a notice: their names, their kinds, and what is inside them.

Files are uploaded, never fetched from an address. Pictures are drawn anew. Word and PDF are
looked through and, when harmless, kept at the hub; they do not go to the villages yet.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contract import privacy
from contract.folding import is_invisible
from contract.plain_text import Level
from hub.intake.faults import Fault, IntakeError, refused
from hub.intake.packages import check_package, hidden_text_in
from hub.intake.pictures import ALLOWED, CleanPicture, clean_picture
from hub.privacy.cleaning import safe_file_name

MAX_FILE_BYTES = 20 * 1024 * 1024
MAX_NAME = 100
_OFFICE = frozenset({"docx", "xlsx", "pptx"})
_PICTURES = frozenset({"png", "jpg", "jpeg", "webp"})
_PDF_DANGERS = re.compile(
    rb"/(?:JavaScript|JS|Launch|OpenAction|AA|EmbeddedFiles?|RichMedia|XFA|SubmitForm|ImportData"
    rb"|GoToE|GoToR|Encrypt)\b"
)
_PDF_HEX_NAME = re.compile(rb"#([0-9A-Fa-f]{2})")
_RESERVED = re.compile(r"(?:CON|PRN|AUX|NUL|COM\d|LPT\d)(?:\..*)?", re.IGNORECASE)
_NOT_IN_NAMES = re.compile(r"[\x00-\x1f\x7f<>:\"/\\|?*]")


@dataclass(frozen=True, slots=True)
class Held:
    """A file that is harmless but stays at the hub, with the reason."""

    name: str
    mime: str
    fault: Fault


def clean_name(name: str, where: str = "文件名") -> tuple[str, list[Fault]]:
    """A name that is safe to store, to link and to show, and what was wrong with it.

    Raises:
        IntakeError: the name tries to leave its folder.
    """
    faults = []
    plain = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(c for c in plain if not is_invisible(c) and c.isprintable())
    plain = _NOT_IN_NAMES.sub("", plain).strip(" .")
    if _RESERVED.fullmatch(plain) or not plain:
        plain = f"附件_{plain}".rstrip("_")
    if len(plain) > MAX_NAME:
        stem, dot, ending = plain.rpartition(".")
        plain = f"{(stem or ending)[: MAX_NAME - 8]}{dot}{ending[:6] if dot else ''}"
    if "\x00" in name or ".." in re.split(r"[/\\]", name):
        raise refused(
            "bad_name",
            where,
            f"文件名含有路径或控制符，请改名为“{plain}”。",
            "The file name holds a path or control characters; rename it.",
            plain,
        )
    if plain != name:
        faults.append(
            Fault("name_unsafe", where, Level.NOTE, f"文件名已改为“{plain}”。", "Renamed.", plain)
        )
    if privacy.scan(plain):
        plain = safe_file_name(plain)
        faults.append(
            Fault(
                "name_personal",
                where,
                Level.CONFIRM,
                f"文件名含有个人号码，改名为“{plain}”。",
                "The file name holds a personal number; it is renamed.",
                plain,
            )
        )
    return plain, faults


def check_upload(data: bytes, name: str, mime: str = "") -> CleanPicture | Held:
    """Look at one file by what it is, not by what it says it is.

    Raises:
        IntakeError: a type that is not taken, something dangerous, damaged, or too large.
    """
    if len(data) > MAX_FILE_BYTES:
        raise refused("too_large", name, "文件超过20MB。", "Over 20 MiB; make it smaller.")
    ending = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    if ending in _OFFICE or data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        check_package(data, name)
        return _held(name, mime, hidden_text_in(data))
    if ending == "pdf" or data.lstrip()[:5] == b"%PDF-":
        _check_pdf(data, name)
        return _held(name, mime)
    if ending and ending not in _PICTURES:
        raise refused(
            "wrong_type",
            name,
            f"不收“.{ending[:8]}”文件；图片请用PNG、JPEG、WebP。",
            f"Files of this type are not taken; pictures: {', '.join(ALLOWED)}.",
        )
    return clean_picture(data, name, mime)


def check_attachment(attachment: object, where: str) -> tuple[CleanPicture | Held, list[Fault]]:
    """One entry of a notice's attachments: ``name``, ``mime`` and ``base64``.

    Raises:
        IntakeError: an address instead of a file, or a file that is not taken.
    """
    if not isinstance(attachment, Mapping):
        raise no_address(where)
    if any(key in attachment for key in ("url", "href", "src", "path", "attachment_url")):
        raise no_address(where)
    name, faults = clean_name(str(attachment.get("name") or "附件"), f"{where}.name")
    return check_upload(
        _decoded(attachment, where), name, str(attachment.get("mime") or "")
    ), faults


def no_address(where: str) -> IntakeError:
    """The refusal of an address where a file belongs."""
    return refused(
        "no_fetching",
        where,
        "附件只能上传，不能填写网址或路径。",
        "Attachments are uploaded, never fetched from an address.",
    )


def _decoded(attachment: Mapping[str, Any], where: str) -> bytes:
    text = attachment.get("base64")
    if not isinstance(text, str) or len(text) > MAX_FILE_BYTES * 4 // 3 + 8:
        raise refused("damaged", where, "附件没有内容或过大。", "No content, or too large.")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise refused("damaged", where, "附件内容损坏。", "The content is damaged.") from None


def _check_pdf(data: bytes, name: str) -> None:
    if b"%PDF-" not in data[:1024] or b"%%EOF" not in data[-2048:]:
        raise refused(
            "damaged", name, "PDF损坏或不完整，请重新导出。", "The PDF is damaged; export it again."
        )
    plain = _PDF_HEX_NAME.sub(lambda match: bytes([int(match[1], 16)]), data)
    if _PDF_DANGERS.search(plain):
        raise refused(
            "active_pdf",
            name,
            "PDF带有脚本、动作、附件或加密，请用“打印为PDF”重新生成。",
            "The PDF has scripts, actions, attachments or encryption; print it to PDF anew.",
        )


def _held(name: str, mime: str, hidden: tuple[str, ...] = ()) -> Held:
    if hidden:
        fault = Fault(
            "hidden_text",
            name,
            Level.CONFIRM,
            f"“{name}”里有{'、'.join(hidden)}，请清除后重新上传；文件暂存在县级平台，不下发。",
            "The document holds comments, tracked changes or hidden text; remove them.",
        )
        return Held(name, mime, fault)
    fault = Fault(
        "not_published_yet",
        name,
        Level.NOTE,
        f"“{name}”暂存在县级平台，暂不下发；需公开的页面请另存为图片上传。",
        "Kept at the hub and not sent to villages yet; upload its pages as pictures.",
    )
    return Held(name, mime, fault)
