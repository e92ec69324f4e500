"""Opening, feeding and ending a talk. What is fed is kept before it is sent.

A talk is not reviewed, so only who answers for the words in person may hold one: the Party
secretary in the own village, officers of town and county inside their area.
"""

from __future__ import annotations

import logging
import os
import secrets
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from contract.areas import Area
from contract.errors import ContractError, VillageError
from contract.live import LONGEST_S, RATE_HZ
from hub.dispatch.wake import wake
from hub.live.models import LiveTalk
from hub.notices.errors import NotReadyError, NotYourStepError
from hub.places.models import SUPERVISORS, Role
from hub.places.posts import posts_of, villages_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.contrib.auth.models import AnonymousUser, User

    from hub.places.models import Post

_log = logging.getLogger(__name__)
SPEAKERS = (Role.SECRETARY, *SUPERVISORS)
MOST_BYTES = 5 * RATE_HZ
"""So much may come in one request: what a browser gathered while the network halted."""


UNCARRIED_S = 1.5
"""A dispatcher turns at least twice a second; one that does not is being started again."""


class TalkOverError(VillageError, RuntimeError):
    """Raised when a talk that is over is fed."""


def posts_that_speak(user: User | AnonymousUser) -> list[Post]:
    """The person's posts that may hold a talk."""
    return [post for post in posts_of(user) if post.role in SPEAKERS]


def areas_of(user: User) -> list[tuple[str, str]]:
    """Code and name of every area the person may speak to: place, villages, groups."""
    own = posts_that_speak(user)
    found = {post.place.code: str(post.place.title) for post in own}
    for village in villages_of(user):
        if not any(post.place.area.covers(village.area) for post in own):
            continue
        for area in village.areas_with_groups:
            number = _("第%(number)d组") % {"number": area.group} if area.group else ""
            found[str(area)] = f"{village.title}{number}"
    return list(found.items())


def open_talk(user: User, areas: Sequence[str]) -> LiveTalk:
    """Begin a talk; a talk that the same person left open is ended.

    Raises:
        NotYourStepError: no post that speaks, or an area outside it; NotReadyError: no area.
    """
    posts = posts_that_speak(user)
    if not posts:
        raise NotYourStepError(_("直播喊话只能由村党组织书记和县、乡值班人员进行。"))
    if not areas:
        raise NotReadyError([_("还没有选喊给哪里。")])
    try:
        wanted = [Area.parse(area) for area in areas]
    except ContractError as error:
        raise NotReadyError([_("区划代码不对：%(error)s") % {"error": error}]) from error
    is_whole = not any(area.box for area in wanted)  # all horns of a village speak together
    if not is_whole or not all(any(p.place.area.covers(area) for p in posts) for area in wanted):
        raise NotYourStepError(_("只能向本辖区喊话。"))
    for left_open in LiveTalk.objects.filter(spoken_by=user, ended_at=None):
        end_talk(left_open, "replaced")
    highest = min(posts, key=lambda post: len(post.place.code))
    now = timezone.now()
    talk = LiveTalk(
        id=f"live-{secrets.token_hex(8)}",
        areas=[str(area) for area in wanted],
        level=highest.place.area.level,
        speaker=f"{highest.place.title}{Role(highest.role).label}"[:60],
        spoken_by=user,
        opened_at=now,
        ends_at=now + timedelta(seconds=LONGEST_S),
    )
    path = Path(talk.recording)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.touch(mode=0o600)
    talk.save()
    wake()
    _log.info("live talk %s opened to %d area(s)", talk.id, len(wanted))
    return talk


def feed(talk: LiveTalk, at: int, sound: bytes) -> int:
    """Add what was spoken from sample ``at`` on; what came before is left alone.

    Without sound this says that the speaker is there.

    Returns:
        How many samples the recording has now; the browser goes on from there.

    Raises:
        TalkOverError: the talk is over.
    """
    if talk.ended_at is not None:
        raise TalkOverError(talk.end_words)
    path = Path(talk.recording)
    have = path.stat().st_size
    fresh = sound[have - at : have - at + MOST_BYTES] if at <= have else b""
    fresh = fresh[: LONGEST_S * RATE_HZ - have]
    if fresh:
        with path.open("ab") as file:
            file.write(fresh)
    else:
        os.utime(path)
    wake()
    return have + len(fresh)


def is_carried(talk: LiveTalk) -> bool:
    """Whether the dispatcher carries the talk; the speaker is told as soon as it does not."""
    try:
        carried_s = talk.carried.stat().st_mtime
    except FileNotFoundError:
        carried_s = talk.opened_at.timestamp()
    return timezone.now().timestamp() - carried_s < UNCARRIED_S


def end_talk(talk: LiveTalk, reason: str) -> None:
    """End a talk; a second end changes nothing. ``reason`` is a key of `LiveTalk.end_words`."""
    samples = Path(talk.recording).stat().st_size
    LiveTalk.objects.filter(pk=talk.pk, ended_at=None).update(
        ended_at=timezone.now(), end_reason=reason, samples=samples
    )
    talk.refresh_from_db()
    wake()
