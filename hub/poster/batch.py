"""``python -m hub.poster.batch JOB``: a month's set through the press, one notice at a time.

A process of its own, with the press's bounds: a month of long tables never weighs on the web
server. After each notice the order says how far it is; a crash leaves it silent, which the
clerk's page tells from slow.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hub.poster.models import PrintJob


def start(job: PrintJob) -> None:
    """Let a process of its own carry out the order."""
    subprocess.Popen(
        [sys.executable, "-m", "hub.poster.batch", str(job.pk)],
        stdin=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip


def carry_out(job: PrintJob) -> None:
    """Lay out every notice of the month, the layout sheet first, and keep the PDF."""
    from hub.notices.errors import NotReadyError  # noqa: PLC0415 - models need the set-up
    from hub.poster import boards, month, paper, press, sheet  # noqa: PLC0415 - as above
    from hub.poster.layout_sheet import layout_sheet  # noqa: PLC0415 - as above

    pages = month.notices_of(job.village, job.month)
    _say(job, state=job.State.RUNNING, total=len(pages))
    documents, hangings, remarks = [], [], []
    for number, page in enumerate(pages, 1):
        size = sheet.usual_paper(page) if job.paper == "usual" else paper.paper_of(job.paper)
        publication = page.last_publication
        try:
            made = sheet.sheet_of(publication, size) if publication else None
        except NotReadyError as error:
            remarks.append(f"{page.title}：{error}")
            made = None
        if made is not None:
            document = press.laid_out(made.html)
            documents.append(document)
            sides = size.turned(is_wide=made.is_wide)
            hangings += [
                boards.Hanging(made.title, place, len(document.pages), *sides)
                for place in range(1, len(document.pages) + 1)
            ]
        _say(job, done=number)
    board = boards.board_of(job.board)
    plan = layout_sheet(job.village, month.spoken(job.month), board, hangings)
    body = press.joined([press.laid_out(plan), *documents])
    _keep(job, body)
    _say(job, state=job.State.DONE, remark="；".join(remarks)[:300])


def _say(job: PrintJob, **facts: object) -> None:
    for name, value in facts.items():
        setattr(job, name, value)
    job.save()


def _keep(job: PrintJob, body: bytes) -> None:
    """The PDF, readable by the hub alone: it holds names."""
    job.file.parent.mkdir(mode=0o700, exist_ok=True)
    handle = os.open(job.file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(body)


def main(argv: list[str] | None = None) -> int:
    """Carry out the order with that number; 1 when it failed."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.site.settings")
    import django  # noqa: PLC0415 - only as a program of its own

    django.setup()
    from hub.poster import press  # noqa: PLC0415 - as above
    from hub.poster.models import PrintJob  # noqa: PLC0415 - as above

    for name in ("weasyprint", "fontTools"):
        logging.getLogger(name).setLevel(logging.WARNING)
    press.bound()
    job = PrintJob.objects.get(pk=int((argv or sys.argv[1:])[0]))
    try:
        carry_out(job)
    except BaseException:  # also a limit that is reached: the clerk must not wait for ever
        _say(job, state=job.State.FAILED, remark="排版没有完成。请减少张数，或一条一条打印。")
        raise
    return 0


if __name__ == "__main__":
    sys.exit(main())
