"""The big walls of the design, held by reading the source: who imports whom, names, lengths."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("contract", "edge_agent", "hub", "provisioning", "faults")
BOX_PARTS = ("link", "led", "audio", "kiosk", "desk")
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "manager", "common", "misc"}
HEAVY = ("PIL", "serial", "paho", "numpy", "django", "wagtail", "aiohttp", "jinja2", "gpiozero")
MAX_LINES = 400


def _sources() -> list[Path]:
    found = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    return [path for path in found if "migrations" not in path.parts]


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _is_allowed(importer: str, imported: str) -> bool:
    top = imported.split(".", 1)[0]
    own = importer.split(".", 1)[0]
    if top not in PACKAGES or top in (own, "contract"):
        return _stays_in_its_part(importer, imported)
    if importer.startswith("hub.preview"):
        return imported.startswith(("edge_agent.led", "edge_agent.audio"))
    if own == "faults":
        return True  # the stand of the fault rows; nobody imports it
    if own == "provisioning":
        return imported == "edge_agent" or imported.startswith(
            ("edge_agent.settings", "edge_agent.errors")
        )
    return False


def _stays_in_its_part(importer: str, imported: str) -> bool:
    mine, other = importer.split("."), imported.split(".")
    if mine[0] == "contract":
        return other[0] not in PACKAGES or other[0] == "contract"
    if len(mine) < 3 or mine[0] != "edge_agent" or mine[1] not in BOX_PARTS:
        return True
    return len(other) < 2 or other[1] not in BOX_PARTS or other[1] == mine[1]


def test_nobody_imports_across_a_wall() -> None:
    broken = [
        f"{_module(path)} imports {name}"
        for path in _sources()
        for name in set(_imports(path))
        if name.split(".", 1)[0] in PACKAGES and not _is_allowed(_module(path), name)
    ]
    assert broken == []


def test_the_wall_test_sees_a_breach() -> None:
    assert not _is_allowed("edge_agent.led.draw", "edge_agent.audio.mixer")
    assert not _is_allowed("contract.notice", "edge_agent.store")
    assert not _is_allowed("hub.notices.models", "edge_agent.led.draw")
    assert _is_allowed("hub.preview.panel", "edge_agent.led.draw")


@pytest.mark.parametrize("module", ["contract.notice", "contract.envelope", "contract.messages"])
def test_the_contract_is_light(module: str) -> None:
    code = f"import sys, {module}; print([m for m in {HEAVY!r} if m in sys.modules])"
    heavy = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert heavy.stdout.strip() == "[]"


def test_no_file_has_a_name_that_says_nothing() -> None:
    assert [path for path in _sources() if path.stem in FORBIDDEN_NAMES] == []


def test_no_file_is_too_long() -> None:
    lengths = {_module(p): len(p.read_text(encoding="utf-8").splitlines()) for p in _sources()}
    assert {name: length for name, length in lengths.items() if length > MAX_LINES} == {}


def test_every_file_says_its_subject_in_the_first_line() -> None:
    silent = [_module(p) for p in _sources() if not ast.get_docstring(ast.parse(p.read_text()))]
    assert silent == []
