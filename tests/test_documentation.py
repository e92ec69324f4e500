"""Documentation cannot rot: what it names exists, and what exists is named."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
PATH = re.compile(r"`((?:contract|edge_agent|hub|provisioning|systemd|tests|docs|bench)/[^`\s]*)`")
COMMAND = re.compile(r"^\s*(?:\$ )?(village-(?:agent|hub|provision)[^\n#|]*)", re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
DOC = re.compile(r"\bdocs/[a-z/-]+\.md\b")
PACKAGES = ("contract", "edge_agent", "hub", "provisioning")
PROGRAMS = {
    "village-agent": "edge_agent.cli",
    "village-hub": "hub.cli",
    "village-provision": "provisioning.cli",
}
REQUIRED = {
    "village-hub": [
        *("serve", "demo", "import", "privacy", "county", "cap", "keys", "relay", "backup"),
        *("restore", "broker"),
    ],
    "village-agent": ["run", "check", "doctor", "status", "desk", "led", "audio"],
    "village-provision": ["plan", "stage", "enrol"],
}
SECOND = {
    ("village-hub", "relay"): ["request", "admit", "join", "status", "leave", "dismiss"],
    ("village-agent", "led"): ["show", "decode", "emulate", "drivers", "test", "snapshot"],
    ("village-agent", "audio"): ["script", "say", "log", "live"],
}


def _help(program: str, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", PROGRAMS[program], *words, "--help"],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_that_a_page_names_exists(page: Path) -> None:
    named = PATH.findall(page.read_text(encoding="utf-8"))
    missing = [name for name in named if not any(ROOT.glob(name.rstrip("/")))]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    links = LINK.findall(page.read_text(encoding="utf-8"))
    local = [link.split("#", 1)[0] for link in links if "://" not in link]
    assert [link for link in local if link and not (page.parent / link).exists()] == []


def test_every_page_that_the_code_names_exists() -> None:
    sources = [path for name in PACKAGES for path in (ROOT / name).rglob("*.py")]
    named = {page for path in sources for page in DOC.findall(path.read_text(encoding="utf-8"))}
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("program", sorted(REQUIRED))
def test_every_promised_command_has_help(program: str) -> None:
    text = _help(program)
    for command in REQUIRED[program]:
        assert re.search(rf"^\s+{command}\b", text, re.MULTILINE), command
        assert len(_help(program, command)) > 60


@pytest.mark.parametrize(("program", "command"), sorted(SECOND))
def test_every_promised_subcommand_has_help(program: str, command: str) -> None:
    for word in SECOND[program, command]:
        assert "--help" in _help(program, command, word)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_a_page_shows_is_one(page: Path) -> None:
    for line in COMMAND.findall(page.read_text(encoding="utf-8")):
        program, *words = line.split()
        if words and words[0][0].islower() and words[0].isalpha():
            known = REQUIRED[program] + ["part", "tickets", "dispatch"]
            assert words[0] in known, f"{page.name}: {line}"


def _glossary() -> list[tuple[str, str]]:
    """English and Chinese of every row, headings left out."""
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    rows = [line.split("|") for line in text.splitlines() if line.startswith("| ")]
    return [(row[1].strip(), row[2].strip()) for row in rows if not row[1].startswith(" English")]


def test_every_row_of_the_glossary_has_both_languages() -> None:
    assert len(_glossary()) > 60
    assert [english for english, chinese in _glossary() if not re.search(r"[一-鿿]", chinese)] == []


def test_no_word_stands_in_the_glossary_twice() -> None:
    words = [english for english, _ in _glossary()]
    assert len(words) == len(set(words))


def test_the_glossary_has_every_app_of_the_hub_by_both_its_names() -> None:
    english, chinese = (" ".join(words).lower() for words in zip(*_glossary(), strict=True))
    for path in (ROOT / "hub").glob("*/apps.py"):
        text = path.read_text(encoding="utf-8")
        shown = re.search(r'verbose_name = (?:_\()?"([^"]+)"', text)
        assert shown is not None, path
        assert path.parent.name.rstrip("s") in english, path
        assert all(word in chinese for word in shown[1].split("与")), shown[1]


def test_the_glossary_has_every_message_of_the_contract() -> None:
    english = " ".join(word for word, _ in _glossary()).lower()
    kinds = {path.stem for path in (ROOT / "contract" / "schemas").glob("*.json")}
    assert len(kinds) > 10
    missing = {kind.replace("_", " ").rstrip("s") for kind in kinds}
    assert {word for word in missing if word not in english} == set()
