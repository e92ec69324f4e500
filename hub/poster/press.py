"""HTML in, PDF out: WeasyPrint as a child process with bounds of its own.

The web server stays small, a hostile text meets a process with a limit on time and memory, and
nothing is fetched: pictures and QR codes travel inside the HTML. Run as a program it reads
``{"documents": [html, …]}`` from standard input and writes one PDF to standard output; each
document counts its own pages.
"""

from __future__ import annotations

import json
import resource
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from weasyprint import Document
    from weasyprint.urls import URLFetcher

CPU_MAX_S = 240
ADDRESS_SPACE_MAX_BYTES = 3 * 1024**3


def laid_out(html: str) -> Document:
    """One document laid out in pages, which count by themselves."""
    _wake_weasyprint()
    from weasyprint import HTML  # noqa: PLC0415 - as above

    return HTML(string=html, url_fetcher=_fetcher()).render()


def joined(documents: Sequence[Document]) -> bytes:
    """One PDF of several documents.

    Raises:
        ValueError: there are no documents.
    """
    if not documents:
        raise ValueError("nothing to print")
    pages = [page for each in documents for page in each.pages]
    body: bytes = documents[0].copy(pages).write_pdf()
    return body


def _wake_weasyprint() -> None:
    """Import it, which takes half a second that only printing pays.

    It lets the whole process take pictures that are cut short; ours must be whole.
    """
    import weasyprint  # noqa: F401, PLC0415 - see above
    from PIL import ImageFile  # noqa: PLC0415 - only here

    ImageFile.LOAD_TRUNCATED_IMAGES = False


def _fetcher() -> URLFetcher:
    """Opens ``data:`` addresses and nothing else."""
    _wake_weasyprint()
    from weasyprint.urls import URLFetcher  # noqa: PLC0415 - as above

    return URLFetcher(allowed_protocols=["data"])


def bound() -> None:
    """Give this process its limits of time and memory."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_MAX_S, CPU_MAX_S))
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE_MAX_BYTES, ADDRESS_SPACE_MAX_BYTES))


def main() -> int:
    """Read documents, write a PDF."""
    bound()
    documents = json.load(sys.stdin.buffer)["documents"]
    sys.stdout.buffer.write(joined([laid_out(each) for each in documents]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
