"""A drill says that it is one, first and last, and says it once."""

from __future__ import annotations

import pytest

from contract import drill


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("请立即转移！", "演练，演练，这是一次演练。请立即转移！以上是演练，请不要惊慌。"),
        ("请立即转移", "演练，演练，这是一次演练。请立即转移。以上是演练，请不要惊慌。"),
        ("【演练】请立即转移。", "【演练】请立即转移。以上是演练，请不要惊慌。"),
        ("演练。请转移。以上是演练。", "演练。请转移。以上是演练。"),
    ],
)
def test_a_drill_is_framed_by_the_word(text: str, said: str) -> None:
    assert drill.framed(text) == said
    assert drill.framed(said) == said
    assert drill.says_so(said)
