"""What can be told of fast steps before a run: that they can be solved for, and that their constants agree."""

from __future__ import annotations

import math
from collections.abc import Iterator

from mscnet.diagnostics import Diagnostic, MechanismError
from mscnet.kinetics.fast_blocks import blocks_of
from mscnet.kinetics.fast_laws import check_constants
from mscnet.kinetics.settle import check_dependent
from mscnet.mechanism.steps import at_start
from mscnet.network.network import Network


def fast_faults(network: Network) -> Iterator[Diagnostic]:
    """What is wrong with the fast steps of a network, one a block at most; constants without a value pass."""
    try:
        blocks = blocks_of(network)
    except MechanismError as error:
        yield from error.diagnostics
        return
    value_of = at_start(network.mechanism)
    for block in blocks:
        try:
            check_constants(network, block)
            logs = [_log(value_of(constant)) for constant in block.constants]
            for j, constant, weights in block.dependent:
                check_dependent(network, block, j, _log(value_of(constant)), logs, weights)
        except MechanismError as error:
            yield from error.diagnostics


def _log(value: float) -> float:
    return math.log(value) if value > 0.0 and math.isfinite(value) else math.nan
