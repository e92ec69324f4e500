"""Large files for boxes: in force or not found, whole or from where it broke off."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from hub.sealing.models import AssetBlob, AssetUse, SealedNotice

if TYPE_CHECKING:
    from django.test import Client

BODY = b"0123456789" * 100
SHA256 = hashlib.sha256(BODY).hexdigest()
NOW = datetime(2024, 7, 1, tzinfo=UTC)


@pytest.fixture
def sealed(db: None) -> SealedNotice:  # noqa: ARG001 - in a transaction
    blob = AssetBlob.objects.create(sha256=SHA256, mime="image/jpeg", body=BODY)
    AssetUse.objects.create(asset=blob, notice_id="N1", revision=1)
    return SealedNotice.objects.create(
        notice_id="N1", revision=1, kind="notice", area="530199001001", sha256="ab" * 32,
        body=b"x", publish_at=NOW, sealed_at=NOW,
    )  # fmt: skip


@pytest.mark.usefixtures("sealed")
def test_a_file_in_force_is_given_out(client: Client) -> None:
    answer = client.get(f"/b/{SHA256}")
    assert (answer.status_code, answer.content) == (200, BODY)
    assert answer["ETag"] == f'"{SHA256}"'


@pytest.mark.usefixtures("sealed")
def test_a_broken_download_goes_on(client: Client) -> None:
    answer = client.get(f"/b/{SHA256}", headers={"Range": "bytes=400-"})
    assert (answer.status_code, answer.content) == (206, BODY[400:])
    assert answer["Content-Range"] == "bytes 400-999/1000"
    assert client.get(f"/b/{SHA256}", headers={"Range": "bytes=1000-"}).status_code == 416


@pytest.mark.usefixtures("sealed")
@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [("400-499", 400, 500), ("-100", 900, 1000), ("990-5000", 990, 1000), ("0-0", 0, 1)],
)
def test_any_part_is_given_out(client: Client, asked: str, start: int, stop: int) -> None:
    answer = client.get(f"/b/{SHA256}", headers={"Range": f"bytes={asked}"})
    assert (answer.status_code, answer.content) == (206, BODY[start:stop])
    assert answer["Content-Range"] == f"bytes {start}-{stop - 1}/1000"


@pytest.mark.usefixtures("sealed")
@pytest.mark.parametrize("asked", ["bytes=", "bytes=-", "lines=1-2", "bytes=5-2", "bytes=0-1,4-5"])
def test_a_range_that_is_none_gives_the_whole(client: Client, asked: str) -> None:
    answer = client.get(f"/b/{SHA256}", headers={"Range": asked})
    assert (answer.status_code, answer.content) == (200, BODY)


@pytest.mark.usefixtures("sealed")
def test_what_is_there_already_is_not_sent_again(client: Client) -> None:
    same = client.get(f"/b/{SHA256}", headers={"If-None-Match": f'"{SHA256}"'})
    assert (same.status_code, same.content) == (304, b"")
    other = {"Range": "bytes=400-", "If-Range": '"another"'}
    assert client.get(f"/b/{SHA256}", headers=other).status_code == 200


def test_a_file_of_a_withdrawn_notice_is_gone(client: Client, sealed: SealedNotice) -> None:
    SealedNotice.objects.filter(pk=sealed.pk).update(in_force=False)
    assert client.get(f"/b/{SHA256}").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["0" * 64, "x", "..%2f..%2fhub.sqlite3", "%00"])
def test_nothing_else_is_found(client: Client, name: str) -> None:
    assert client.get(f"/b/{name}").status_code == 404
