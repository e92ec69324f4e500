"""Bytes from outside: no entity, no network, no bomb; every honest encoding is read."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.cap.errors import CapRefusedError
from hub.cap.message import read_alert
from hub.cap.reading import MAX_BYTES, MAX_DEPTH, read_xml
from tests.hub.cap.cap_messages import info, message

if TYPE_CHECKING:
    from pathlib import Path

TEXT = message().decode("utf-8").partition("\n")[2]


def _refused(data: bytes) -> str:
    with pytest.raises(CapRefusedError) as found:
        read_xml(data)
    assert "/" in str(found.value)
    return found.value.code


def _bomb(depth: int = 12) -> bytes:
    entities = "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, depth)
    )  # fmt: skip
    return f'<!DOCTYPE alert [<!ENTITY a0 "lol">{entities}]><alert>&a{depth - 1};</alert>'.encode()


def test_an_external_entity_is_not_fetched_and_the_message_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("top secret", encoding="utf-8")
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.2)
    port = listener.getsockname()[1]
    for address in (secret.as_uri(), f"http://127.0.0.1:{port}/x"):
        for kind in (f'<!ENTITY x SYSTEM "{address}">', f'<!ENTITY % x SYSTEM "{address}"> %x;'):
            body = f"<!DOCTYPE alert [{kind}]>" + TEXT.replace("山洪", "&x;", 1)
            assert _refused(body.encode()) == "document_type"
        assert _refused(f'<!DOCTYPE alert SYSTEM "{address}">{TEXT}'.encode()) == "document_type"
    with pytest.raises(TimeoutError):
        listener.accept()
    listener.close()


def test_a_billion_laughs_are_not_heard() -> None:
    done = threading.Event()

    def read() -> None:
        assert _refused(_bomb()) == "document_type"
        done.set()

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    assert done.wait(20)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_an_entity_does_not_hide_in_another_encoding(encoding: str) -> None:
    assert _refused(_bomb().decode().encode(encoding)) == "document_type"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "not_xml"),
        (b"plain words", "not_xml"),
        (message()[:-20], "not_xml"),
        (message() + message(), "not_xml"),
        (b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1), "too_large"),
        (b"<a>" + b"<b/>" * 50_000 + b"</a>", "too_large"),
        (b"<a>" + b" " * MAX_BYTES + b"</a>", "too_large"),
        (b"\xff\xfe\x00", "encoding"),
        (b'<?xml version="1.0" encoding="UTF-7"?>+ADw-a/+AD4-', "encoding"),
        (b'<?xml version="1.0" encoding="utf-8"?><a>\xb0\xa1</a>', "encoding"),
        (b'<?xml version="1.0"?><a>\x00</a>', "not_xml"),
    ],
)
def test_what_is_no_message_is_refused_in_words(data: bytes, code: str) -> None:
    assert _refused(data) == code


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("GB2312", "gb2312"), ("GBK", "gbk"), ("GB18030", "gb18030"), ("UTF-8", "utf-8"),
        ("UTF-8", "utf-8-sig"), ("UTF-16", "utf-16"), ("UTF-16", "utf-16-le"), ("", "utf-8"),
        ("", "utf-16-be"), ("utf-8", "utf-8"),
    ],
)  # fmt: skip
def test_a_chinese_message_is_read_in_every_honest_encoding(name: str, codec: str) -> None:
    declaration = f'<?xml version="1.0" encoding="{name}"?>\n' if name else ""
    alert = read_alert(read_xml((declaration + TEXT).encode(codec)))
    assert alert.infos[0].headline == "云岭县气象台发布山洪灾害红色预警"


def test_latin_1_is_read() -> None:
    french = message("F-1", info("fr", headline="Alerte à l'inondation près de la rivière"))
    body = french.decode().replace("UTF-8", "ISO-8859-1")
    body = body.replace("山洪", "crue").replace("云岭县气象台", "bureau")
    plain = "".join(each if ord(each) < 256 else "" for each in body)
    alert = read_alert(read_xml(plain.encode("latin-1")))
    assert alert.infos[0].headline == "Alerte à l'inondation près de la rivière"


def test_a_comment_cuts_no_word_in_two() -> None:
    torn = TEXT.replace("<status>Actual", "<status>Test<!-- -->Actual")
    with pytest.raises(CapRefusedError):
        read_alert(read_xml(torn.encode()))
    whole = TEXT.replace("<status>Actual", "<status>Act<!-- x --><?pi?>ual")
    assert read_alert(read_xml(whole.encode())).status == "Actual"


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(message()) - 1), st.binary(max_size=8))
def test_any_bytes_are_read_or_refused_in_words(place: int, instead: bytes) -> None:
    good = message()
    with contextlib.suppress(CapRefusedError):  # any other error fails the test
        read_alert(read_xml(good[:place] + instead + good[place + 3 :]))
