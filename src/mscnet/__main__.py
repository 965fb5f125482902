"""``python -m mscnet`` is the command ``mscnet``."""

from __future__ import annotations

import gc
import sys

#: A command makes many objects that live to its end: looking for garbage among them more rarely saves time.
OBJECTS_BETWEEN_COLLECTIONS = 50_000


def start() -> int:
    """Runs the command line in a process of its own; the exit code."""
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, 20, 20)
    from mscnet.cli.main import main

    code = main()
    gc.freeze()  # what is left at the end goes with the process: nobody need look through it
    return code


if __name__ == "__main__":
    sys.exit(start())
