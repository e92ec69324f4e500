"""What is sealed verifies with the county's key set, twice the same, and is taken out of force."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from contract.errors import SignatureError
from contract.keys import KeySet, Trust
from contract.messages import open_message
from contract.notice import Notice
from hub.notices import desk
from hub.sealing.assets import Recording
from hub.sealing.keyring import KeyFileError, Keyring
from hub.sealing.models import AssetBlob, AssetUse, OutboxRow, SealedNotice
from hub.sealing.seal import keyring, officers, seal_row

if TYPE_CHECKING:
    from pathlib import Path

    from tests.hub.conftest import Desk

Forms = dict[str, dict[str, Any]]


def _publish(people: Desk, form: dict[str, Any]) -> OutboxRow:
    page = desk.draft_from_import(people.clerk, form, people.village)
    desk.drop_restricted_columns(people.clerk, page)
    desk.submit(people.clerk, page)
    desk.approve(people.committee, page)
    desk.sign(people.secretary, page)
    row = OutboxRow.objects.last()
    assert row is not None
    return row


def _trust() -> Trust:
    return Trust(keyring().key_set(officers()))


def test_a_sealed_notice_opens_with_the_county_s_keys(people: Desk, notices: Forms) -> None:
    sealed = seal_row(_publish(people, notices["N001"]))

    notice = open_message(Notice, bytes(sealed[0].body), _trust())
    assert (notice.id, notice.revision, notice.areas) == ("N001", 1, ("530199001001",))
    assert notice.personal
    assert notice.link.endswith("/n/N001/")


def test_sealing_twice_gives_the_same_bytes(people: Desk, notices: Forms) -> None:
    row = _publish(people, notices["N001"])
    first = bytes(seal_row(row)[0].body)
    assert bytes(seal_row(row)[0].body) == first
    assert SealedNotice.objects.count() == 1


def test_a_stranger_s_key_set_does_not_open_it(
    people: Desk, notices: Forms, tmp_path: Path
) -> None:
    sealed = seal_row(_publish(people, notices["N003"]))
    stranger = Trust(Keyring(tmp_path, "530199").key_set(()))
    with pytest.raises(SignatureError):
        open_message(Notice, bytes(sealed[0].body), stranger)


def test_joint_villages_get_one_row_each(people: Desk, notices: Forms) -> None:
    other = people.other_village.code
    page = desk.draft_from_import(
        people.clerk, notices["N003"], people.village, joint_villages=(other,)
    )
    desk.submit(people.clerk, page)
    desk.approve(people.committee, page)
    desk.sign(people.secretary, page)
    row = OutboxRow.objects.get()

    sealed = seal_row(row)
    assert [each.area for each in sealed] == ["530199001001", other]
    assert sealed[0].sha256 == sealed[1].sha256


def test_a_correction_puts_the_earlier_revision_out_of_force(people: Desk, notices: Forms) -> None:
    seal_row(_publish(people, notices["N003"]))
    page = desk.find("N003")
    desk.correct(people.clerk, page, "改期")
    desk.submit(people.clerk, page)
    desk.approve(people.committee, page)
    desk.sign(people.secretary, page)
    row = OutboxRow.objects.last()
    assert row is not None
    seal_row(row)

    in_force = SealedNotice.objects.filter(in_force=True)
    assert [(each.notice_id, each.revision) for each in in_force] == [("N003", 2)]


def test_a_withdrawn_notice_is_out_of_force_and_its_bytes_are_gone(
    people: Desk, notices: Forms
) -> None:
    published = _publish(people, notices["N003"])
    seal_row(published)
    page = desk.find("N003")
    desk.withdraw(people.clerk, page, "检修取消")
    desk.confirm_withdrawal(people.committee, page)
    row = OutboxRow.objects.last()
    assert row is not None
    seal_row(row)

    gone = SealedNotice.objects.get()
    assert not gone.in_force
    assert gone.withdrawn_at is not None
    assert bytes(gone.body) == b""
    seal_row(published)
    assert not SealedNotice.objects.filter(in_force=True).exists()


def test_the_recording_travels_as_an_asset(people: Desk, notices: Forms) -> None:
    def render(text: str) -> Recording:
        return Recording(f"RIFF {text}".encode(), "audio/wav", "test-voice", 3.5)

    sealed = seal_row(_publish(people, notices["N003"]), render)
    notice = open_message(Notice, bytes(sealed[0].body), _trust())
    assert notice.speech is not None
    assert notice.speech.recording is not None
    assert notice.speech.voice == "test-voice"
    blob = AssetBlob.objects.get()
    assert notice.speech.recording.sha256 == blob.sha256
    assert AssetUse.objects.get().notice_id == "N003"


def test_two_roots_sign_the_key_set_and_one_does_not_suffice(people: Desk) -> None:
    assert people.county_officers
    keys = keyring()
    first = Trust(keys.key_set(officers()))
    following = first.advance(keys.sealed_key_set(officers(), version=2))
    assert following.keys.version == 2
    assert len(following.keys.with_role("emergency")) == len(officers()) == 4
    assert isinstance(following.keys, KeySet)


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    keys = Keyring(tmp_path, "530199")
    first = keys.content.key_id
    assert keys.content.key_id == first
    path = tmp_path / "content"
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    with pytest.raises(KeyFileError, match="chmod 600"):
        _ = keys.content


@pytest.mark.parametrize("name", ["../content", "a/b", "", ".hidden"])
def test_an_account_name_cannot_leave_the_key_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(KeyFileError):
        Keyring(tmp_path, "530199").emergency(name)
