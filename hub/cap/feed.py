"""Polling one feed: an Atom or RSS index, entries that hold the message, or one CAP address.

The hub asks only the configured host, and follows links only there: a feed must not make the
hub call the county's own machines. Bounded in size, time and number; an unchanged feed costs
one short answer (ETag, Last-Modified).
"""

from __future__ import annotations

import logging
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from lxml import etree

from contract.errors import VillageError
from hub.cap.errors import CapRefusedError
from hub.cap.reading import read_xml, text_of
from hub.cap.schema import CAP_11, CAP_12

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub.cap.sources import Source

_log = logging.getLogger(__name__)
TIMEOUT_S = 15.0
MAX_FEED_BYTES = 8 * 1024 * 1024
MAX_ENTRIES = 100
_REMEMBERED = 5_000
_ATOM = "{http://www.w3.org/2005/Atom}"
_ALERTS = (f"{{{CAP_12}}}alert", f"{{{CAP_11}}}alert")
_CAP_TYPE = "application/cap+xml"


class FeedSilentError(VillageError, OSError):
    """The feed could not be fetched this time; the next turn tries again."""


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follows a redirect only inside the configured host."""

    def redirect_request(  # noqa: PLR0913, PLR0917 - the library's own signature
        self, req: urllib.request.Request, fp: object, code: int, msg: str, headers: object,
        newurl: str,
    ) -> urllib.request.Request | None:  # fmt: skip
        """Refuse to be led to another host."""
        if not is_same_host(req.full_url, newurl):
            raise FeedSilentError("a redirect to another host is not followed")
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type] # the library's own objects


def is_same_host(one: str, other: str) -> bool:
    """Whether two addresses have the same host and port, and the second is no less safe."""
    first, second = urlsplit(one), urlsplit(other)
    no_worse = second.scheme == first.scheme or (first.scheme, second.scheme) == ("http", "https")
    return no_worse and (first.hostname, first.port) == (second.hostname, second.port)


@dataclass
class Feed:
    """One source's feed, with what was seen of it since the program started."""

    source: Source
    _seen: dict[str, None] = field(default_factory=dict)
    _marks: dict[str, str] = field(default_factory=dict)

    def messages(self) -> Iterator[bytes]:
        """Every CAP message that is new since the last turn.

        Raises:
            FeedSilentError: the feed does not answer, or answers with something else.
        """
        body = self._fetch(self.source.feed, MAX_FEED_BYTES, self._marks)
        if body is None:
            return
        try:
            root = read_xml(body, max_bytes=MAX_FEED_BYTES)
        except CapRefusedError as error:
            raise FeedSilentError(f"not a feed: {error.en}") from error
        if root.tag in _ALERTS:
            yield body
            return
        for key, entry in entries_of(root):
            if key in self._seen:
                continue
            try:
                found = self._message_of(entry)
            except FeedSilentError as error:
                _log.warning("feed %s: one entry: %s", self.source.name, error)
                self._marks.clear()  # the index must come again, or this entry is never asked for
                continue
            self._remember(key)
            if found is not None:
                yield found

    def _message_of(self, entry: etree._Element) -> bytes | None:
        inside = next(entry.iter(*_ALERTS), None)
        if inside is not None:
            return etree.tostring(inside, encoding="utf-8", with_tail=False)
        link = urljoin(self.source.feed, link_of(entry))
        if not is_same_host(self.source.feed, link):
            _log.warning("feed %s: a link to another host is not followed", self.source.name)
            return None
        return self._fetch(link, MAX_FEED_BYTES, {})

    def _remember(self, key: str) -> None:
        self._seen[key] = None
        while len(self._seen) > _REMEMBERED:
            del self._seen[next(iter(self._seen))]

    def _fetch(self, address: str, most: int, marks: dict[str, str]) -> bytes | None:
        """The body at an address; None when it has not changed.

        ``marks`` holds the ETag and date of the last answer, and is brought up to date.
        """
        headers = {"User-Agent": "village-notice-hub", "Accept": "application/xml, */*", **marks}
        request = urllib.request.Request(address, headers=headers)  # noqa: S310 - http(s) only, by sources.py
        try:
            with urllib.request.build_opener(_SameHost).open(request, timeout=TIMEOUT_S) as answer:
                body: bytes = answer.read(most + 1)
                found = answer.headers
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == 304:
                return None
            raise FeedSilentError(f"HTTP {error.code}") from error
        except (OSError, ValueError) as error:
            raise FeedSilentError(f"no answer: {type(error).__name__}") from error
        if len(body) > most:
            raise FeedSilentError(f"more than {most} bytes")
        for header, name in (("ETag", "If-None-Match"), ("Last-Modified", "If-Modified-Since")):
            if found.get(header):
                marks[name] = found[header]
        return body


def entries_of(root: etree._Element) -> list[tuple[str, etree._Element]]:
    """The newest hundred entries of an Atom or RSS feed, each with a key that changes with it.

    Raises:
        FeedSilentError: it is neither.
    """
    if root.tag == f"{_ATOM}feed":
        entries = list(root.iterchildren(f"{_ATOM}entry"))
        names = (f"{_ATOM}id", f"{_ATOM}updated")
    elif root.tag == "rss":
        entries = list(root.iterfind("./channel/item"))
        names = ("guid", "pubDate")
    else:
        raise FeedSilentError("neither Atom nor RSS nor CAP")
    found = []
    for entry in entries[:MAX_ENTRIES]:
        parts = [text_of(each) for name in names for each in entry.iterchildren(name)]
        found.append(("\n".join([*parts, link_of(entry)]), entry))
    return found


def link_of(entry: etree._Element) -> str:
    """Where an entry's message lies: the link of CAP's own type, else the first one."""
    links = [(each.get("type", ""), each.get("href", "")) for each in entry.iter(f"{_ATOM}link")]
    links += [(each.get("type", ""), each.get("url", "")) for each in entry.iter("enclosure")]
    links += [("", text_of(each)) for each in entry.iterchildren("link")]
    usable = [(kind, address) for kind, address in links if address]
    typed = [address for kind, address in usable if kind == _CAP_TYPE]
    return typed[0] if typed else (usable[0][1] if usable else "")
