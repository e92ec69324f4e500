"""From whom the hub takes warnings: ``cap.toml`` in its data folder.

    [[source]]
    name = "province"
    token_sha256 = "…"                  # may push to /cap/v1; `village-hub cap --new-token`
    feed = "https://warnings.example/atom.xml"
    every_s = 60                        # how often the feed is asked, 10 at least
    anchors = ["province.pem"]          # certificates that sign for it, beside cap.toml
    senders = ["warnings@example"]      # who may speak through it; empty: anybody

A file that an officer brings by hand is the source ``file``; it may have anchors too.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cryptography import x509

from hub.cap.errors import SourcesFileError

if TYPE_CHECKING:
    from pathlib import Path

NAME = "cap.toml"
BY_HAND = "file"
LEAST_PAUSE_S = 10
_SOURCE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_FIELDS = {"name", "token_sha256", "feed", "every_s", "anchors", "senders"}


@dataclass(frozen=True, slots=True)
class Source:
    """One sender of warnings, and how far it is trusted."""

    name: str
    token_sha256: str = ""
    feed: str = ""
    every_s: int = 60
    anchors: tuple[x509.Certificate, ...] = ()
    senders: tuple[str, ...] = ()


def read_sources(folder: Path) -> tuple[Source, ...]:
    """The sources in a folder's ``cap.toml``; only ``file`` when there is no such file.

    Raises:
        SourcesFileError: the file is not right; the message names the fault.
    """
    path = folder / NAME
    found: list[Source] = []
    if path.exists():
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            raise SourcesFileError(f"{NAME}: {error}") from error
        tables = data.get("source", [])
        if not isinstance(tables, list) or set(data) - {"source"}:
            raise SourcesFileError(f"{NAME}: 只能有 [[source]] / only [[source]] tables")
        found = [_source(each, folder) for each in tables]
    names = [each.name for each in found]
    if len(set(names)) != len(names):
        raise SourcesFileError(f"{NAME}: 来源重名 / two sources of one name")
    return (*found, *(() if BY_HAND in names else (Source(BY_HAND),)))


def _source(table: dict[str, Any], folder: Path) -> Source:
    name = str(table.get("name", ""))
    if _SOURCE_NAME.fullmatch(name) is None:
        raise SourcesFileError(f"{NAME}: 来源名称不对 / not a name: {name[:40]!r}")
    strange = sorted(set(table) - _FIELDS)
    if strange:
        raise SourcesFileError(f"{NAME} {name}: 不认识 / unknown: {', '.join(strange)}")
    token, feed = str(table.get("token_sha256", "")), str(table.get("feed", ""))
    if token and _SHA256.fullmatch(token) is None:
        raise SourcesFileError(
            f"{NAME} {name}: token_sha256 应为 64 位小写十六进制 / 64 hex digits"
        )
    if feed and urlsplit(feed).scheme not in ("http", "https"):
        raise SourcesFileError(f"{NAME} {name}: feed 应以 https:// 开头 / an https address")
    every_s = table.get("every_s", 60)
    if not isinstance(every_s, int) or every_s < LEAST_PAUSE_S:
        raise SourcesFileError(f"{NAME} {name}: every_s 至少 {LEAST_PAUSE_S} / at least that")
    anchors = tuple(
        each for file in _texts(table, "anchors", name) for each in _anchor(folder / file, name)
    )
    return Source(name, token, feed, every_s, anchors, _texts(table, "senders", name))


def _texts(table: dict[str, Any], field: str, name: str) -> tuple[str, ...]:
    found = table.get(field, [])
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise SourcesFileError(f"{NAME} {name}: {field} 应为文字列表 / a list of texts")
    return tuple(found)


def _anchor(path: Path, name: str) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise SourcesFileError(
            f"{NAME} {name}: 证书读不出 / no certificate: {path.name}"
        ) from error


def by_token(sources: tuple[Source, ...], token: str) -> Source | None:
    """The source whose token this is; every one is compared, each in constant time."""
    digest = hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
    found = None
    for each in sources:
        if each.token_sha256 and hmac.compare_digest(each.token_sha256, digest):
            found = each
    return found
