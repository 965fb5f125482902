"""Names for species that other programs call by texts such as ``A(b!1).B(a!1)``."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence

from mscnet.mechanism.expression import FUNCTIONS

#: Names longer than this are replaced by a number: nobody reads or types them.
LONGEST_NAME = 32

_BETWEEN = re.compile(r"\W+", re.ASCII)
_TAKEN = {*FUNCTIONS, "t", "time", "temperature"}


def species_names(labels: Sequence[str], taken: Collection[str] = ()) -> list[str]:
    """One name a label: its words joined by ``_``, as ``A_b_1_B_a_1`` for ``A(b!1).B(a!1)``.

    A label whose name would be longer than `LONGEST_NAME`, begin with a digit, be that of another label or one
    of `taken` is called ``s`` and its number instead, counted from 1 (with a ``_`` behind it if that is taken too).
    """
    wanted = [_BETWEEN.sub("_", label).strip("_") for label in labels]
    count = Counter(wanted)
    used = {*taken, *_TAKEN}
    names = [
        name if name and len(name) <= LONGEST_NAME and count[name] == 1 and name not in used and not name[0].isdigit()
        else ""
        for name in wanted
    ]  # fmt: skip
    used.update(names)
    for i, name in enumerate(names):
        if not name:
            number = f"s{i + 1}"
            while number in used:
                number += "_"
            names[i] = number
            used.add(number)
    return names
