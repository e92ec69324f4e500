"""Key ceremonies: roots apart, two of three sign, boxes walk along, nothing in force is lost."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from contract.algorithms import ALGORITHMS, SM2
from contract.areas import Area
from contract.errors import VillageError
from contract.manifest import Manifest
from contract.messages import seal_message
from edge_agent.clock import ManualClock
from hub.dispatch.manifests import seal_layer
from hub.dispatch.models import KeySetVersion, Layer
from hub.emergency import desk as emergencies
from hub.notices import desk
from hub.notices.errors import NotReadyError
from hub.places.models import Role
from hub.sealing import ceremony, drills, key_commands
from hub.sealing.models import OutboxRow, SealedNotice
from hub.sealing.publishing import publish
from hub.sealing.seal import keyring, officer_areas, officers, seal_row
from tests.edge_agent.link.conftest import NOW, VILLAGE, Box, County

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.keys import PrivateKey, PublicKey
    from tests.hub.conftest import Desk

Forms = dict[str, dict[str, Any]]
ROOTS = ("a", "b", "c")


class Table:
    """The table at which a ceremony is held: commands as they are typed, and media on it."""

    def __init__(self, folder: Path, algorithm: str) -> None:
        self.folder, self.algorithm = folder, algorithm
        self._parser = argparse.ArgumentParser()
        key_commands.add_arguments(self._parser, lambda _data: None, folder)

    def do(self, *words: str | Path) -> None:
        arguments = self._parser.parse_args([str(each) for each in words])
        assert arguments.act(arguments) == 0

    def root(self, name: str) -> Path:
        return self.folder / f"medium-{name}" / "root"

    def make_roots(self, *names: str) -> list[Path]:
        for name in names:
            extra = ["--sm2"] if self.algorithm == SM2 else []
            self.do("init-root", "--into", self.root(name), "--holder", name, *extra)
        return [Path(f"{self.root(name)}.pub") for name in names]

    @property
    def paper(self) -> Path:
        return self.folder / "next.keys"

    def sign_and_publish(self, *names: str) -> None:
        for name in names:
            self.do("sign", self.paper, "--root", self.root(name))
        self.do("publish", self.paper)

    def found(self) -> None:
        self.do("first", *self.make_roots(*ROOTS), "--out", self.paper)
        self.sign_and_publish("a", "b")


class Pinned:
    """The key set that a box pins at enrolment."""

    def sealed_keys(self) -> bytes:
        return bytes(KeySetVersion.objects.get(version=1).body)


@pytest.fixture(params=sorted(ALGORITHMS))
def table(
    people: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Table:
    """A county whose hub has working keys and has never seen a root."""
    assert people
    keys = tmp_path / "keys"
    keys.mkdir(mode=0o700)
    from django.conf import settings  # noqa: PLC0415 - configured by the session

    class Folder:
        """Stands for the hub's data folder: only its keys are asked for."""

        def __init__(self) -> None:
            self.keys = keys

    monkeypatch.setattr(settings, "DATA", Folder())
    found = Table(tmp_path, request.param)
    found.do("algorithm", request.param)
    return found


@pytest.fixture
def box(table: Table) -> Iterator[Box]:
    table.found()
    made = Box(table.folder / "box", Pinned(), ManualClock(NOW))  # type: ignore[arg-type] # asked for its key set only
    yield made
    made.held.close()


@pytest.mark.parametrize("name", sorted(drills.DRILLS))
@pytest.mark.parametrize("algorithm", sorted(ALGORITHMS))
def test_the_drill_passes_and_says_every_step(name: str, algorithm: str) -> None:
    said: list[str] = []
    drills.run(name, said.append, algorithm)
    assert len([line for line in said if line.startswith("✓")]) >= 9
    assert said[-1].startswith("演练通过")


def test_a_drill_fails_where_a_revocation_revokes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(present: ceremony.KeySet, _whom: str) -> ceremony.KeySet:
        return ceremony.with_roots(present, present.with_role("root").values())

    monkeypatch.setattr(ceremony, "without", nobody)
    with pytest.raises(drills.DrillFailedError, match="被盗"):
        drills.run("revocation", lambda _line: None)


def test_the_first_key_set_is_signed_by_two_roots_that_the_hub_never_sees(table: Table) -> None:
    table.do("first", *table.make_roots(*ROOTS), "--out", table.paper)
    table.do("sign", table.paper, "--root", table.root("a"))
    table.do("sign", table.paper, "--root", table.root("a"))
    with pytest.raises(ceremony.CeremonyError, match="not yet"):
        table.do("publish", table.paper)
    table.do("show", table.paper)
    table.sign_and_publish("c")
    assert KeySetVersion.objects.get().version == 1
    assert {key.algorithm for key in present()} == {table.algorithm}
    hub_files = [path for path in (table.folder / "keys").rglob("*") if path.is_file()]
    assert not any("root" in path.name or "offline" in str(path) for path in hub_files)
    assert all(path.stat().st_mode & 0o077 == 0 for path in hub_files)


def test_a_town_s_officer_signs_for_that_town_only(people: Desk, table: Table) -> None:
    table.found()
    town = people.user(Role.TOWN_OFFICER, "530199002").username
    keys = ceremony.read_proposal(table.paper.read_bytes()).keys
    areas = {key.holder: key.area for key in keys.keys if "emergency" in key.roles}
    assert areas == officer_areas()
    assert areas[town] == "530199002"
    assert areas[people.county_officers[0].username] == "530199"
    assert set(areas) == set(officers())


def _publish_notice(people: Desk, form: dict[str, Any]) -> None:
    page = desk.draft_from_import(people.clerk, form, people.village)
    desk.submit(people.clerk, page)
    desk.approve(people.committee, page)
    desk.sign(people.secretary, page)
    row = OutboxRow.objects.last()
    assert row is not None
    seal_row(row)
    SealedNotice.objects.update(valid_until=None)  # the sample is of 2024


def _send(box: Box) -> bytes:
    """What the dispatcher would send of this village now."""
    seal_layer(VILLAGE)
    manifest = bytes(Layer.objects.get(area=VILLAGE).body)
    rows = SealedNotice.objects.filter(area=VILLAGE, in_force=True)
    box.take(manifest, *(bytes(row.body) for row in rows))
    return manifest


def present() -> tuple[PublicKey, ...]:
    """Every key of the newest set."""
    return ceremony.read_proposal(_newest()).keys.keys


def _newest() -> bytes:
    found = KeySetVersion.objects.order_by("-version").first()
    assert found is not None
    return bytes(found.body)


@pytest.mark.parametrize("whom", ["target", "content"])
def test_a_rotated_key_is_replaced_everywhere_and_no_notice_is_lost(
    people: Desk, notices: Forms, table: Table, box: Box, whom: str
) -> None:
    _publish_notice(people, notices["N003"])
    _send(box)
    assert box.names() == {"N003@1"}
    old: PrivateKey = getattr(keyring(), whom)

    table.do("rotate", whom, "--out", table.paper)
    assert getattr(keyring(), whom).key_id == old.key_id  # until it is published
    table.sign_and_publish("b", "c")
    assert getattr(keyring(), whom).key_id != old.key_id

    assert box.held.keys.advance(_newest())
    _send(box)
    assert box.names() == {"N003@1"}
    assert box.refusals() == []
    forged = Manifest(VILLAGE, 9, 9, NOW)
    if whom == "target":
        box.take(seal_message(forged, old))
        assert [reason for _, reason in box.refusals()] == ["unknown_key"]
    assert box.names() == {"N003@1"}

    late = Box(table.folder / "late", Pinned(), ManualClock(NOW))  # type: ignore[arg-type] # as above
    for version in KeySetVersion.objects.order_by("version"):
        late.held.keys.advance(bytes(version.body))
    _send(late)
    assert late.names() == {"N003@1"}
    late.held.close()


def test_a_revoked_officer_s_alerts_are_refused_by_a_box(
    people: Desk, table: Table, box: Box
) -> None:
    first, second = (each.username for each in people.county_officers)
    stolen = keyring().emergency(first)
    table.do("revoke", first, "--out", table.paper)
    table.sign_and_publish("a", "c")
    box.held.keys.advance(_newest())
    alert = County().alert()
    box.alarms.take_message(
        Area.parse(VILLAGE), seal_message(alert, stolen, keyring().emergency(second))
    )
    box.alarms.take_message(Area.parse(VILLAGE), seal_message(alert, stolen))
    assert box.alerts() == set()
    assert sorted(reason for _, reason in box.refusals()) == ["bad_signature", "unknown_key"]


def test_an_officer_whom_boxes_do_not_know_is_told_before_the_alarm_and_not_after(
    people: Desk, notices: Forms, table: Table
) -> None:
    first, second = people.county_officers
    table.found()
    now = timezone.now()
    alarm = emergencies.draft_from_import(first, notices["N004"], people.village, now=now)
    stolen = keyring().emergency(first.username).key_id
    table.do("revoke", first.username, "--out", table.paper)
    table.sign_and_publish("a", "c")
    with pytest.raises(NotReadyError, match=first.username):
        emergencies.release_alert(second, alarm)
    table.do("renew", "--out", table.paper)
    table.sign_and_publish("a", "b")
    listed = {key.key_id for key in ceremony.read_proposal(_newest()).keys.keys}
    assert stolen not in listed  # a revoked key is erased: the officer has a new one
    assert emergencies.release_alert(second, alarm).kind == "alert"


def test_a_county_goes_over_to_the_other_algorithm_and_no_notice_is_lost(
    people: Desk, notices: Forms, table: Table, box: Box
) -> None:
    _publish_notice(people, notices["N003"])
    _send(box)
    other = next(each for each in ALGORITHMS if each != table.algorithm)
    table.algorithm = other
    table.do("algorithm", other)
    table.do("rotate", "working", "--out", table.paper)
    assert keyring().target.algorithm != other  # until it is published
    table.sign_and_publish("a", "b")
    roots = table.make_roots("d", "e", "f")
    table.do("rotate", "roots", "--roots", *roots, "--out", table.paper)
    table.sign_and_publish("a", "b", "d", "e")
    assert {key.algorithm for key in present()} == {other}
    for version in KeySetVersion.objects.order_by("version"):
        box.held.keys.advance(bytes(version.body))
    _send(box)
    assert box.names() == {"N003@1"}
    assert box.refusals() == []
    officers = [keyring().emergency(each.username) for each in people.county_officers]
    assert {key.algorithm for key in officers} == {other}
    box.alarms.take_message(Area.parse(VILLAGE), seal_message(County().alert(), *officers))
    assert box.alerts() == {"A1"}


def test_what_is_sealed_again_after_a_crash_is_the_same(
    people: Desk, notices: Forms, table: Table
) -> None:
    table.found()
    _publish_notice(people, notices["N003"])
    row, sealed = OutboxRow.objects.get(), SealedNotice.objects.first()
    assert sealed is not None
    seal_row(row)
    again = SealedNotice.objects.get(pk=sealed.pk)
    assert (again.sha256, bytes(again.body)) == (sealed.sha256, bytes(sealed.body))


def test_new_roots_take_over_and_the_old_ones_are_nothing(table: Table, box: Box) -> None:
    table.do("rotate", "roots", "--roots", *table.make_roots("d", "e", "f"), "--out", table.paper)
    with pytest.raises(VillageError):
        table.sign_and_publish("d", "e")
    table.sign_and_publish("a", "b")
    table.do("revoke", keyring_officer(), "--out", table.paper)
    with pytest.raises(VillageError):
        table.sign_and_publish("a", "b", "c")
    table.sign_and_publish("e", "f")
    for version in KeySetVersion.objects.order_by("version"):
        box.held.keys.advance(bytes(version.body))
    assert box.held.keys.version == 3


def keyring_officer() -> str:
    return officers()[0]


def test_publishing_again_finishes_what_a_power_cut_left(table: Table, box: Box) -> None:
    assert box
    table.do("rotate", "target", "--out", table.paper)
    prepared = keyring().held("target")
    table.sign_and_publish("a", "b")
    publish(table.paper.read_bytes())
    assert keyring().target.key_id in prepared
    assert KeySetVersion.objects.count() == 2


def test_a_set_that_lacks_the_hub_s_own_keys_is_not_published(table: Table, box: Box) -> None:
    assert box
    table.do("revoke", "target", "--out", table.paper)
    with pytest.raises(ceremony.CeremonyError, match="target"):
        table.sign_and_publish("a", "b")


def test_officers_as_they_are_now_enter_the_next_set(people: Desk, table: Table, box: Box) -> None:
    assert box
    left = people.county_officers[1]
    left.is_active = False
    left.save()
    table.do("renew", "--out", table.paper)
    table.sign_and_publish("a", "b")
    keys = ceremony.read_proposal(_newest()).keys
    assert left.username not in {key.holder for key in keys.keys}
    assert keys.version == 2


@pytest.mark.parametrize("count", [1, 2, 4])
def test_a_set_has_three_roots(table: Table, count: int) -> None:
    names = [f"r{n}" for n in range(count)]
    roots = [ceremony.read_public(each) for each in table.make_roots(*names)]
    with pytest.raises(ceremony.CeremonyError, match="three roots"):
        ceremony.propose(ceremony.first_set(roots, ()))


def test_a_key_on_a_medium_is_never_overwritten_and_never_open(table: Table) -> None:
    public = table.make_roots("a")[0]
    with pytest.raises(ceremony.CeremonyError, match="a key already"):
        ceremony.make_root(table.root("a"), "a")
    table.root("a").chmod(0o644)
    with pytest.raises(ceremony.CeremonyError, match="chmod 600"):
        ceremony.read_signer(table.root("a"))
    public.chmod(0o600)
    with pytest.raises(ceremony.CeremonyError, match="not a key file"):
        ceremony.read_signer(public)


@pytest.mark.parametrize("data", [b"", b"{}", b'{"v":1,"t":"man","z":0,"p":"","s":[]}'])
def test_only_a_key_set_is_signed(data: bytes) -> None:
    with pytest.raises(ceremony.CeremonyError, match="not a key set"):
        ceremony.read_proposal(data)
