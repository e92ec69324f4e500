"""Changing the lexicon: the county's officers alone, and only readings that a voice can say."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from hub.lexicon.models import Entry
from hub.notices.errors import NotReadyError, NotYourStepError
from hub.places.models import Role
from hub.places.posts import posts_of
from hub.preview.readings import fault_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User

_log = logging.getLogger(__name__)


def may_change(user: User) -> bool:
    """Whether the person sits at the county."""
    return any(post.role == Role.COUNTY_OFFICER for post in posts_of(user))


def put(user: User, word: str, spoken: str) -> Entry:
    """Say ``word`` so from now on. What is signed already keeps its readings.

    Raises:
        NotYourStepError: not a county officer; NotReadyError: no voice could say it so.
    """
    _only_county(user)
    word, spoken = word.strip(), " ".join(spoken.split())
    fault = fault_of(word, spoken)
    if fault:
        raise NotReadyError([fault])
    entry = Entry.objects.filter(word=word).first() or Entry(word=word)
    entry.spoken, entry.changed_by = spoken, user
    try:
        entry.full_clean()
    except ValidationError as error:
        raise NotReadyError(error.messages) from error
    entry.save()
    _log.info("lexicon: %s is said %s", word, spoken)
    return entry


def remove(user: User, word: str) -> None:
    """Leave ``word`` to the dictionaries again.

    Raises:
        NotYourStepError: not a county officer.
    """
    _only_county(user)
    Entry.objects.filter(word=word).delete()


def _only_county(user: User) -> None:
    if not may_change(user):
        raise NotYourStepError(_("读音词典由县里维护：请把读错的词告诉县级值班人员。"))
