"""What every test can use; helpers live in ``tests/support``."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

pytest_plugins = ["support.agents", "support.postgres", "support.town"]
