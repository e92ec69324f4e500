"""The search form of a text: one spelling for what people write in several ways.

For search only; what is shown stays as written. Full width and half width, upper and lower
case are one (NFKC); blanks and invisible characters go; the dot inside a name (阿依古丽·买买提) is
typed as any of six characters or left out, so it goes too, unless it stands between digits.
"""

from __future__ import annotations

import re
import unicodedata

_DOTS = "·•・．.‧∙⋅･"
_DOT_OUTSIDE_NUMBER = re.compile(rf"(?<![0-9])[{re.escape(_DOTS)}]|[{re.escape(_DOTS)}](?![0-9])")
_SILENT = re.compile(
    "[\\s\u0488\u0489\u1abe\u20dd-\u20e4\ua670-\ua672\ufe00-\ufe0f\U000e0100-\U000e01ef]+"
)
_THOUSANDS = re.compile(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))")


def fold(text: str) -> str:
    """The search form; may be empty."""
    plain = _visible(unicodedata.normalize("NFKC", text).casefold())
    # What has moved together may combine: a macron that lost its blank joins the letter before.
    plain = unicodedata.normalize("NFKC", plain).casefold()
    return _DOT_OUTSIDE_NUMBER.sub("", _THOUSANDS.sub("", plain))


def words(text: str) -> tuple[str, ...]:
    """The query's words in search form, longest first: all of them must be found."""
    spaced = unicodedata.normalize("NFKC", text).split()
    return tuple(sorted(filter(None, map(fold, spaced)), key=len, reverse=True))


def letters(text: str) -> str:
    """What was typed on the A–Z pad: ASCII letters in upper case, everything else dropped."""
    plain = unicodedata.normalize("NFKC", text).upper()
    return "".join(char for char in plain if "A" <= char <= "Z")


def _visible(text: str) -> str:
    rest = _SILENT.sub("", text)
    if rest.isprintable():
        return rest
    return "".join(char for char in rest if unicodedata.category(char) not in {"Cf", "Cc"})
