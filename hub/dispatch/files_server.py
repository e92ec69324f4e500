"""Large files for enrolled boxes over HTTPS: ``python -m hub.dispatch.files_server``.

The hub's web site may stand behind a proxy with a public certificate, or behind none. Boxes need
neither: this listener shows the broker's own certificate, asks for theirs, and gives out nothing
but ``/b/<sha256>``, through the same view as the web site. A certificate that was revoked opens
no connection from the next one on.
"""

from __future__ import annotations

import argparse
import logging
import os
import ssl
import sys
import threading
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import django
from django.conf import settings

from hub.broker.files import TlsListener

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

_log = logging.getLogger(__name__)
AT_ONCE, TIMEOUT_S = 64, 30.0
"""More than so many boxes wait in the queue; one that says nothing for so long is hung up on."""


class Quiet(WSGIRequestHandler):
    """One connection: handshake and request on its own thread, nothing but files."""

    timeout = TIMEOUT_S

    def handle(self) -> None:
        """Answer one request, or none to whoever cannot show a certificate in force."""
        try:
            self.request.do_handshake()
            super().handle()
        except (OSError, ssl.SSLError) as error:
            _log.info("a connection for files ended: %s", error)

    def get_environ(self) -> dict[str, Any]:
        """The request; anything but a file has no name here."""
        found = super().get_environ()
        if not str(found["PATH_INFO"]).startswith("/b/"):
            found["PATH_INFO"] = "/b/none"
        # Boxes may know the hub by another name than visitors do; the certificate has said it.
        found["HTTP_HOST"] = settings.ALLOWED_HOSTS[0]
        found["HTTPS"] = "on"
        return found

    def address_string(self) -> str:
        """No look-up of names."""
        return str(self.client_address[0])

    def log_message(self, *_: object) -> None:
        """No addresses in logs."""


class FilesServer(ThreadingMixIn, WSGIServer):
    """Listens with the broker's certificate; a new revocation list is read when it is there."""

    daemon_threads = True
    request_queue_size = 512

    def __init__(self, address: tuple[str, int], tls: TlsListener) -> None:
        self._tls = tls
        self._read_ns = 0
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._room = threading.BoundedSemaphore(AT_ONCE)
        super().__init__(address, Quiet)

    def get_request(self) -> tuple[socket.socket, Any]:
        """A connection that is not trusted yet; its own thread finds out."""
        plain, where = super().get_request()
        plain.settimeout(TIMEOUT_S)
        wrapped = self._fresh().wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
        return wrapped, where

    def _fresh(self) -> ssl.SSLContext:
        changed_ns = self._tls.revoked.stat().st_mtime_ns if self._tls.revoked.exists() else 1
        if changed_ns != self._read_ns:
            self._context = _context(self._tls)
            self._read_ns = changed_ns
        return self._context

    def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - socketserver's own
        """At most so many at a time."""
        with self._room:
            super().process_request_thread(request, client_address)

    def handle_error(self, _request: object, _address: object) -> None:
        """One broken connection is no news."""
        _log.info("a connection for files broke off: %s", sys.exc_info()[1])


def _context(tls: TlsListener) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(tls.place / "ca.pem"))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(tls.place / "server.pem", tls.place / "server.key")
    if tls.revoked.exists():
        context.load_verify_locations(tls.revoked)
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    return context


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until stopped. ``--host ADDRESS --port N --tls-folder DIR``."""
    parser = argparse.ArgumentParser(prog="python -m hub.dispatch.files_server")
    parser.add_argument("--host", default="127.0.0.1", help="address (default 127.0.0.1)")
    parser.add_argument("--port", type=int, required=True, help="TCP port")
    parser.add_argument("--tls-folder", type=Path, required=True, help="ca, server and crl")
    arguments = parser.parse_args(argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.site.settings")
    django.setup()
    from hub.site.wsgi import application  # noqa: PLC0415 - needs the set-up

    tls = TlsListener(arguments.port, arguments.tls_folder.resolve())
    with FilesServer((arguments.host, arguments.port), tls) as server:
        server.set_app(application)
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
