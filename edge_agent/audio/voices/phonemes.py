"""Pinyin syllables and Latin letters as the phoneme characters that Kokoro v1.0 was trained on.

Facts of the model: its Mandarin voices know the International Phonetic Alphabet without
diacritics, one arrow a tone; Latin letters are spelled with its English phonemes.
"""

from __future__ import annotations

import re

_INITIALS = {
    "b": "p",
    "p": "pʰ",
    "m": "m",
    "f": "f",
    "d": "t",
    "t": "tʰ",
    "n": "n",
    "l": "l",
    "g": "k",
    "k": "kʰ",
    "h": "x",
    "j": "ʨ",
    "q": "ʨʰ",
    "x": "ɕ",
    "zh": "ꭧ",
    "ch": "ꭧʰ",
    "sh": "ʂ",
    "r": "ɻ",
    "z": "ʦ",
    "c": "ʦʰ",
    "s": "s",
    "": "",
}
_FINALS = {
    "a": "a0",
    "ai": "ai0",
    "an": "a0n",
    "ang": "a0ŋ",
    "ao": "au0",
    "e": "ɤ0",
    "ei": "ei0",
    "en": "ə0n",
    "eng": "ə0ŋ",
    "i": "i0",
    "ia": "ja0",
    "ian": "jɛ0n",
    "iang": "ja0ŋ",
    "iao": "jau0",
    "ie": "je0",
    "in": "i0n",
    "iu": "jou0",
    "ing": "i0ŋ",
    "iong": "jʊ0ŋ",
    "ong": "ʊ0ŋ",
    "ou": "ou0",
    "u": "u0",
    "ui": "wei0",
    "ua": "wa0",
    "uai": "wai0",
    "uan": "wa0n",
    "un": "wə0n",
    "uang": "wa0ŋ",
    "ueng": "wə0ŋ",
    "uo": "wo0",
    "o": "wo0",
    "ü": "y0",
    "üe": "ɥe0",
    "üan": "ɥɛ0n",
    "ün": "y0n",
    "er": "ɚ0",
    "ê": "ɛ0",
}
_WHOLE = {"m": "m0", "n": "n0", "ng": "ŋ0", "hm": "hm0", "hng": "hŋ0", "o": "ɔ0", "io": "jɔ0"}
_TONES = {"1": "→", "2": "↗", "3": "↓", "4": "↘", "5": ""}
_LETTER_NAMES = """
    A=ˈA B=bˈi C=sˈi D=dˈi E=ˈi F=ˈɛf G=ʤˈi H=ˈAʧ I=ˈI J=ʤˈA K=kˈA L=ˈɛl M=ˈɛm N=ˈɛn O=ˈO
    P=pˈi Q=kjˈu R=ˈɑɹ S=ˈɛs T=tˈi U=jˈu V=vˈi W=dˈʌbᵊlju X=ˈɛks Y=wˈI Z=zˈi
"""
_LETTERS = dict(pair.split("=") for pair in _LETTER_NAMES.split())
_SYLLABLE = re.compile(
    r"(?P<initial>[zcs]h|[bpmfdtnlgkhjqxrzcs]?)(?P<final>[a-züê]+?)(?P<tone>[1-5]?)"
)
_SPELLING = (
    (re.compile("v|u:"), "ü"),
    (re.compile("^yi"), "i"),
    (re.compile("^yu"), "ü"),
    (re.compile("^you"), "iu"),
    (re.compile("^y"), "i"),
    (re.compile("^wu"), "u"),
    (re.compile("^wei"), "ui"),
    (re.compile("^wen(?!g)"), "un"),
    (re.compile("^w"), "u"),
    (re.compile("(?<=^[jqx])u"), "ü"),
)
"""Pinyin's spelling rules, to be undone one after the other."""


def syllable_phonemes(syllable: str) -> str:
    """Phonemes of a syllable such as ``zhang1`` or ``nü3``; empty if it is none."""
    match = _SYLLABLE.fullmatch(_spelled_out(syllable))
    if match is None:
        return ""
    initial, final, tone = match["initial"], match["final"], _TONES[match["tone"] or "5"]
    if initial + final in _WHOLE:
        return _WHOLE[initial + final].replace("0", tone)
    if final not in _FINALS:
        return ""
    body = _FINALS[final]
    if final == "i" and initial in {"zh", "ch", "sh", "r", "z", "c", "s"}:
        body = "ɨ0"
    return _INITIALS[initial] + body.replace("0", tone)


def letter_phonemes(letter: str) -> str:
    """Phonemes of a Latin letter's name."""
    return _LETTERS[letter.upper()]


def _spelled_out(syllable: str) -> str:
    """Without the spelling rules of y, w, and ü after j, q and x."""
    for pattern, plain in _SPELLING:
        syllable = pattern.sub(plain, syllable)
    return syllable
