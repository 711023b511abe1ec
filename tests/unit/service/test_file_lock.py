"""A lock between processes: one holds it, another is refused or waits, a killed one lets go."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from acquis.errors import Conflict
from acquis.service.file_lock import in_turn, only_one
from acquis.text import Text

BUSY = Text("Somebody is at work here", "Quelqu’un travaille ici")
HOLDER = """
import sys
from pathlib import Path
from acquis.service.file_lock import in_turn
with in_turn(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_another_process_is_refused_in_a_sentence_until_the_holder_dies(tmp_path: Path) -> None:
    lock = tmp_path / "new" / ".lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    with pytest.raises(Conflict) as refusal, only_one(lock, BUSY):
        pass
    assert refusal.value.says == BUSY
    holder.kill()
    holder.communicate()
    with only_one(lock, BUSY), pytest.raises(Conflict), only_one(lock, BUSY):
        pass
    with in_turn(lock):
        pass
