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
    "village-hub": ["serve", "demo", "import", "privacy", "cap", "keys", "backup"],
    "village-agent": ["run", "check", "doctor", "status", "desk", "led", "audio"],
    "village-provision": ["plan", "stage", "enrol"],
}
SECOND = {
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


def test_a_page_of_the_glossary_has_both_languages() -> None:
    rows = [
        line.split("|")
        for line in (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("| ") and "---" not in line
    ]
    assert len(rows) > 40
    assert all(re.search(r"[一-鿿]", row[2]) for row in rows[1:])
