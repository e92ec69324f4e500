"""The story: seven steps on real parts, each verified by reading it back from the device side."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hub.demo import chapters, steps
from hub.demo.people import Officers, VillagePeople
from hub.demo.readback import CardReader, Desk, ScreenReader, SoundReader

if TYPE_CHECKING:
    from pathlib import Path

    from hub.accounts import County
    from hub.demo.county import Box
    from hub.demo.evidence import Evidence
    from hub.demo.sample import Cast
    from hub.notices.models import NoticePage


@dataclass
class Home:
    """One village of the story: its people, its box, and the ways to read it back."""

    box: Box
    people: VillagePeople
    card: CardReader
    sound: SoundReader
    screen: ScreenReader
    forms: dict[str, dict[str, Any]] = field(default_factory=dict)
    pages: dict[str, NoticePage] = field(default_factory=dict)
    """The story's notices by part: table, withdrawn, paper."""

    @classmethod
    def of(cls, box: Box, county: County) -> Home:
        """The village around a box."""
        people = VillagePeople.of(county, box.code)
        return cls(
            box, people, CardReader(box.card), SoundReader(box.sound), ScreenReader(box.kiosk)
        )


@dataclass
class Story:
    """Everything the steps need."""

    homes: tuple[Home, Home]
    officers: Officers
    cast: Cast
    desk: Desk
    evidence: Evidence
    scratch: Path

    @property
    def first(self) -> Home:
        """The village whose network stays."""
        return self.homes[0]

    @property
    def second(self) -> Home:
        """The village whose network and power are cut."""
        return self.homes[1]


def tell(story: Story) -> bool:
    """Play all steps; True when every one was verified."""
    steps.take_in_the_sheet(story)
    steps.review_and_sign(story)
    steps.see_hear_and_read(story)
    chapters.alarm(story)
    chapters.cut_and_heal(story)
    steps.real_paper(story)
    steps.account(story)
    story.evidence.write()
    return story.evidence.verified
