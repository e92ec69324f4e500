"""``python -m hub.relay``."""

from __future__ import annotations

import logging
import os
import sys

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.site.settings")
    django.setup()
    logging.captureWarnings(capture=True)
    from hub.relay.program import run  # models need the set-up

    sys.exit(run())
