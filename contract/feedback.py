"""What a villager says at the query screen: complaint, question, correction, help-find."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - the codec resolves hints at run time
from typing import Literal

FeedbackKind = Literal["complaint", "question", "correction", "help_find", "satisfaction"]


@dataclass(frozen=True, slots=True)
class Feedback:
    """One slip. ``sealed_b64`` is the text (and a recording), encrypted to the hub on the box."""

    slip: str
    """Slip number that the villager takes away, e.g. ``T-4821-034``."""
    kind: FeedbackKind
    box: str
    at: datetime
    sealed_b64: str
    notice_id: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """Hub to box on ``answer``, signed: the answer to a slip.

    ``closed_b64`` is the text closed with the slip's own code (`contract.sealing.close_with_code`),
    so that neither a neighbour nor whoever finds the card reads it. ``text`` is what may be read by
    everybody; older hubs sent nothing else.
    """

    slip: str
    text: str
    answered_by: str
    at: datetime
    box: str = ""
    closed_b64: str = ""


def answer_name(slip: str) -> str:
    """What receipts call the answer to a slip; no notice's id holds a colon."""
    return f"answer:{slip}"
