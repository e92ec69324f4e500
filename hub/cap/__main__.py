"""``python -m hub.cap``: the program that asks the feeds, as a child of the hub."""

from __future__ import annotations

import sys

import django

if __name__ == "__main__":
    django.setup()
    from hub.cap.program import main  # models need the set-up

    sys.exit(main())
