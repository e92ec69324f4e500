"""What is said before and after the words of a drill, so that nobody takes it for the alarm.

The hub puts it into the words that are signed and recorded; a box whose voice speaks says it too.
"""

from __future__ import annotations

import re

WORD = "演练"
OPENING = "演练，演练，这是一次演练。"
CLOSING = "以上是演练，请不要惊慌。"
_STOPS = "。！？!?"
_LAST_SENTENCE = re.compile(rf"[^{_STOPS}]*[{_STOPS}\s]*$")


def says_so(text: str) -> bool:
    """Whether a text calls itself a drill with its first words."""
    return text.lstrip(" \n【[《“").startswith(WORD)


def framed(text: str) -> str:
    """The text with 演练 first and last; what says so already is left alone."""
    text = text.strip()
    last = _LAST_SENTENCE.search(text)
    if last is None or last.start() == 0 or WORD not in last[0]:
        text = text if text[-1:] in tuple(_STOPS) else text.rstrip("，；,;、") + "。"
        text += CLOSING
    return text if says_so(text) else OPENING + text
