"""Every sentence of live speech has its English."""

from __future__ import annotations

import re
from pathlib import Path

from django.utils.translation import gettext, override

LIVE = Path(__file__).resolve().parents[3] / "hub" / "live"
_PYTHON = re.compile(r'(?<![\w.])_\(\s*"([^"]+)"\s*\)')
_TRANSLATE = re.compile(r"""{% translate ["'](.+?)["'] %}""")


def test_every_sentence_has_its_english() -> None:
    said = {
        each
        for path in [*LIVE.glob("*.py"), *LIVE.rglob("*.html")]
        for form in (_PYTHON, _TRANSLATE)
        for each in form.findall(path.read_text(encoding="utf-8"))
        if re.search("[一-鿿]", each)
    }
    assert len(said) > 40
    with override("en"):
        assert sorted(each for each in said if gettext(each) == each) == []
