"""A published notice as a sheet: head strip, title, table, and a foot that answers questions."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import segno
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import mark_safe
from wagtail.images import get_image_model

from contract.notice import Table
from hub.catalogue.models import Rules
from hub.notices import content
from hub.notices.to_contract import to_notice
from hub.phone.codes import printed
from hub.phone.listing import enter
from hub.phone.models import Edition
from hub.places.models import CountyPage
from hub.poster.fonts import without_font
from hub.poster.paper import A3, A4, Paper, hangs_wide
from hub.sealing.assets import redrawn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.notice import Notice
    from hub.notices.models import NoticePage, Publication
    from hub.places.models import VillagePage

_STYLE = Path(__file__).parent / "style" / "poster.css"
_BIG_PAPER = "A3"
HASH_SHOWN = 16
SHORT_CHARACTERS = 400


@dataclass(frozen=True, slots=True)
class Sheet:
    """One document for the press, and what the clerk is told about it."""

    html: str
    title: str
    is_wide: bool
    unprintable: tuple[str, ...] = ()


def usual_paper(page: NoticePage) -> Paper:
    """The paper that the catalogue names for the notice's item."""
    profile = Rules.table("channel_profiles").get(page.item.channels if page.item else "", {})
    return A3 if str(profile.get("poster", "")).startswith(_BIG_PAPER) else A4


def sheet_of(publication: Publication, paper: Paper) -> Sheet:
    """The sheet of one published edition.

    Raises:
        NotReadyError: a column that must stay at the hub is still in the text.
    """
    page: NoticePage = publication.revision.as_object()
    notice = to_notice(page, publication.number, publication.at)
    edition = Edition.objects.filter(publication=publication).first() or enter(publication)
    address = f"{settings.PUBLIC_URL}/v/{edition.code}/"
    unprintable = without_font("".join(_texts(notice)))
    context = {
        "notice": notice,
        "pictures": _pictures(page),
        "code": printed(edition.code),
        "hash": " ".join(edition.sha256[n : n + 4] for n in range(0, HASH_SHOWN, 4)),
        "qr": qr(address),
        "address": address,
        "is_short": _is_short(notice),
        "unprintable": [(char, f"U+{ord(char):04X}") for char in unprintable],
    }
    is_wide = hangs_wide(notice)
    html = drawn("notice", page.village, paper, is_wide=is_wide, **context)
    return Sheet(html, notice.title, is_wide, tuple(unprintable))


def drawn(
    name: str, village: VillagePage, paper: Paper, *, is_wide: bool = False, **more: object
) -> str:
    """One document: the template with the strip, the style and the paper's sides."""
    width_mm, height_mm = paper.turned(is_wide=is_wide)
    context = {
        "village": village,
        "county": CountyPage.objects.first(),
        "style": _style(),
        "paper": paper,
        "width_mm": width_mm,
        "height_mm": height_mm,
        "now": timezone.localtime(),
        **more,
    }
    return render_to_string(f"poster/{name}.html", context)


@lru_cache(maxsize=1)
def _style() -> str:
    return mark_safe(_STYLE.read_text(encoding="utf-8"))  # noqa: S308 - our own style sheet


def qr(address: str) -> str:
    """The QR code as an address of its own picture, error level M."""
    uri: str = segno.make(address, error="m", micro=False).svg_data_uri(scale=4, border=4)
    return uri


def _pictures(page: NoticePage) -> list[str]:
    """The notice's pictures inside the document, in order."""
    found = []
    for block in content.raw_body(page):
        if block["type"] == "picture":
            image = get_image_model().objects.get(pk=block["value"]["image"])
            with image.file.open("rb") as file:
                body, mime = redrawn(file.read())
            found.append(f"data:{mime};base64,{base64.b64encode(body).decode()}")
    return found


def _is_short(notice: Notice) -> bool:
    """Whether the sheet has room for larger type: little text, no table, no picture."""
    is_text = all(block.kind in ("heading", "paragraph") for block in notice.blocks)
    return is_text and sum(map(len, _texts(notice))) <= SHORT_CHARACTERS


def _texts(notice: Notice) -> Iterator[str]:
    yield from (notice.title, notice.summary, notice.correction, notice.sender.office)
    for block in notice.blocks:
        if isinstance(block, Table):
            yield from (column.label for column in block.columns)
            yield from (cell for row in (*block.rows, block.total) for cell in row)
        else:
            yield str(getattr(block, "text", "") or getattr(block, "alt", ""))
