"""Is this a reading that the loudspeaker's voices can say? Judged by the box's own code."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

from edge_agent.audio.script.cleaning import is_chinese
from edge_agent.audio.voices.phonemes import syllable_phonemes
from edge_agent.audio.voices.pronunciation import syllables_of

_SAID_INSTEAD = re.compile(r"[\u3400-\u9fffA-Za-z]+")


def fault_of(word: str, spoken: str) -> str:
    """What is wrong with saying ``word`` as ``spoken``, in words; empty if nothing is."""
    if not word or not spoken:
        return _("词语和读音都要填写。")
    if any(is_chinese(sign) for sign in spoken):
        said = _SAID_INSTEAD.fullmatch(spoken)
        return "" if said else _("改说的话只能用汉字和字母，例如：G338 改说 国道三三八线。")
    if not all(is_chinese(sign) for sign in word):
        return _("带数字或字母的词不能注拼音，请写出改说的汉字。")
    syllables = syllables_of(spoken, len(word))
    toneless = all(each.endswith("5") for each in syllables)
    if toneless or not all(syllable_phonemes(each) for each in syllables):
        return _("读音要一个字一个音节、带声调，中间空格，例如：解州 xiè zhōu 或 xie4 zhou1。")
    return ""
