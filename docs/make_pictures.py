"""Rebuilds the pictures of the documentation: ``python docs/make_pictures.py``.

Each is what a command draws, so a picture cannot show what a user does not get.  The same mechanism always gives the
same bytes.
"""

from __future__ import annotations

import sys
from pathlib import Path

from mscnet.cli.main import main

FOLDER = Path(__file__).parent / "pictures"

#: The picture, and the words of the command that draws it.
PICTURES = {
    "cdtese.png": "run cdtese",
    "cdtese_absorbance.png": "run cdtese --columns od371,od399",
    "cdtese_fig1b.png": "run cdtese --experiment fig1b",
    "oregonator.png": "run oregonator",
    "cdte_clusters.png": "run cdte_clusters",
    "receptor_rules.svg": "show receptor graph --rules",
    "receptor_contact.svg": "show receptor contact",
    "receptor_influence.svg": "show receptor influence",
    "me_clusters_contact.svg": "show me_clusters contact",
}


def draw(name: str, folder: Path = FOLDER) -> int:
    """Draws one picture into `folder`; the command's exit code."""
    words = PICTURES[name].split()
    return main([*words, "--out" if words[0] == "show" else "--plot", str(folder / name)])


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    sys.exit(max(draw(name) for name in PICTURES))
