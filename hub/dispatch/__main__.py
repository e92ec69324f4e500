"""``python -m hub.dispatch``."""

import logging
import os
import sys

import django


def main() -> int:
    """Set Django up, then dispatch."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.site.settings")
    django.setup()
    logging.captureWarnings(capture=True)
    from hub.dispatch.program import run  # noqa: PLC0415 - models need the set-up first

    return run()


sys.exit(main())
