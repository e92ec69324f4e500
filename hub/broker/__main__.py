"""``python -m hub.broker``."""

import sys

from hub.broker.program import main

sys.exit(main())
