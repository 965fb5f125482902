"""``mscnet run FILE.bngl --actions``: the runs of a BNGL file, one after the other."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from mscnet.cli.console import Console
from mscnet.cli.exits import Exit, Failure
from mscnet.cli.outputs import Outputs
from mscnet.cli.quantities import with_settings
from mscnet.diagnostics import MechanismError
from mscnet.records import replace

#: Options that say what the file's own actions say.
_SAID = (
    "t_end", "start", "points", "every", "stop_when", "steady", "init", "experiment", "method", "seed", "repeats",
    "volume", "pathway", "fitted", "noise",
)  # fmt: skip


def run_actions(arguments: argparse.Namespace, atol: float | None, console: Console) -> Exit:
    """Does the actions of a BNGL file, writes a table for each run, and names it on stderr.

    Raises:
        MechanismError: errors in the file, or an action that cannot be done.
        Failure: a file of another kind, or an option that says what the actions say.
    """
    from mscnet.cli.progress import Progress
    from mscnet.interop import source_of_file
    from mscnet.interop.bngl import read_protocol
    from mscnet.interop.bngl_protocol import OtherStep
    from mscnet.simulation.replay import replay
    from mscnet.simulation.status import SimulationError

    if not arguments.file.lower().endswith(".bngl"):
        raise Failure("--actions is for files of BNGL", "in the language of mscnet experiments say it", Exit.USAGE)
    for name in _SAID:
        if getattr(arguments, name, None) not in (None, False, []):
            raise Failure(
                f"--{name.replace('_', '-')} has no meaning here", "the actions of the file say it", Exit.USAGE
            )
    protocol = read_protocol(source_of_file(arguments.file))
    console.diagnostics([one for one in protocol.diagnostics if one.severity == "warning"])
    if protocol.mechanism is None:
        raise MechanismError(protocol.diagnostics)
    left = dict.fromkeys(step.name for step in protocol.steps if isinstance(step, OtherStep))
    if left:
        console.remark("note", "passed over, as they change nothing in a run: " + ", ".join(left))
    outputs = Outputs.of(arguments)
    mechanism = with_settings(protocol.mechanism, [pair for pairs in arguments.set for pair in pairs], [])
    settings = {name: value for name, value in (("rtol", arguments.rtol), ("atol", atol)) if value is not None}
    taken: set[str] = set()
    count = 0
    with Progress(console) as progress:
        try:
            for segment in replay(mechanism, protocol.steps, progress.update, **settings):
                name = _name(segment.number, segment.suffix, taken)
                count += 1
                first, last = segment.trajectory.time[0], segment.trajectory.time[-1]
                console.message(f"run {segment.number}{f' ({segment.suffix})' if segment.suffix else ''}: "
                                f"t = {first:g} to {last:g} s")  # fmt: skip
                _placed(outputs, name).write(segment.trajectory, console)
        except SimulationError as error:
            console.remark("error", str(error))
            return Exit.NUMERICS
    if not count:
        raise Failure(
            "the actions of this file hold no run", 'as in `simulate({method=>"ode",t_end=>100,n_steps=>100})`'
        )
    return Exit.DONE


def _name(number: int, suffix: str | None, taken: set[str]) -> str:
    """What stands behind the name of a file for this run: nothing for the first without a suffix."""
    plain = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in suffix or "")
    name = f"_{plain}" if plain else "" if number == 1 else f"_{number}"
    while name in taken:
        name = f"_{plain}_{number}" if plain else f"_{number}"
        number += 1
    taken.add(name)
    return name


def _placed(outputs: Outputs, name: str) -> Outputs:
    def at(path: str | None) -> str | None:
        return (
            None if path is None else os.path.join(os.path.dirname(path), f"{Path(path).stem}{name}{Path(path).suffix}")
        )

    return replace(outputs, table=at(outputs.table), plot=at(outputs.plot))
