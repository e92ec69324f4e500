"""What the web server refuses by itself, before Django is asked."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import pytest

from hub.site.server import MAX_BODY_BYTES, made

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def port() -> Iterator[int]:
    server = made("127.0.0.1:0")
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield int(server.effective_port)
    server.close()


def test_a_body_that_is_too_large_is_refused_in_words_that_say_what_to_do(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as link:
        head = f"POST /admin/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {MAX_BODY_BYTES + 1}"
        link.sendall(f"{head}\r\n\r\n".encode())
        answer = b""
        while chunk := link.recv(65_536):
            answer += chunk
    head, _, page = answer.decode().partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 413 ")
    assert "text/html; charset=utf-8" in head
    assert "文件太大" in page
    assert "剪到十分钟以内" in page
