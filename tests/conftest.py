"""What every test can use; helpers live in ``tests/support``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

# What commands say is compared: in English, whatever language this terminal speaks.
os.environ["LC_ALL"] = "C.UTF-8"

# Machines are shared: what a property takes in time says nothing about it.
settings.register_profile("acquis", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("acquis")

sys.path.insert(0, str(Path(__file__).parent))

pytest_plugins = [
    "support.agents",
    "support.attacked_registry",
    "support.postgres",
    "support.town",
]
