"""The compiled engine, where the kernels hold it; `generate` takes it when it is there."""

from __future__ import annotations

from mscnet.mechanism.structure import Limits, Structure
from mscnet.rules.generated import Generated, Progress


def available(structure: Structure) -> bool:
    """Whether the compiled engine is there and knows all that the structure needs."""
    return False


def generate(structure: Structure, limits: Limits, progress: Progress | None) -> Generated:
    """What `rules.generate.generate` gives, from the compiled engine."""
    raise NotImplementedError("the kernels hold no engine for rules")
