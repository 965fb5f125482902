"""Network-free simulation: events per second of us and NFsim, without starting and reading."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import peers
from benchmarks.tables import grid, number

#: At least as many events per second as NFsim is the goal.
GOAL = 1.0

SIGNAL = """
begin molecule types
R(l,d,y~u~p)
L(r)
A(sh,s~u~p)
end molecule types
begin seed species
R(l,d,y~u) 3000
L(r) 2000
A(sh,s~u) 2500
end seed species
begin observables
Molecules Active R(y~p)
Molecules Docked A(sh!+)
Molecules Set A(s~p)
end observables
begin reaction rules
R(l) + L(r) <-> R(l!1).L(r!1) 0.0005, 0.2
R(l!+,d) + R(l!+,d) <-> R(l!+,d!1).R(l!+,d!1) 0.001, 0.3
R(d!1).R(d!1,y~u) -> R(d!1).R(d!1,y~p) 1
R(y~p) -> R(y~u) 0.2
R(y~p) + A(sh) <-> R(y~p!1).A(sh!1) 0.001, 0.5
R(y~p!1).A(sh!1,s~u) -> R(y~p!1).A(sh!1,s~p) 0.5
A(s~p) -> A(s~u) 0.1
end reaction rules
"""

ENZYME = """
begin molecule types
X(y,p~0~1)
Y(x)
end molecule types
begin seed species
X(y,p~0) 5000
Y(x) 500
end seed species
begin observables
Molecules Marked X(p~1)
Molecules Bound X(y!1).Y(x!1)
end observables
begin reaction rules
X(y,p~0) + Y(x) -> X(y!1,p~0).Y(x!1) 10
X(y!1,p~0).Y(x!1) -> X(y,p~0) + Y(x) 5
X(y!1,p~0).Y(x!1) -> X(y,p~1) + Y(x) 0.7
X(p~1) -> X(p~0) 0.5
end reaction rules
"""

GEL = """
begin molecule types
L(r,r,r)
R(l,l)
end molecule types
begin seed species
L(r,r,r) 4200
R(l,l) 300
end seed species
begin observables
Molecules Bound L(r!+)
Molecules Crosslinked L(r!+,r!+)
end observables
begin reaction rules
R(l) + L(r,r,r) -> R(l!1).L(r!1,r,r) 1.6e-6
R(l) + L(r,r,r!+) -> R(l!1).L(r!1,r,r!+) 3e-3
R(l) + L(r,r!+,r!+) -> R(l!1).L(r!1,r!+,r!+) 3e-3
R(l!1).L(r!1) -> R(l) + L(r) 0.01
end reaction rules
"""

CHAINS = """
begin molecule types
A(h,t)
end molecule types
begin seed species
A(h,t) 5000
end seed species
begin observables
Molecules Bonds A(h!+)
end observables
begin reaction rules
A(h) + A(t) <-> A(h!1).A(t!1) 1e-3, 1
end reaction rules
"""

#: Models of our own with their horizons: some hundred thousand events.
MODELS = {"signalling": (SIGNAL, 100.0), "enzyme": (ENZYME, 60.0), "gel": (GEL, 3000.0), "chains": (CHAINS, 50.0)}
#: Models that the folder of MSCNET_CONFORMANCE holds.
OTHERS = {"tlbr": 1000.0}
_EVENTS = re.compile(r"simulated (\d+) reactions in ([\d.eE+-]+)s")
_NULLS = re.compile(r"Null events: (\d+)")


@dataclass(frozen=True, slots=True)
class Rate:
    """Events of a run, tries that came to nothing, and the CPU time in s that they took; `rate` is of events."""

    events: int
    nulls: int
    seconds: float

    @property
    def rate(self) -> float:
        return self.events / self.seconds if self.seconds > 0 else float("inf")


def measure(quick: bool) -> dict[str, Any]:
    """Events per second on every model."""
    models = {name: (whole(text), t_end) for name, (text, t_end) in MODELS.items()}
    models |= {name: (text, OTHERS[name]) for name, text in others().items()}
    folder = None if peers.missing("run_network") else peers.bionetgen_folder()
    names = ("enzyme", "gel") if quick else tuple(models)
    rounds = 1 if quick else 5
    return {"models": {name: contest(*models[name], folder, rounds, 0.1 if quick else 1.0) for name in names}}


def whole(text: str) -> str:
    """A model as BNG2.pl reads it."""
    return f"begin model\nbegin parameters\nend parameters{text}end model\n"


def others() -> dict[str, str]:
    """Texts of the models of MSCNET_CONFORMANCE, without their actions."""
    place = os.environ.get("MSCNET_CONFORMANCE", "")
    archive = Path(place) / "bng" / "bng_dev.zip"
    if not place or not archive.is_file():
        return {}
    found = {}
    with zipfile.ZipFile(archive) as zipped:
        for name in OTHERS:
            files = sorted(file for file in zipped.namelist() if re.search(rf"(^|[/_]){name}(/|\.bngl$)", file))
            file = next((file for file in files if file.endswith("model.bngl") or file.endswith(f"{name}.bngl")), None)
            if file is not None:
                found[name] = without_actions(zipped.read(file).decode())
    return found


def without_actions(text: str) -> str:
    """A model without what stands behind its last block."""
    end = max(text.rfind("end model"), text.rfind("end reaction rules"))
    line = text.find("\n", end)
    return text[: line + 1] if line >= 0 else text


def contest(text: str, t_end: float, folder: Path | None, rounds: int, share: float) -> dict[str, Any]:
    """Rates of us and of NFsim in turn, the median of some rounds."""
    t_end *= share
    runs: dict[str, list[Rate]] = {"mscnet": []}
    with tempfile.TemporaryDirectory(prefix="mscnet-bench-") as there:
        ours = Ours(text, Path(there))
        theirs = NFsim(text, Path(there), folder) if folder is not None else None
        for number_of in range(1, rounds + 1):
            runs["mscnet"].append(ours.run(t_end, number_of))
            if theirs is not None:
                runs.setdefault("NFsim", []).append(theirs.run(t_end, number_of))
    entries = {}
    for who, rates in runs.items():
        middle = median(one.rate for one in rates)
        entries[who] = asdict(min(rates, key=lambda one: abs(one.rate - middle))) | {"rate": middle}
    ratio = entries["mscnet"]["rate"] / entries["NFsim"]["rate"] if "NFsim" in entries else None
    return {"t_end": t_end, "entries": entries, "ratio": ratio}


class Ours:
    """Our runs, with the model made ready before; making the molecules is subtracted."""

    def __init__(self, text: str, folder: Path) -> None:
        import mscnet
        from mscnet.simulation.particles import build_particles

        file = folder / "ours.bngl"
        file.write_text(text, encoding="utf-8")
        self.particles = build_particles(mscnet.load(file).chosen)
        self.overhead = min(self._seconds(1e-12, 1)[0] for _ in range(3))

    def _seconds(self, t_end: float, seed: int) -> tuple[float, Any]:
        import numpy as np

        from mscnet.simulation.network_free import run_particles

        start = time.process_time()
        batch = run_particles(self.particles, 0.0, np.array([t_end]), [1], seed, jobs=1)
        return time.process_time() - start, batch

    def run(self, t_end: float, seed: int) -> Rate:
        """The rate of one run."""
        seconds, batch = self._seconds(t_end, seed)
        return Rate(int(batch.events[0]), int(batch.nulls[0]), seconds - self.overhead)


class NFsim:
    """Runs of NFsim, which tells its own events and CPU time; two reactants are never one complex (``-bscb``)."""

    def __init__(self, text: str, folder: Path, bionetgen: Path) -> None:
        (folder / "theirs.bngl").write_text(text + "\nwriteXML()\n", encoding="utf-8")
        subprocess.run(["perl", str(bionetgen / "BNG2.pl"), "theirs.bngl"], cwd=folder, check=True, capture_output=True)
        self.folder, self.program = folder, str(bionetgen / "bin" / "NFsim")

    def run(self, t_end: float, seed: int) -> Rate:
        """The rate of one run; raises RuntimeError where NFsim says none."""
        command = [self.program, "-xml", "theirs.xml", "-sim", repr(t_end), "-oSteps", "1", "-seed", str(seed), "-bscb"]
        done = subprocess.run(command, cwd=self.folder, check=True, capture_output=True, text=True)
        return said(done.stdout)


def said(output: str) -> Rate:
    """What NFsim says of a run; its events hold those that came to nothing."""
    events, nulls = _EVENTS.search(output), _NULLS.search(output)
    if events is None:
        raise RuntimeError(f"NFsim says no events: {output[-200:]}")
    null = int(nulls[1]) if nulls else 0
    return Rate(int(events[1]) - null, null, float(events[2]))


def table(result: dict[str, Any]) -> str:
    """Events per second, model by model."""
    parts = []
    for name, found in result["models"].items():
        rows = [
            [who, f"{e['events']:,}", f"{e['nulls']:,}", f"{e['seconds']:.3f}", number(e["rate"])]
            for who, e in found["entries"].items()
        ]
        head = ["program", "events", "null events", "CPU s", "events/s"]
        parts.append(f"**{name}**, t {found['t_end']:g}\n\n{grid(head, rows)}")
        if found["ratio"]:
            parts.append(f"mscnet / NFsim: {found['ratio']:.1f} times the events per second (goal {GOAL:g})")
    return "\n\n".join(parts)
