"""Texts that people wrote: what ships, the examples of the documentation, the golden cases, past faults."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from mscnet import assets
from tests.strategies.corpus import CORPUS

HERE = Path(__file__).parent
TESTS = HERE.parent
_FENCE = re.compile(r"^```mech(?: error)?(?: \S+)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)

#: The files beside each case, by their name.
FILES = {
    "part.mech": "units time = min\nPa <-> Pb @ k_part, 0.1\nparameter k_part = 0.3 /min\nspecies Pa = 1 mM\n",
    "sub/deep.mech": 'import "../part.mech" as p\np.Pb -> Pc @ 2\nfunction g(x) = x + 1\nexperiment e { hold 1 s }\n',
    "sub/x.csv": "time,OD\n0,1\n1,2\n",
    "circle_a.mech": 'import "circle_b.mech" as b\nA -> B @ 1\n',
    "circle_b.mech": 'import "circle_a.mech" as a\nA -> B @ 1\n',
    "broken.mech": "A -> \nB -> C @ 1 M\n",
    "feed.csv": "time,OD,flow\n0,0.1,1\n5,0.2,2\n10,0.4,1\n",
    "pc.csv": "wavelength,absorbance\n320,0.1\n370,0.5\n400,0.2\n450,0.0\n",
    "bad.csv": "time,OD\n0,zero\n,\n",
}


@lru_cache(maxsize=1)
def texts() -> tuple[str, ...]:
    """Every text, longest last; the order is always the same."""
    found = [assets.mechanism_text(name)[1] for name in assets.mechanism_names()]
    pages = sorted((TESTS.parent / "docs").rglob("*.md"))
    found += [block for page in pages for block in _FENCE.findall(page.read_text("utf-8"))]
    found += [case.read_text("utf-8") for case in sorted((TESTS / "golden").glob("*/*.mech"))]
    found += [case.decode("utf-8", "replace") for case in past_faults().values()]
    return tuple(sorted({*found, *CORPUS}, key=lambda text: (len(text), text)))


@lru_cache(maxsize=1)
def lines() -> tuple[str, ...]:
    """Single lines of the texts, for splices."""
    return tuple(sorted({line for text in texts() for line in text.splitlines() if line.strip() and line[0] not in " }#"}))


@lru_cache(maxsize=1)
def past_faults() -> dict[str, bytes]:
    """What once ended in a traceback, took too long or came out wrong, by name."""
    return {path.stem: path.read_bytes() for path in sorted((HERE / "faults").glob("*.mech"))}


def put_files(folder: Path) -> None:
    """Lay the files that cases speak of into a folder."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
