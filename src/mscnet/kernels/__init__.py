"""Compiled loops, and whether this installation has them.

`core` gives the extension module, or None where it was not compiled or is switched off by the environment
variable ``MSCNET_KERNELS=off``; `reason` then says why in a sentence.  Nothing here imports anything of ours.
"""

from __future__ import annotations

import os
from functools import lru_cache
from importlib import import_module
from typing import Any

#: Set to ``off``, the SciPy path serves although the kernels are there.
SWITCH = "MSCNET_KERNELS"


def core() -> Any | None:
    """The extension module with every compiled function, or None."""
    return _found()[0]


def reason() -> str | None:
    """Why there are no kernels, or None where there are."""
    return _found()[1]


@lru_cache(maxsize=1)
def _found() -> tuple[Any | None, str | None]:
    if os.environ.get(SWITCH, "").lower() in ("off", "0", "no"):
        return None, f"they are switched off by {SWITCH}={os.environ[SWITCH]}"
    try:
        return import_module("mscnet.kernels._core"), None
    except ModuleNotFoundError:
        return None, "this installation has no compiled module"
    except ImportError as error:
        return None, f"the compiled module could not be loaded ({error})"
