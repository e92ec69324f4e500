"""Every sentence of the back office has its English, and the compiled catalogue is up to date."""

from __future__ import annotations

import re
import shutil
import subprocess
from gettext import GNUTranslations
from pathlib import Path

import pytest
from django.utils.translation import gettext, override

HUB = Path(__file__).resolve().parents[3] / "hub"
_PYTHON = re.compile(r'(?<![\w.])(?:_|gettext|gettext_lazy|_lazy)\(\s*"([^"]+)"\s*\)')
_TRANSLATE = re.compile(r"""{% translate ["'](.+?)["'] %}|_\("([^"]+)"\)""")
_BLOCK = re.compile(r"{% blocktranslate[^%]*%}(.*?){% endblocktranslate %}", re.DOTALL)


def _sentences() -> set[str]:
    found: set[str] = set()
    for app in (
        "office",
        "notices",
        "emergency",
        "cap",
        "places",
        "catalogue",
        "preview",
        "lexicon",
        "sealing",
        "feedback",
        "poster",
    ):
        for path in (HUB / app).rglob("*.py"):
            if "migrations" not in path.parts:
                found.update(_PYTHON.findall(path.read_text(encoding="utf-8")))
        for path in (HUB / app).rglob("*.html"):
            text = path.read_text(encoding="utf-8")
            found.update(first or second for first, second in _TRANSLATE.findall(text))
            for block in _BLOCK.findall(text):
                found.add(re.sub(r"{{ (\w+) }}", r"%(\1)s", block))
    return {each for each in found if re.search("[\u4e00-\u9fff]", each)}


def test_every_sentence_has_its_english() -> None:
    sentences = _sentences()
    assert len(sentences) > 200
    with override("en"):
        missing = sorted(each for each in sentences if gettext(each) == each)
    assert missing == []


@pytest.mark.skipif(shutil.which("msgfmt") is None, reason="gettext's msgfmt is not installed")
@pytest.mark.parametrize("language", ["en", "zh_Hans"])
def test_the_compiled_words_are_those_of_the_source(language: str, tmp_path: Path) -> None:
    folder = HUB / "locale" / language / "LC_MESSAGES"
    made = tmp_path / "django.mo"
    subprocess.run(["msgfmt", "-o", made, folder / "django.po"], check=True)
    assert _words(made) == _words(folder / "django.mo")


def _words(path: Path) -> dict[str, str]:
    with path.open("rb") as file:
        return dict(GNUTranslations(file)._catalog)
