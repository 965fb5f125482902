"""Networks generated from rules: whole processes of `mscnet expand` and BNG2.pl, and how the time grows."""

from __future__ import annotations

import math
import os
import re
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks import peers
from benchmarks.processes import Cost, run_once
from benchmarks.tables import grid, number

#: The models with their species and reactions.
MODELS = {"egfr_net": (356, 3_749), "BCR": (1_122, 24_388), "fceri_gamma2": (3_744, 58_276)}
QUICK_MODELS = ("egfr_net",)
#: So many times less CPU time than BNG2.pl is the goal, in whole processes.
GOAL = 10.0
#: Sites of a molecule that all come into another state and back on their own: 2**n species, n * 2**n reactions.
SITES, QUICK_SITES = (8, 10, 12, 14, 16), (6, 8, 10)
#: Molecules of the longest chain: n species, n**2 / 2 reactions, of species that are the longer.
LENGTHS, QUICK_LENGTHS = (25, 50, 100, 200), (25, 50)
#: Sites of a molecule that also binds to chains, where a limit leaves out all but pairs: 4**n species without partners.
PAIR_SITES, QUICK_PAIR_SITES = (4, 5, 6, 7, 8), (4, 5)

ACTION = re.compile(r"^\s*(?!generate_network)[A-Za-z_]+\s*\(\s*[{\"].*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Growth:
    """CPU time in s to generate a network of so many species and reactions."""

    size: int
    species: int
    reactions: int
    seconds: float


def measure(quick: bool) -> dict[str, Any]:
    """Costs of whole processes, and times of models that grow."""
    sites, lengths, pairs = (QUICK_SITES, QUICK_LENGTHS, QUICK_PAIR_SITES) if quick else (SITES, LENGTHS, PAIR_SITES)
    result: dict[str, Any] = {
        "sites": [asdict(one) for one in grow(sites_model, sites)],
        "chains": [asdict(one) for one in grow(chain_model, lengths)],
        "pairs": [asdict(one) for one in grow(pair_model, pairs)],
    }
    archive = Path(os.environ.get("MSCNET_CONFORMANCE", "")) / "networks" / "networks.zip"
    if not os.environ.get("MSCNET_CONFORMANCE") or not archive.is_file():
        return result | {
            "skipped": "the models are in the folder that the variable MSCNET_CONFORMANCE names; it names none"
        }
    bionetgen = None if peers.missing("run_network") else peers.bionetgen_folder()
    names = QUICK_MODELS if quick else tuple(MODELS)
    models = {name: process(archive, name, bionetgen, 1 if quick else 3) for name in names}
    return result | {"models": models}


# --- whole processes ------------------------------------------------------------------------------


def process(archive: Path, name: str, bionetgen: Path | None, rounds: int) -> dict[str, Any]:
    """What it costs to write out the network of a model, by us and by BNG2.pl; no other action is done."""
    with zipfile.ZipFile(archive) as zipped:
        text = ACTION.sub("", zipped.read(f"{name}.bngl").decode())
    if "\ngenerate_network(" not in text:
        text += "\ngenerate_network({overwrite=>1})\n"
    with tempfile.TemporaryDirectory(prefix="mscnet-bench-") as there:
        folder = Path(there)
        model = folder / f"{name}.bngl"
        model.write_text(text, encoding="utf-8")
        commands = {"mscnet": [sys.executable, "-m", "mscnet", "expand", str(model), "--out", str(folder / "ours.net")]}
        if bionetgen is not None:
            commands["BNG2.pl"] = ["perl", str(bionetgen / "BNG2.pl"), str(model)]
        # BNG2.pl runs once: it takes long, and what it costs hardly varies
        costs = {who: cost_of(command, folder, rounds if who == "mscnet" else 1) for who, command in commands.items()}
        made = {who: counted(folder / out) for who, out in (("mscnet", "ours.net"), ("BNG2.pl", f"{name}.net"))}
    entries = {
        who: asdict(cost) | dict(zip(("species", "reactions"), made[who], strict=True)) for who, cost in costs.items()
    }
    ratio = costs["BNG2.pl"].cpu / costs["mscnet"].cpu if "BNG2.pl" in costs else None
    return {"entries": entries, "ratio": ratio}


def cost_of(command: list[str], folder: Path, rounds: int) -> Cost:
    """The least of some rounds; where there are several, one before them warms caches."""
    costs = [run_once(command, folder) for _ in range(rounds + (rounds > 1))]
    return min(costs, key=lambda cost: cost.cpu)


def counted(file: Path) -> tuple[int, int]:
    """The species and reactions of a ``.net`` file; none where there is no file."""
    if not file.exists():
        return 0, 0
    inside, counts = "", {"species": 0, "reactions": 0}
    for line in file.read_text(encoding="utf-8").splitlines():
        words = line.split()
        if words[:1] == ["begin"]:
            inside = words[1]
        elif words[:1] == ["end"]:
            inside = ""
        elif inside in counts and words and words[0].isdigit():
            counts[inside] += 1
    return counts["species"], counts["reactions"]


# --- growth ---------------------------------------------------------------------------------------


def switches(size: int) -> tuple[list[str], str, str]:
    """Sites of two states: their names, how they are declared, and all in the first state."""
    names = [f"s{at}" for at in range(size)]
    declared, first = (",".join(f"{name}{states}" for name in names) for states in ("~u~p", "~u"))
    return names, declared, first


def sites_model(size: int) -> tuple[str, int | None]:
    """A molecule with sites that do not know of each other."""
    names, kind, seed = switches(size)
    rules = "\n".join(f"S({name}~u) <-> S({name}~p) @ 1 /s, 2 /s" for name in names)
    return f"molecule S({kind})\nspecies S({seed}) = 1 mM\n{rules}\n", None


def chain_model(size: int) -> tuple[str, int | None]:
    """Molecules that bind to chains of up to `size`."""
    return (
        "molecule A(l, r)\nspecies A(l, r) = 1 mM\nA(r) + A(l) <-> A(r!1).A(l!1) @ 1 /mM/s, 1 /s\n",
        size,
    )


def pair_model(size: int) -> tuple[str, int | None]:
    """Molecules with `size` sites of two states that bind to chains of two: longer ones are left out."""
    names, kind, seed = switches(size)
    rules = "\n".join(f"A({name}~u) -> A({name}~p) @ 1 /s" for name in names)
    head = f"molecule A(l, r, {kind})\nspecies A(l, r, {seed}) = 1 mM\n"
    return f"{head}{rules}\nA(r) + A(l) -> A(r!1).A(l!1) @ 1 /mM/s\n", 2


def grow(model: Callable[[int], tuple[str, int | None]], sizes: Iterable[int]) -> list[Growth]:
    """The time of generation alone, at each size the best of a few."""
    return [timed(size, *model(size)) for size in sizes]


def timed(size: int, text: str, longest: int | None) -> Growth:
    """The best of up to three runs."""
    import mscnet
    from mscnet.mechanism.structure import Limits
    from mscnet.rules.generate import generate

    structure = mscnet.loads(text).structure
    assert structure is not None
    seconds = math.inf
    spent = 0.0
    for _ in range(3):
        start = time.process_time()
        generated = generate(structure, Limits(molecules=longest))
        taken = time.process_time() - start
        seconds, spent = min(seconds, taken), spent + taken
        if spent > 5.0:
            break
    return Growth(size, len(generated.texts), len(generated.events), seconds)


# --- the table ------------------------------------------------------------------------------------


#: What grows in each table.
HEADS = {
    "sites": "independent sites",
    "chains": "molecules of the longest chain",
    "pairs": "sites in chains of two at most",
}


def table(result: dict[str, Any]) -> str:
    """The figures as text."""
    parts = [result["skipped"]] if "skipped" in result else []
    for name, found in result.get("models", {}).items():
        rows = [
            [
                who,
                f"{e['species']:,}",
                f"{e['reactions']:,}",
                f"{e['cpu']:.2f}",
                f"{e['wall']:.2f}",
                number(e["memory"]),
            ]
            for who, e in found["entries"].items()
        ]
        parts.append(f"**{name}**\n\n{grid(['process', 'species', 'reactions', 'CPU s', 'wall s', 'MB'], rows)}")
        if found["ratio"]:
            parts.append(f"BNG2.pl / mscnet: {found['ratio']:.0f} times the CPU time (goal {GOAL:g})")
    for name, head in HEADS.items():
        parts.append(
            grid([head, "species", "reactions", "CPU s", "reactions/s", "growth"], list(growth_rows(result[name])))
        )
    return "\n\n".join(parts)


def growth_rows(timings: list[dict[str, Any]]) -> Iterable[list[str]]:
    """Rows with the exponent p of time ~ reactions**p from each size to the next."""
    powers = [""]
    for a, b in pairwise(timings):
        powers.append(f"{math.log(b['seconds'] / a['seconds']) / math.log(b['reactions'] / a['reactions']):.2f}")
    for one, power in zip(timings, powers, strict=True):
        rate = number(one["reactions"] / one["seconds"])
        yield [str(one["size"]), f"{one['species']:,}", f"{one['reactions']:,}", f"{one['seconds']:.3f}", rate, power]
