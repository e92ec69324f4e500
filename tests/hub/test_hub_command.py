"""``village-hub``: what its exit codes and sentences say, and where imported notices go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hub import serve
from hub.cli import BAD_SETTINGS, USAGE, main
from hub.emergency.models import Emergency
from hub.gate_commands import import_file
from hub.intake.notices import draft_from
from hub.notices.drafts import ImportRefusedError
from hub.notices.keeping import Keeper
from hub.notices.models import NoticePage
from hub.privacy import examine

if TYPE_CHECKING:
    from pathlib import Path

    from tests.hub.conftest import Desk


def test_without_a_command_the_help_is_shown_and_2_returned(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([]) == USAGE
    shown = capsys.readouterr().out
    for command in ("serve", "demo", "import", "privacy", "county", "tickets", "revoke"):
        assert command in shown
    assert "Exit codes" in shown


def test_an_unknown_command_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["publish"])
    assert ended.value.code == USAGE
    assert "publish" in capsys.readouterr().err


@pytest.mark.parametrize("listen", ["8000", "host:", ":80", "127.0.0.1:99999", "127.0.0.1:web"])
def test_a_bad_address_is_a_bad_setting(listen: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--listen", listen]) == BAD_SETTINGS
    assert "HOST:PORT" in capsys.readouterr().err


def test_several_workers_need_postgresql(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VILLAGE_HUB_DATABASE", raising=False)
    assert main(["serve", "--workers", "2", "--data", str(tmp_path)]) not in (0, USAGE)
    assert "PostgreSQL" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_each_worker_has_a_name_and_a_log_of_its_own(tmp_path: Path) -> None:
    found = serve.children(tmp_path, serve.Addresses(), workers=3)
    workers = [each for each in found if each.name.startswith("dispatcher")]
    assert len({each.name for each in workers}) == len({each.log for each in workers}) == 3
    assert len({each.environment.get(serve.WORKER) for each in workers}) == 3


def test_privacy_of_a_missing_file_returns_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["privacy", str(tmp_path / "nothing.json")]) == USAGE
    assert "Cannot read" in capsys.readouterr().out


def test_every_notice_of_a_file_is_kept_in_its_village(
    people: Desk, notices: dict[str, dict[str, Any]], notices_file: Path
) -> None:
    lines: list[str] = []
    assert import_file(notices_file, Keeper().keep, lines.append) == 0

    alarms = sum(form["kind"] == "emergency" for form in notices.values())
    assert NoticePage.objects.count() == len(notices) - alarms
    assert Emergency.objects.count() == alarms
    assert not Emergency.objects.exclude(released_at=None).exists()
    assert not NoticePage.objects.live().exists()
    assert NoticePage.objects.child_of(people.other_village).count() == 2


def test_a_notice_of_a_village_that_does_not_exist_is_refused(
    people: Desk, notices: dict[str, dict[str, Any]]
) -> None:
    assert people.village
    form = {**notices["N003"], "village": "清水镇无名村"}
    with pytest.raises(ImportRefusedError, match="--village"):
        Keeper().keep(draft_from(form), examine(form))
