"""Whole commands as a user starts them, beside bare imports and a peer's whole run."""

from __future__ import annotations

import shutil
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.processes import Cost, alternate

TEN_LINES = """\
units time = min, concentration = mM
species A "substrate" = 1.0 mM
species B = 0.5 mM
parameter k1 = 0.05 /mM/min
parameter k2 = 0.01 /min
step1: A + B <-> C @ k1, k2
step2: C -> D @ 0.2 /min
step3: 2 D -> E @ 0.03 /mM/min
observable total = [C] + [D]
option t_end = 240 min, points = 241
"""

#: The steps of the founding mechanism's pathway eq1 in a peer's own language, run and written as a table.
ROADRUNNER = """
import antimony, roadrunner
antimony.loadAntimonyString('''
model m
  step1: CdTe_PC + CdSe_MF -> CdTeSe_PC399 + CdTe_MF; k1*CdTe_PC*CdSe_MF - k2*CdTeSe_PC399*CdTe_MF
  step3: CdTeSe_PC399 -> CdTeSe_MSC399; k3*CdTeSe_PC399 - k4*CdTeSe_MSC399
  step5: CdTe_PC -> CdTe_MSC371; k5*CdTe_PC - k6*CdTe_MSC371
  frag: CdSe_PC -> 2 CdSe_MF; k7*CdSe_PC
  cdse: CdSe_PC -> CdSe_MSC415; k415*CdSe_PC
  loss: CdTeSe_MSC399 -> CdTeSe_lost; k8*CdTeSe_MSC399
  CdTe_PC = 0.0099; CdSe_PC = 0.0091; CdTe_MF = 0.0018; CdSe_MF = 0.0034
  k1 = 10.9; k2 = 1.58; k3 = 6.14; k4 = 0.148; k5 = 1.42; k6 = 0.395; k7 = 0.0859; k8 = 8.85e-5; k415 = 1e-5
end
''')
model = roadrunner.RoadRunner(antimony.getSBMLString('m'))
curves = model.simulate(0, 240, 241)
with open('peer.csv', 'w') as file:
    file.write('\\n'.join(','.join(map(repr, map(float, row))) for row in curves))
"""

#: What the project holds itself to on two cores, in seconds of wall time.
TARGETS = {"mscnet check": 0.4, "mscnet run cdtese": 1.5}
MEASURED = tuple(TARGETS)


def measure(quick: bool) -> dict[str, Any]:
    """Medians of every command, in seconds and MB, and the peers that are not installed."""
    program = shutil.which("mscnet", path=str(Path(sys.executable).parent))
    mscnet = [program] if program else [sys.executable, "-m", "mscnet"]
    commands = {
        "python": [sys.executable, "-c", "pass"],
        "import numpy": [sys.executable, "-c", "import numpy"],
        "import scipy.integrate": [sys.executable, "-c", "import scipy.integrate"],
        "mscnet check": [*mscnet, "check", "ten.mech"],
        "mscnet run cdtese": [*mscnet, "run", "cdtese", "--out", "x.csv"],
    }
    skipped = [name for name in ("antimony", "roadrunner") if find_spec(name) is None]
    if not skipped:
        commands["libRoadRunner"] = [sys.executable, "-c", ROADRUNNER]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "ten.mech").write_text(TEN_LINES, encoding="utf-8")
        costs = alternate(commands, folder, rounds=3 if quick else 15)
    return {"costs": costs, "skipped": skipped}


def table(result: dict[str, Any]) -> str:
    """The figures as text: seconds, memory, target, and the wall time as a multiple of each reference's."""
    costs: dict[str, Cost] = result["costs"]
    references = [name for name in costs if name not in MEASURED]
    head = f"{'whole process (medians)':26}{'wall s':>8}{'CPU s':>8}{'MB':>6}{'target':>8}"
    lines = [head + "".join(f"{'x ' + name:>{len(name) + 4}}" for name in references)]
    for name, cost in costs.items():
        target = f"{TARGETS[name]:.1f} s" if name in TARGETS else ""
        ratios = "".join(f"{cost.wall / costs[other].wall:>{len(other) + 4}.2f}" for other in references)
        lines.append(f"{name:26}{cost.wall:8.3f}{cost.cpu:8.3f}{cost.memory:6.0f}{target:>8}{ratios}")
    if result["skipped"]:
        lines.append(f"skipped, not installed: {', '.join(result['skipped'])} (a peer's whole run)")
    return "\n".join(lines)
