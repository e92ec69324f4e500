"""Does a database transaction again that lost to another one.

PostgreSQL at SERIALIZABLE refuses one of two transactions that could not have run one after the
other (SQLSTATE 40001, or 40P01 for a deadlock). Nothing of it was written, so it is done again.
SQLite lets them wait for each other instead and never comes here.
"""

from __future__ import annotations

import logging
import random
import time
from typing import TYPE_CHECKING, TypeVar

from django.db import OperationalError, connection, transaction

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponseBase

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")
TRIES = 6
LONGEST_PAUSE_S = 0.2
_STATES = frozenset({"40001", "40P01"})


def is_conflict(error: BaseException) -> bool:
    """Whether a database error says that another transaction came in between."""
    return getattr(error.__cause__, "sqlstate", None) in _STATES


def committed(act: Callable[[], _Result], *, locks_rows: bool = False) -> _Result:
    """Run ``act`` in a transaction; again, as a whole, while another one comes in between.

    Inside a transaction it runs once: only the outermost can be done again.

    Args:
        act: is done whole or not at all.
        locks_rows: it locks what it works on before it reads that. READ COMMITTED is enough
            then: PostgreSQL would refuse it for whatever else lies on the same page.

    Raises:
        OperationalError: it lost `TRIES` times, or the database is not available.
    """
    is_outermost = not connection.in_atomic_block
    tries_left = TRIES - 1 if is_outermost else 0
    while True:
        try:
            with transaction.atomic():
                if locks_rows and is_outermost and connection.vendor == "postgresql":
                    _relax()
                return act()
        except OperationalError as error:
            if not (tries_left and is_conflict(error)):
                raise
        tries_left -= 1
        _pause()


def _relax() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")


def _pause() -> None:
    time.sleep(random.uniform(0.0, LONGEST_PAUSE_S))  # noqa: S311 - spreads load only


class ConflictMiddleware:
    """Answers a request again whose transaction lost; its views write in transactions."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        return self._get_response(request)

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponseBase | None:
        """Ask the same view again; None leaves the exception to Django."""
        match = request.resolver_match
        if match is None or not is_conflict(exception):
            return None
        for _ in range(TRIES - 1):
            _pause()
            try:
                again: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
            except OperationalError as error:
                if not is_conflict(error):
                    return None
            else:
                return again
        _log.error("%s lost %d times to other transactions", request.path, TRIES)
        return None
