"""Adding and removing boxes: names that cannot reach elsewhere, and one password each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract.errors import ContractError
from contract.keys import KeySet, Trust
from edge_agent.link import keyfile
from hub.broker.admission import rights_in
from hub.dispatch import key_sets
from hub.ledger import boxes
from hub.ledger.models import Box

if TYPE_CHECKING:
    from pathlib import Path

    from tests.hub.conftest import Desk


def test_a_new_box_gets_password_broker_and_key_set(
    people: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VILLAGE_HUB_BROKER", "mqtt://127.0.0.1:2883")
    access = boxes.add_box("box-1", people.village.code, (3, 1, 3))
    assert access.broker == "mqtt://127.0.0.1:2883"
    assert len(access.password) >= 40
    assert Box.objects.get(id="box-1").groups == [1, 3]
    keyfile.pin(tmp_path, access.key_set)
    assert keyfile.KeyFile(tmp_path).version == 1


@pytest.mark.parametrize("box", ["hub", "a/b", "#", "+", "", "A", "x" * 41, "a\x00"])
def test_a_name_that_would_reach_elsewhere_is_refused(people: Desk, box: str) -> None:
    with pytest.raises(ContractError):
        boxes.add_box(box, people.village.code)
    assert not Box.objects.exists()


@pytest.mark.parametrize("area", ["530199", "530199001", "530199001001-3", "x", ""])
def test_a_box_stands_in_a_village(people: Desk, area: str) -> None:
    assert people
    with pytest.raises(ContractError):
        boxes.add_box("box-1", area)


def test_adding_again_gives_a_new_password_and_lets_a_revoked_box_in(people: Desk) -> None:
    first = boxes.add_box("box-1", people.village.code)
    boxes.revoke_box("box-1")
    second = boxes.add_box("box-1", people.village.code)
    assert first.password != second.password
    assert Box.objects.get(id="box-1").revoked_at is None


def test_the_files_name_active_boxes_only(people: Desk) -> None:
    boxes.add_box("box-1", people.village.code)
    boxes.add_box("box-2", people.village.code)
    boxes.revoke_box("box-2")
    boxes.write_accounts()
    files = boxes.broker_files()
    for path in (files.passwords, files.access):
        text = path.read_text()
        assert "box-1" in text
        assert "box-2" not in text
        assert path.stat().st_mode & 0o077 == 0


def test_a_box_may_read_its_own_layer_and_its_village_s_but_not_its_neighbour_s(
    people: Desk,
) -> None:
    village = people.village.code
    for box in ("box-1", "box-2"):
        boxes.add_box(box, village)
    boxes.write_accounts()
    rights = rights_in(boxes.broker_files().access.read_text())
    assert f"read vn1/g/{village}/#" in rights["box-1"]
    assert f"read vn1/g/{village}@box-1/#" in rights["box-1"]
    assert not any("box-2" in line for line in rights["box-1"])


def test_a_box_keeps_its_place_when_it_is_enrolled_anew_without_one(people: Desk) -> None:
    boxes.add_box("box-1", people.village.code, place="老年活动中心")
    boxes.add_box("box-1", people.village.code)
    assert Box.objects.get(id="box-1").label == "老年活动中心（box-1）"


def test_a_box_that_is_out_there_is_given_a_place(people: Desk) -> None:
    boxes.add_box("box-1", people.village.code)
    assert boxes.name_place("box-1", "水泵房")
    assert not boxes.name_place("box-1", "很" * 31)
    assert not boxes.name_place("box-2", "水泵房")
    assert Box.objects.get(id="box-1").name == "水泵房"


def test_a_new_officer_makes_a_new_key_set_that_boxes_believe(people: Desk) -> None:
    first = key_sets.current_key_set()
    assert key_sets.current_key_set() == first
    officer = people.county_officers[0]
    officer.is_active = False
    officer.save()
    second = key_sets.current_key_set()
    assert (first.version, second.version) == (1, 2)
    trust = Trust(_opened(first.body)).advance(second.body)
    assert len(trust.keys.with_role("emergency")) < len(_opened(first.body).with_role("emergency"))


def _opened(sealed: bytes) -> KeySet:
    return keyfile._opened(sealed)
