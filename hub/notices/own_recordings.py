"""A dialect's or a leader's own recording of a notice, one an area, reviewed with its words.

The rows stand in the page and so in its revisions: what is signed is what was heard. The sound
lies among the hub's assets under its hash and is never changed. A recording belongs to the words
it was made of: once they are corrected, it is not sent any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from hub.notices import desk
from hub.notices.audience import areas_of
from hub.notices.errors import NotReadyError
from hub.notices.to_contract import words_mark
from hub.places.models import PlacePage
from hub.preview.own_recording import MIME, UnfitRecordingError, fit
from hub.sealing.models import AssetBlob

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from hub.notices.models import NoticePage

MOST_BYTES = 20 * 1024 * 1024
SPEAKER_LENGTH = 30


def choices_of(page: NoticePage) -> list[tuple[str, str]]:
    """Code and name of every village that the notice goes to."""
    codes = dict.fromkeys(area[:12] for area in areas_of(page))
    names = dict(PlacePage.objects.filter(code__in=codes).values_list("code", "title"))
    return [(code, names.get(code, code)) for code in codes]


def attach(user: User, page: NoticePage, area: str, speaker: str, file: bytes) -> dict[str, Any]:
    """Keep a recording for one area as a new draft revision; an older one of the area goes.

    Raises:
        NotReadyError: the file, the area or the speaker is not right, in sentences.
        NotYourStepError: the person may not write on the notice now.
    """
    draft = desk.latest(page)
    if area not in dict(choices_of(draft)):
        raise NotReadyError([_("请选择这条公开要去的村。")])
    if not speaker.strip() or len(speaker) > SPEAKER_LENGTH:
        raise NotReadyError([_("请写明谁的声音、什么话，三十字以内，如“书记讲话”“白族话”。")])
    if len(file) > MOST_BYTES:
        raise NotReadyError([_("录音文件超过20MB，请剪短或另存为 Opus。")])
    try:
        found = fit(file)
    except UnfitRecordingError as error:
        raise NotReadyError([str(error)]) from error
    AssetBlob.objects.get_or_create(
        sha256=found.sha256, defaults={"mime": MIME, "name": "own", "body": found.body}
    )
    row = {
        "area": area,
        "sha256": found.sha256,
        "size_bytes": len(found.body),
        "mime": MIME,
        "speaker": speaker.strip(),
        "duration_s": found.duration_s,
        "original_lufs": found.original_lufs,
        "words": words_mark(draft),
    }
    others = [each for each in draft.own_recordings if each["area"] != area]
    draft.own_recordings = [*others, row]
    desk.save(user, draft)
    return row


def detach(user: User, page: NoticePage, area: str) -> None:
    """Leave a recording out of the next revision.

    Raises:
        NotYourStepError: the person may not write on the notice now.
    """
    draft = desk.latest(page)
    draft.own_recordings = [each for each in draft.own_recordings if each["area"] != area]
    desk.save(user, draft)
