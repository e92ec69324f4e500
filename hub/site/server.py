"""The web server of the hub: waitress in front of Django, static files by WhiteNoise."""

from __future__ import annotations

import argparse
import logging
import sys

import waitress

from hub.site.wsgi import application

THREADS = 8
MAX_BODY_BYTES = 24 * 1024 * 1024


def main(argv: list[str] | None = None) -> int:
    """Serve until stopped. ``--listen HOST:PORT``."""
    parser = argparse.ArgumentParser(prog="python -m hub.site.server")
    parser.add_argument("--listen", default="127.0.0.1:8000", help="HOST:PORT")
    arguments = parser.parse_args(argv)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    waitress.serve(
        application,
        listen=arguments.listen,
        threads=THREADS,
        max_request_body_size=MAX_BODY_BYTES,
        ident="",
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
