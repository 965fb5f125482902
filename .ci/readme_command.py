"""Prints a command of the README's Quick start, ``.ci/readme_command.py N``: CI runs what a newcomer would type."""

from __future__ import annotations

import re
import sys
from pathlib import Path

HEADING = "## Quick start"
COMMANDS = 2


def quick_start_commands(readme: str) -> list[str]:
    """The fenced ``sh`` blocks between the Quick start heading and the next heading of its level."""
    section = re.search(rf"^{HEADING}\n(.*?)(?=^## |\Z)", readme, re.MULTILINE | re.DOTALL)
    if section is None:
        raise SystemExit(f"README.md has no heading {HEADING!r}")
    return [block.strip() for block in re.findall(r"^```sh\n(.*?)^```", section[1], re.MULTILINE | re.DOTALL)]


def main() -> None:
    readme = Path(__file__).resolve().parent.parent / "README.md"
    commands = quick_start_commands(readme.read_text(encoding="utf-8"))
    if len(commands) != COMMANDS:
        raise SystemExit(f"README.md has {len(commands)} sh blocks under {HEADING!r}, not {COMMANDS}")
    print(commands[int(sys.argv[1]) - 1])


if __name__ == "__main__":
    main()
