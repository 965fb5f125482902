"""Where what is made of the grammar is kept between processes: the user's own cache folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def cache_file(grammar: str, kind: str) -> Path | None:
    """The file for what `kind` makes of `grammar`, keyed by content; None where there is no folder for it."""
    import hashlib

    if os.environ.get("MSCNET_NO_CACHE"):
        return None
    home = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or os.path.expanduser("~/.cache")
    folder = Path(home) / "mscnet"
    key = hashlib.sha256(grammar.encode() + sys.version.encode()).hexdigest()[:16]
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if hasattr(os, "getuid") and folder.stat().st_uid != os.getuid():
            return None
    except OSError:
        return None
    return folder / f"grammar-{key}.{kind}"
