"""Which database the hub uses: SQLite in the data folder, or the PostgreSQL that a county names.

``VILLAGE_HUB_DATABASE=postgresql://user:password@host:5432/name`` chooses PostgreSQL, for more
than one hub process. Both serialise: SQLite takes its one write lock when a transaction begins
(`hub.site.sqlite` sees that everybody gets it in turn),
PostgreSQL runs SERIALIZABLE and refuses one of two transactions that disagree; `hub.site.acts`
does that one again. So an act is written once, as if it were alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dj_database_url

if TYPE_CHECKING:
    from pathlib import Path

VARIABLE = "VILLAGE_HUB_DATABASE"
SQLITE_WAITS_S = 20
KEPT_OPEN_S = 600


def database(url: str, file: Path) -> dict[str, object]:
    """Django's settings for the default database.

    Args:
        url: a PostgreSQL address; empty for SQLite.
        file: where SQLite keeps its data.

    Raises:
        ValueError: an address of another kind, or one that cannot be read.
    """
    if not url:
        return {
            "ENGINE": "hub.site.sqlite",
            "NAME": file,
            # Named, because pytest knows only Django's own backend as one that tests in memory.
            "TEST": {"NAME": ":memory:"},
            "OPTIONS": {
                "timeout": SQLITE_WAITS_S,
                "transaction_mode": "IMMEDIATE",
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;"
                ),
            },
        }
    try:
        found: dict[str, Any] = dict(
            dj_database_url.parse(url, conn_max_age=KEPT_OPEN_S, conn_health_checks=True)
        )
    except dj_database_url.ParseError as error:
        raise ValueError(_ASKED) from error
    if found["ENGINE"] != "django.db.backends.postgresql":
        raise ValueError(_ASKED)
    found["OPTIONS"] = {**found.get("OPTIONS", {}), "isolation_level": _SERIALIZABLE}
    return found


_ASKED = f"{VARIABLE}: 请写成 write it as postgresql://user:password@host:5432/name"
_SERIALIZABLE = 4
"""psycopg's ``IsolationLevel.SERIALIZABLE``, written out: SQLite needs no psycopg."""
