"""Manifests and content: all of it at one moment, one bad item alone, nothing older ever again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from contract import topics
from contract.algorithms import ALGORITHMS
from contract.keys import seal_keys
from contract.messages import seal_message, sha256_hex
from contract.notice import Asset, Column, Paragraph, Speech, Table
from edge_agent.link.sync import ASSET_PATIENCE_S

if TYPE_CHECKING:
    from edge_agent.clock import ManualClock
    from tests.edge_agent.link.conftest import Box, County

pytestmark = pytest.mark.parametrize("algorithm", sorted(ALGORITHMS))
OTHER_VILLAGE = "530199001002"


def test_a_notice_takes_force_when_its_content_is_here(box: Box, county: County) -> None:
    body = county.seal(county.notice())
    box.take(county.manifest(1, ("N1", 1, body)))
    assert box.names() == set()
    assert box.radio.subscribed == [topics.area_blob(box.area, sha256_hex(body))]

    box.sync.take_blob(box.area, sha256_hex(body), body)
    assert box.names() == {"N1@1"}
    assert box.radio.subscribed == []
    assert [each[0] for each in box.receipts()] == ["received", "stored"]


def test_a_manifest_takes_force_as_a_whole(box: Box, county: County) -> None:
    first, second = county.seal(county.notice("N1")), county.seal(county.notice("N2"))
    box.take(county.manifest(1, ("N1", 1, first), ("N2", 1, second)), first)
    assert box.names() == set()
    box.sync.take_blob(box.area, sha256_hex(second), second)
    assert box.names() == {"N1@1", "N2@1"}


def test_a_correction_replaces_and_a_withdrawal_erases(box: Box, county: County) -> None:
    first = county.seal(county.notice("N1", summary="王秀英家"))
    box.take(county.manifest(1, ("N1", 1, first)), first)
    second = county.seal(county.notice("N1", 2))
    box.take(county.manifest(2, ("N1", 2, second)), second)
    assert box.names() == {"N1@2"}

    box.take(county.manifest(3))
    assert box.names() == set()
    stages = [(stage, key) for stage, key, _ in box.receipts()]
    assert stages.count(("withdrawn", "N1")) == 2
    assert stages.count(("purged", "N1")) == 2


def test_what_was_withdrawn_is_gone_from_the_disk(box: Box, county: County) -> None:
    body = county.seal(county.notice("N1"))
    box.take(county.manifest(1, ("N1", 1, body)), body)
    box.take(county.manifest(2))
    needle = body[200:260]
    for path in box.settings.state.rglob("*"):
        assert not path.is_file() or needle not in path.read_bytes(), path.name


def test_a_forged_manifest_changes_nothing_and_is_reported_once(box: Box, county: County) -> None:
    body = county.seal(county.notice())
    box.take(county.manifest(1, ("N1", 1, body)), body)
    forged = county.manifest(9, signer=county.stranger)
    box.take(forged)
    box.take(forged)
    assert box.names() == {"N1@1"}
    assert box.refusals() == [(f"manifest.{box.area}", "unknown_key")]


def test_a_content_key_may_not_sign_a_manifest(box: Box, county: County) -> None:
    box.take(county.manifest(1, signer=county.content))
    assert box.refusals() == [(f"manifest.{box.area}", "wrong_role")]


def test_a_manifest_of_another_area_is_refused_here(box: Box, county: County) -> None:
    box.take(county.manifest(5, area=OTHER_VILLAGE))
    assert box.refusals() == [(f"manifest.{box.area}", "wrong_area")]


def test_an_older_manifest_never_returns(box: Box, county: County) -> None:
    body = county.seal(county.notice())
    old = county.manifest(3, ("N1", 1, body))
    box.take(old, body)
    box.take(county.manifest(4))
    box.take(old, body)
    assert box.names() == set()
    assert box.refusals() == [(f"manifest.{box.area}", "rolled_back")]


def test_an_older_manifest_does_not_return_even_with_an_empty_store(
    box: Box, county: County
) -> None:
    box.take(county.manifest(7))
    box.held.store.close()
    for path in box.settings.part_folder("store").glob("notices.db*"):
        path.unlink()
    box.restart()
    box.take(county.manifest(6))
    assert box.refusals()[-1] == (f"manifest.{box.area}", "rolled_back")
    box.take(county.manifest(7))
    assert box.held.store.layers()[box.area].generation == 7


def test_a_poison_item_is_left_out_and_the_rest_takes_force(box: Box, county: County) -> None:
    good = county.seal(county.notice("N1"))
    poison = seal_message(county.notice("N2"), county.stranger)
    box.take(county.manifest(1, ("N1", 1, good), ("N2", 1, poison)), poison, good)
    assert box.names() == {"N1@1"}
    assert box.refusals() == [("N2", "unknown_key")]
    assert box.sync.is_complete(box.area)


@pytest.mark.parametrize("junk", [b"", b"{", b"[" * 100_000, b'{"v":1}', b"\xff" * 1000])
def test_content_that_is_no_message_is_left_out_alone(
    box: Box, county: County, junk: bytes
) -> None:
    good = county.seal(county.notice("N1"))
    box.take(county.manifest(1, ("N1", 1, good), ("N2", 1, junk)), junk, good)
    assert box.names() == {"N1@1"}


def test_content_with_another_hash_is_not_taken_and_waited_for(box: Box, county: County) -> None:
    body = county.seal(county.notice())
    box.take(county.manifest(1, ("N1", 1, body)))
    box.sync.take_blob(box.area, sha256_hex(body), body[:-1] + b" ")
    assert box.names() == set()
    assert box.refusals()[0][1] == "hash_mismatch"
    box.sync.take_blob(box.area, sha256_hex(body), body)
    assert box.names() == {"N1@1"}


def test_content_under_another_name_is_refused(box: Box, county: County) -> None:
    body = county.seal(county.notice("N1"))
    box.take(county.manifest(1, ("N2", 1, body)), body)
    assert box.names() == set()
    assert box.refusals() == [("N2", "malformed")]


def test_a_notice_for_another_village_is_refused(box: Box, county: County) -> None:
    body = county.seal(county.notice(areas=(OTHER_VILLAGE,)))
    box.take(county.manifest(1, ("N1", 1, body)), body)
    assert box.refusals() == [("N1", "wrong_area")]


@pytest.mark.parametrize(
    "leak",
    [
        {"summary": "低保户 530102196001011238 已通过"},
        {"blocks": (Paragraph("银行卡号6222021234567890128"),)},
        {"blocks": (Table((Column("a", "身份证号"),), (("530102196001011238",),)),)},
        {"speech": Speech("身份证 530102196001011238")},
    ],
)
def test_unmasked_personal_data_never_takes_force(
    box: Box, county: County, leak: dict[str, object]
) -> None:
    bad, good = county.seal(county.notice("N1", **leak)), county.seal(county.notice("N2"))
    box.take(county.manifest(1, ("N1", 1, bad), ("N2", 1, good)), bad, good)
    assert box.names() == {"N2@1"}
    assert box.refusals() == [("N1", "personal_data")]
    assert b"1960" not in b"".join(str(each.body).encode() for each in box.held.outbox.after(0))


@pytest.mark.parametrize("summary", ["补助\u202e00051\u202c元", "停水\x00通知", "停水\u2066七月"])
def test_a_text_that_shows_other_than_it_says_never_takes_force(
    box: Box, county: County, summary: str
) -> None:
    table = Table((Column("c1", "说明"),), ((summary,),))
    first = county.seal(county.notice("N1", summary=summary))
    second = county.seal(county.notice("N2", blocks=(table,)))
    box.take(county.manifest(1, ("N1", 1, first), ("N2", 1, second)), first, second)
    assert box.names() == set()
    assert box.refusals() == [("N1", "malformed"), ("N2", "malformed")]


def test_a_recording_that_does_not_come_holds_the_text_up_for_seconds_only(
    box: Box, county: County, clock: ManualClock
) -> None:
    sound = b"OggS" * 100
    asset = Asset(sha256_hex(sound), len(sound), "audio/ogg")
    body = county.seal(county.notice(speech=Speech("停水", asset)))
    box.take(county.manifest(1, ("N1", 1, body), assets=(asset,)), body)
    assert box.names() == set()
    clock.advance(ASSET_PATIENCE_S)
    box.sync.turn()
    assert box.names() == {"N1@1"}

    before = box.held.store.change()
    box.sync.take_blob(box.area, asset.sha256, sound)
    assert box.held.store.blob(asset.sha256) == sound
    assert box.held.store.change() > before


def test_rotten_content_is_asked_for_again_and_healed(box: Box, county: County) -> None:
    body = county.seal(county.notice())
    box.take(county.manifest(1, ("N1", 1, body)), body)
    box.held.store._database.execute("UPDATE blob SET body = ?", (b"rot" + body[3:],))
    assert box.names() == set()
    assert not box.sync.is_complete(box.area)

    box.sync.check()
    assert box.radio.subscribed == [topics.area_blob(box.area, sha256_hex(body))]
    box.sync.take_blob(box.area, sha256_hex(body), body)
    assert box.names() == {"N1@1"}


def test_a_pending_manifest_survives_a_restart(box: Box, county: County) -> None:
    body = county.seal(county.notice())
    box.take(county.manifest(1, ("N1", 1, body)))
    box.restart()
    box.sync.start()
    assert box.radio.subscribed == [topics.area_blob(box.area, sha256_hex(body))]
    box.sync.take_blob(box.area, sha256_hex(body), body)
    assert box.names() == {"N1@1"}


def test_receipts_that_a_power_cut_swallowed_are_written_at_the_next_start(
    box: Box, county: County
) -> None:
    body = county.seal(county.notice())
    box.held.store.put_blob(body, box.clock.read().now)
    box.held.store.apply(box.area, county.manifest(1, ("N1", 1, body)))
    box.restart()
    assert ("stored", "N1", "") in box.receipts()


def test_a_box_follows_its_county_and_its_own_groups(box: Box, county: County) -> None:
    group = next(each for each in box.settings.followed if each.group)
    body = county.seal(county.notice(areas=(str(group),)))
    box.sync.take_manifest(group, county.manifest(1, ("N1", 1, body), area=str(group)))
    box.sync.take_blob(group, sha256_hex(body), body)
    assert box.names() == {"N1@1"}


def test_a_key_set_that_revokes_a_key_ends_its_right_to_publish(box: Box, county: County) -> None:
    revoked, county.target = county.target, county.new_key()
    assert box.held.keys.advance(seal_keys(county.keys(2), county.roots[:2]))
    box.take(county.manifest(1, signer=revoked))
    assert box.refusals() == [(f"manifest.{box.area}", "unknown_key")]
    box.restart()
    assert box.held.keys.version == 2


def test_content_refused_for_its_key_is_tried_again_with_a_new_key_set(
    box: Box, county: County
) -> None:
    county.content, old = county.new_key(), county.content
    body = county.seal(county.notice())
    box.take(county.manifest(1, ("N1", 1, body)), body)
    assert box.names() == set()
    assert box.held.keys.advance(seal_keys(county.keys(2), county.roots[1:]))
    box.held.memory.retry_keys()
    box.sync.check()
    box.sync.take_blob(box.area, sha256_hex(body), body)
    assert box.names() == {"N1@1"}
    assert old.key_id != county.content.key_id


def test_one_root_alone_cannot_move_the_key_set_on(box: Box, county: County) -> None:
    with pytest.raises(ValueError, match="1 of 2"):
        box.held.keys.advance(seal_keys(county.keys(2), county.roots[:1]))
    assert box.held.keys.version == 1


def test_an_old_key_set_cannot_return(box: Box, county: County) -> None:
    first = county.sealed_keys(1)
    assert box.held.keys.advance(county.sealed_keys(3))
    with pytest.raises(ValueError, match="not newer"):
        box.held.keys.advance(first)


def test_nothing_is_subscribed_twice(box: Box, county: County) -> None:
    body = county.seal(county.notice())
    manifest = county.manifest(1, ("N1", 1, body))
    box.take(manifest)
    box.take(manifest)
    assert len(box.radio.subscribed) == 1


def test_a_notice_that_a_newer_hub_makes_needs_an_update_here(box: Box, county: County) -> None:
    body = county.seal(replace(county.notice(), requires=("hologram",)))
    box.take(county.manifest(1, ("N1", 1, body)), body)
    assert box.refusals() == [("N1", "unknown_requirement")]
