"""A few notices for a desk that somebody looks at: published through the whole chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract.errors import VillageError
from hub.demo import sample
from hub.demo.people import VillagePeople

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hub.accounts import County
    from hub.demo.county import Box

EACH = 5


def seed(
    county: County, boxes: Sequence[Box], parts: sample.Cast, say: Callable[[str], None]
) -> None:
    """Publish the table and a few more in each village; what the gate holds back is named."""
    home = boxes[0].village
    for box in boxes:
        people = VillagePeople.of(county, box.code)
        own = [each for each in parts.others if each["village"] == box.village.joined]
        forms = [sample.in_village(parts.table, home, box.village), *own[:EACH]]
        for form in forms:
            try:
                page, _ = people.draft(form)
                people.publish(page)
            except VillageError as error:
                say(f"  {form['id']} 未发布 not published: {error}")
            else:
                say(f"  {box.village.name}: {form['title']}")
