"""The web server of the hub: waitress in front of Django, static files by WhiteNoise."""

from __future__ import annotations

import argparse
import logging
import sys
from http import HTTPStatus
from typing import Any

from waitress.channel import HTTPChannel
from waitress.server import create_server
from waitress.task import ErrorTask

from hub.site.wsgi import application

THREADS = 8
MAX_BODY_BYTES = 24 * 1024 * 1024
TOO_LARGE = """<!DOCTYPE html><html lang="zh-CN"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>文件太大</title>
<body style="font:20px/1.6 sans-serif;max-width:34em;margin:4em auto;padding:0 1em">
<h1>文件太大，没有收</h1><p>一次最多上传 20 MB。请按浏览器的“后退”回到上一页：</p>
<ul><li>录音：剪到十分钟以内，或另存为 Opus；</li><li>图片：缩小后再选；</li>
<li>表格和压缩包：分几次上传。</li></ul>
<p lang="en">The file is too large, at most 20 MB at a time. Go back; cut the recording to ten
minutes or save it as Opus, make pictures smaller, send tables and packages in parts.</p></body>
</html>
"""


class _WordsForErrors(ErrorTask):
    """Answers what waitress refuses by itself; a body that is too large in words for people."""

    def execute(self) -> None:
        """Write the answer and hang up."""
        if self.request.error.code != HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            super().execute()
            return
        body = TOO_LARGE.encode("utf-8")
        self.status = "413 Request Entity Too Large"
        self.response_headers.append(("Content-Type", "text/html; charset=utf-8"))
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _Channel(HTTPChannel):
    error_task_class = _WordsForErrors


def main(argv: list[str] | None = None) -> int:
    """Serve until stopped. ``--listen HOST:PORT``."""
    parser = argparse.ArgumentParser(prog="python -m hub.site.server")
    parser.add_argument("--listen", default="127.0.0.1:8000", help="HOST:PORT")
    arguments = parser.parse_args(argv)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    made(arguments.listen).run()
    return 0


def made(listen: str) -> Any:  # noqa: ANN401 - waitress has no type hints
    """The server, listening on HOST:PORT."""
    sockets: dict[int, Any] = {}
    server = create_server(
        application,
        map=sockets,
        listen=listen,
        threads=THREADS,
        max_request_body_size=MAX_BODY_BYTES,
        ident="",
    )
    for each in sockets.values():
        each.channel_class = _Channel
    return server


if __name__ == "__main__":
    sys.exit(main())
