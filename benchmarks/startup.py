"""Whole commands as a user starts them, beside bare imports and a peer's whole run."""

from __future__ import annotations

import shutil
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.peers import bionetgen_folder
from benchmarks.processes import Cost, alternate
from benchmarks.tables import grid

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

#: Three species: what a newcomer tries first.
DECAY = """\
units time = s, concentration = mM
species A = 1.0 mM
A -> B @ 0.1 /s
B -> C @ 0.05 /s
option t_end = 60 s, points = 61
"""
ROADRUNNER_DECAY = """
import antimony, roadrunner
antimony.loadAntimonyString('''
model m
  J1: A -> B; k1*A
  J2: B -> C; k2*B
  A = 1; B = 0; C = 0; k1 = 0.1; k2 = 0.05
end
''')
model = roadrunner.RoadRunner(antimony.getSBMLString('m'))
curves = model.simulate(0, 60, 61)
with open('peer.csv', 'w') as file:
    file.write('\\n'.join(','.join(map(repr, map(float, row))) for row in curves))
"""
DECAY_BNGL = """\
begin model
begin parameters
  k1 0.1
  k2 0.05
end parameters
begin molecule types
  X(s~a~b~c)
end molecule types
begin seed species
  X(s~a) 1
end seed species
begin reaction rules
  X(s~a) -> X(s~b) k1
  X(s~b) -> X(s~c) k2
end reaction rules
end model
generate_network({overwrite=>1})
simulate({method=>"ode",t_end=>60,n_steps=>60})
"""

#: What the project holds itself to on two cores, in seconds of wall time.
TARGETS = {"mscnet check": 0.4, "mscnet run cdtese": 1.5}
#: Our command at the same work as a peer's, and the share of its wall time that is the goal.
PAIRS = (("mscnet run decay", "libRoadRunner decay", 1.0), ("mscnet run cdtese", "libRoadRunner cdtese", 1.0))


def measure(quick: bool) -> dict[str, Any]:
    """Medians of every command, in seconds and MB, and the peers that are not installed."""
    program = shutil.which("mscnet", path=str(Path(sys.executable).parent))
    mscnet = [program] if program else [sys.executable, "-m", "mscnet"]
    commands = {
        "python": [sys.executable, "-c", "pass"],
        "import numpy": [sys.executable, "-c", "import numpy"],
        "import scipy.integrate": [sys.executable, "-c", "import scipy.integrate"],
        "mscnet check": [*mscnet, "check", "ten.mech"],
        "mscnet run decay": [*mscnet, "run", "decay.mech", "--out", "x.csv"],
        "mscnet run cdtese": [*mscnet, "run", "cdtese", "--out", "x.csv"],
    }
    skipped = [name for name in ("antimony", "roadrunner") if find_spec(name) is None]
    if not skipped:
        commands["libRoadRunner decay"] = [sys.executable, "-c", ROADRUNNER_DECAY]
        commands["libRoadRunner cdtese"] = [sys.executable, "-c", ROADRUNNER]
    bionetgen = bionetgen_folder()
    if bionetgen is None or shutil.which("perl") is None:
        skipped.append("bionetgen" if bionetgen is None else "perl, for BNG2.pl")
    else:
        commands["BNG2.pl decay"] = ["perl", str(bionetgen / "BNG2.pl"), "decay.bngl"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "decay.mech").write_text(DECAY, encoding="utf-8")
        (folder / "decay.bngl").write_text(DECAY_BNGL, encoding="utf-8")
        (folder / "ten.mech").write_text(TEN_LINES, encoding="utf-8")
        costs = alternate(commands, folder, rounds=5 if quick else 11)
    return {"costs": costs, "skipped": skipped}


def table(result: dict[str, Any]) -> str:
    """The figures as text: seconds, memory and target, then the ratios to peers at the same work."""
    costs: dict[str, Cost] = result["costs"]
    rows = [
        [name, f"{cost.wall:.3f}", f"{cost.cpu:.3f}", f"{cost.memory:.0f}",
         f"{cost.wall / costs['import numpy'].wall:.2f}", f"{TARGETS[name]:.1f}" if name in TARGETS else ""]
        for name, cost in costs.items()
    ]  # fmt: skip
    lines = [grid(["whole process", "wall s", "CPU s", "MB", "x import numpy", "target s"], rows), ""]
    for mine, peer, goal in PAIRS:
        if peer in costs:
            lines.append(f"{mine} / {peer}: {costs[mine].wall / costs[peer].wall:.2f} of wall time (goal {goal:g})")
    if result["skipped"]:
        lines.append(f"skipped, not installed: {', '.join(result['skipped'])} (a peer's whole run)")
    return "\n".join(lines)
