"""``{% loudspeaker words text address %}``: words, pinyin and the recording, before one signs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template
from django.conf import settings

from hub.preview.recording import Shelf, voice_missing

if TYPE_CHECKING:
    from hub.preview.speech import Words

register = template.Library()


@register.inclusion_tag("office/loudspeaker.html")
def loudspeaker(words: Words, text: str, address: str) -> dict[str, object]:
    """What the village will hear of ``text``, to be read and heard.

    Args:
        words: the spoken words with their pinyin.
        text: the text as it will be sealed.
        address: where its recording is to be had.
    """
    return {
        "words": words,
        "address": address,
        "is_recorded": recordings().known(text) is not None,
        "records": not voice_missing(),
    }


def recordings() -> Shelf:
    """The recordings that this hub has made."""
    return Shelf(settings.DATA.root / "recordings")
