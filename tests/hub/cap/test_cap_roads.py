"""By which way a warning comes: a file at the command, a push with its token, a polled feed."""

from __future__ import annotations

import hashlib
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hub import serve
from hub.cap import commands
from hub.cap.errors import SourcesFileError
from hub.cap.feed import Feed, FeedSilentError, is_same_host
from hub.cap.models import Incoming, OutsideWarning, StandingRule
from hub.cap.program import Feeds
from hub.cap.reading import MAX_BYTES
from hub.cap.sources import NAME, Source, read_sources
from hub.emergency.models import Emergency
from hub.office.todo import todo_of
from hub.places.models import Role
from tests.hub.cap.cap_messages import area, authority, info, message, signed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from django.contrib.auth.models import User

    from tests.hub.conftest import Desk

TOKEN = "a-long-and-random-token"
DIGEST = hashlib.sha256(TOKEN.encode()).hexdigest()


@pytest.fixture
def sources() -> Iterator[Path]:
    root: Path = settings.DATA.root
    (root / "province.pem").write_bytes(authority()[1].public_bytes(Encoding.PEM))
    path = root / NAME
    path.write_text(
        f'[[source]]\nname = "province"\ntoken_sha256 = "{DIGEST}"\nanchors = ["province.pem"]\n',
        encoding="utf-8",
    )
    yield path
    path.unlink()


def _push(data: bytes, token: str = TOKEN) -> tuple[int, dict[str, object]]:
    answer = Client().post(
        "/cap/v1", data, content_type="application/cap+xml",
        headers={"Authorization": f"Bearer {token}"},
    )  # fmt: skip
    return answer.status_code, answer.json()


@pytest.mark.usefixtures("sources", "people")
def test_a_push_with_its_token_is_taken_once() -> None:
    assert _push(message())[0] == 202
    status, body = _push(message())
    assert (status, body["times"]) == (202, 2)
    assert _push(message("T-1", status="Test"))[0] == 200
    assert _push(b"<!DOCTYPE a><a/>")[0] == 422
    assert Incoming.objects.filter(source="province", road="push").count() == 3


@pytest.mark.usefixtures("sources", "people")
@pytest.mark.parametrize("token", ["", "wrong", DIGEST, f"{TOKEN} ", "令牌"])
def test_a_push_without_its_token_is_not_read(token: str) -> None:
    headers = {"Authorization": f"Bearer {token}".encode().decode("latin-1")}
    answer = Client().post("/cap/v1", message(), content_type="text/xml", headers=headers)
    expected = 202 if token.strip() == TOKEN else 401
    assert answer.status_code == expected
    assert Incoming.objects.exists() is (expected == 202)


@pytest.mark.usefixtures("sources", "people")
def test_a_push_that_is_too_large_or_not_a_push_is_refused() -> None:
    assert _push(b"x" * (MAX_BYTES + 1))[0] == 413
    assert Client().get("/cap/v1").status_code == 405
    assert not Incoming.objects.exists()


@pytest.mark.usefixtures("people")
def test_without_sources_nobody_may_push() -> None:
    assert _push(message())[0] == 401


@pytest.mark.parametrize(
    "text",
    ["[[source]]\nname = 'a/b'", "[[source]]\nname='a'\ntoken_sha256='x'", "[[source]", "other=1",
     "[[source]]\nname='a'\nfeed='file:///etc/passwd'", "[[source]]\nname='a'\nevery_s=1",
     "[[source]]\nname='a'\nanchors=['none.pem']", "[[source]]\nname='a'\nextra=1",
     "[[source]]\nname='a'\n[[source]]\nname='a'", "[[source]]\nname='a'\nsenders='x'"],
)  # fmt: skip
def test_a_wrong_sources_file_is_explained(tmp_path: Path, text: str) -> None:
    (tmp_path / NAME).write_text(text, encoding="utf-8")
    with pytest.raises(SourcesFileError, match=r"cap\.toml"):
        read_sources(tmp_path)


@pytest.mark.usefixtures("sources", "people")
def test_the_command_takes_files_and_says_what_they_mean(tmp_path: Path) -> None:
    said: list[str] = []
    good, test, bad = (tmp_path / name for name in ("good.xml", "test.xml", "bad.xml"))
    good.write_bytes(message())
    test.write_bytes(message("T-1", status="Test"))
    bad.write_bytes(b"<!DOCTYPE a><a/>")
    assert commands.take_files([good, test], "", said.append) == 0
    assert commands.take_files([bad], "", said.append) == 1
    assert commands.take_files([good], "nobody", said.append) == 1
    text = "\n".join(said)
    assert "红色 云岭县气象台发布山洪灾害红色预警 → 530199" in text
    assert "DOCTYPE" in text


def test_a_new_token_is_printed_with_the_line_that_knows_it() -> None:
    said: list[str] = []
    commands.new_token(said.append)
    token, digest = said[0].rsplit(" ", 1)[1], said[1].split('"')[1]
    assert hashlib.sha256(token.encode()).hexdigest() == digest


class _Site(BaseHTTPRequestHandler):
    """A web server whose pages are a dictionary on its server object."""

    def do_GET(self) -> None:
        pages: dict[str, bytes] = self.server.pages  # type: ignore[attr-defined] # set by the fixture
        asked: list[str] = self.server.asked  # type: ignore[attr-defined] # as above
        asked.append(self.path)
        body = pages.get(self.path)
        if body is not None and body.startswith(b"->"):
            self.send_response(302)
            self.send_header("Location", body[2:].decode())
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        tag = hashlib.sha256(body or b"").hexdigest()
        same = body is not None and self.headers.get("If-None-Match") == tag
        self.send_response(404 if body is None else 304 if same else 200)
        self.send_header("ETag", tag)
        self.send_header("Content-Length", "0" if same else str(len(body or b"")))
        self.end_headers()
        if body and not same:
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def site() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    server.pages, server.asked = {}, []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def _feed(site: ThreadingHTTPServer, path: str = "/feed") -> Feed:
    return Feed(Source("met", feed=f"http://127.0.0.1:{site.server_port}{path}", every_s=10))


def _atom(*entries: str) -> bytes:
    head = '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><id>f</id>'
    return (head + "".join(entries) + "</feed>").encode()


def _entry(key: str, inner: str) -> str:
    return f"<entry><id>{key}</id><updated>2024-07-14T11:12:00Z</updated>{inner}</entry>"


def test_an_atom_index_is_followed_once_an_entry(site: ThreadingHTTPServer) -> None:
    typed = '<link href="/page"/><link type="application/cap+xml" href="/w1.cap"/>'
    site.pages |= {"/feed": _atom(_entry("1", typed)), "/w1.cap": message()}
    feed = _feed(site)
    assert list(feed.messages()) == [message()]
    assert list(feed.messages()) == []
    assert site.asked == ["/feed", "/w1.cap", "/feed"]
    site.pages |= {"/feed": _atom(_entry("2", '<link href="/w2.cap"/>'), _entry("1", typed)),
                   "/w2.cap": message("W-2")}  # fmt: skip
    assert list(feed.messages()) == [message("W-2")]


def test_an_rss_index_and_entries_with_the_message_inside_are_read(
    site: ThreadingHTTPServer,
) -> None:
    rss = "<rss><channel><item><guid>1</guid><link>/w1.cap</link></item></channel></rss>"
    inside = message("W-3").decode().partition("\n")[2]
    site.pages |= {
        "/rss": rss.encode(),
        "/w1.cap": message(),
        "/feed": _atom(_entry("3", f'<content type="text/xml">{inside}</content>')),
        "/one": message("W-4"),
    }
    assert list(_feed(site, "/rss").messages()) == [message()]
    assert b"W-3" in next(_feed(site).messages())
    assert list(_feed(site, "/one").messages()) == [message("W-4")]


def test_a_feed_leads_nowhere_else(site: ThreadingHTTPServer) -> None:
    other = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    other.pages, other.asked = {}, []
    threading.Thread(target=other.serve_forever, daemon=True).start()
    away = f"http://127.0.0.1:{other.server_port}/secret"
    site.pages |= {
        "/feed": _atom(_entry("1", f'<link href="{away}"/>'), _entry("2", '<link href="/r"/>'),
                       _entry("3", '<link href="file:///etc/passwd"/>')),
        "/r": f"->{away}".encode(),
    }  # fmt: skip
    assert list(_feed(site).messages()) == []
    assert other.asked == []
    other.shutdown()
    other.server_close()
    assert not is_same_host("https://a/x", "http://a/y")


def test_one_missing_entry_holds_up_no_other_and_is_asked_for_again(
    site: ThreadingHTTPServer,
) -> None:
    site.pages |= {
        "/feed": _atom(_entry("1", '<link href="/gone"/>'), _entry("2", '<link href="/w2"/>')),
        "/w2": message("W-2"),
    }
    feed = _feed(site)
    assert list(feed.messages()) == [message("W-2")]
    site.pages["/gone"] = message()
    assert list(feed.messages()) == [message()]


@pytest.mark.parametrize("body", [None, b"", b"<html/>", b"<!DOCTYPE a [<!ENTITY x 'y'>]><a/>"])
def test_a_feed_that_is_none_is_reported(site: ThreadingHTTPServer, body: bytes | None) -> None:
    if body is not None:
        site.pages["/feed"] = body
    with pytest.raises(FeedSilentError):
        list(_feed(site).messages())


@pytest.mark.usefixtures("people")
def test_the_program_asks_each_feed_in_its_turn_and_survives_a_dead_one(
    site: ThreadingHTTPServer,
) -> None:
    site.pages["/one"] = message()
    dead = Feed(Source("dead", feed="http://127.0.0.1:1/", every_s=10))
    feeds = Feeds([dead, _feed(site, "/one")])
    assert feeds.turn(0.0) == 1
    assert feeds.turn(5.0) == 0
    assert feeds.turn(11.0) == 0  # unchanged
    assert OutsideWarning.objects.count() == 1


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.usefixtures("sources")
def test_the_pages_adopt_refuse_and_show_what_was_released(people: Desk) -> None:
    first, second = people.county_officers
    _push(message())
    _push(message("W-2", info(headline="暴雨橙色预警", severity="Severe")))
    one, two = OutsideWarning.objects.order_by("pk")
    page = _client(first).get(reverse("desk-cap")).content.decode()
    assert "山洪灾害红色预警" in page
    assert "没有签名" in page

    address = reverse("desk-cap-warning", args=[one.pk])
    assert "沿河群众" in _client(first).get(address).content.decode()
    form = {"act": "adopt", "level": "red", "event": "山洪", "issuer": one.issuer,
            "title": one.title, "summary": one.summary, "speech": "请立即转移。", "body": "",
            "areas": ["530199001"]}  # fmt: skip
    assert _client(first).post(address, form).status_code == 302
    emergency = Emergency.objects.get()
    assert (emergency.areas, emergency.speech) == (["530199001"], "请立即转移。")
    released = _client(second).post(reverse("desk-emergency", args=[emergency.pk]))
    assert released.status_code == 302

    other = reverse("desk-cap-warning", args=[two.pk])
    assert _client(first).post(other, {"act": "refuse", "reason": "已过"}).status_code == 302
    page = _client(second).get(reverse("desk-cap")).content.decode()
    assert "已发出" in page
    assert "已过" in page


@pytest.mark.usefixtures("sources")
def test_the_standing_rule_is_made_and_confirmed_on_the_page(people: Desk) -> None:
    first, second = people.county_officers
    address = reverse("desk-cap-rule")
    end = timezone.localtime() + timedelta(days=30)
    make = {"act": "make", "source": "province", "ends_at": f"{end:%Y-%m-%dT%H:%M}"}
    assert _client(first).post(address, make).status_code == 302
    rule = StandingRule.objects.get()
    word = {"act": "confirm", "rule": rule.pk}
    assert _client(first).post(address, word).status_code == 403
    assert _client(second).post(address, word).status_code == 302
    status, body = _push(signed(message()))
    assert status == 202
    assert body["released"] == [Incoming.objects.get().alert_id]


@pytest.mark.usefixtures("sources")
def test_a_warning_stands_on_the_list_of_the_day_of_those_who_may_judge_it(people: Desk) -> None:
    _push(message("W-1", info(area=area("x", [("行政区划代码", "530199001000")]))))
    _push(message("W-2", info(area=area("x", [("行政区划代码", "530198000000")]))))
    county, _ = people.county_officers
    own = people.user(Role.TOWN_OFFICER, "530199001")
    other = people.user(Role.TOWN_OFFICER, "530199002")
    assert [len(todo_of(user).to_judge) for user in (county, own, other)] == [1, 1, 0]
    home = _client(own).get(reverse("wagtailadmin_home")).content.decode()
    assert "山洪灾害红色预警" in home


def test_the_feeds_have_a_program_of_their_own_where_there_are_sources(tmp_path: Path) -> None:
    plain = [child.name for child in serve.children(tmp_path, serve.Addresses())]
    (tmp_path / NAME).touch()
    with_sources = [child.name for child in serve.children(tmp_path, serve.Addresses())]
    assert "cap" not in plain
    assert with_sources == [*plain, "cap"]


@pytest.mark.usefixtures("sources")
def test_a_village_sees_nothing_of_it(people: Desk) -> None:
    _push(message())
    for user in (people.clerk, people.secretary):
        client = _client(user)
        assert client.get(reverse("desk-cap")).status_code == 403
        assert client.get(reverse("desk-cap-warning", args=[1])).status_code == 403
        assert client.post(reverse("desk-cap-rule"), {"act": "make"}).status_code == 403
