"""Reading large mechanisms: parse, resolve and check of generated reactions, and how the time grows."""

from __future__ import annotations

import gc
import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.massaction import NETWORKS, network_file
from benchmarks.tables import grid, number

SIZES = (1_000, 10_000, 100_000)
QUICK_SIZES = (1_000, 10_000)
#: The largest texts that the peer is given, in full and quick: its time grows with the square of the text's length.
PEER_SIZE, QUICK_PEER_SIZE = 10_000, 1_000
#: What the project holds itself to: seconds for so many reactions.
TARGETS = {10_000: 3.0}


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds to read so many reactions."""

    reactions: int
    seconds: float


def generated(reactions: int, seed: int = 1) -> str:
    """A mechanism of `reactions` steps of the common kinds among a tenth as many species."""
    rng = random.Random(seed)
    species = max(4, reactions // 10)
    lines = ["units time = s, concentration = mM"]
    lines += [f'species S{i} "species {i}" = {rng.random():.3f} mM' for i in range(species)]
    for i in range(reactions):
        a, b, c, d = (f"S{n}" for n in rng.sample(range(species), 4))
        lines.append(
            (
                f"r{i}: {a} + {b} <-> {c} @ {rng.random():.4f} /mM/s, {rng.random():.4f} /s",
                f"{a} -> {b} + {c} @ {rng.random():.4f} /s",
                f"r{i}: {a} + {b} -> {c} + {d} @ k{i}",
                f"2 {a} -> {b} @ {rng.random():.4f}  # dimerization",
            )[i % 4]
        )
    return "\n".join(lines) + "\n"


def generated_antimony(reactions: int, seed: int = 1) -> str:
    """Much the same mechanism in Antimony."""
    rng = random.Random(seed)
    species = max(4, reactions // 10)
    lines = ["model m", *(f"S{i} = {rng.random():.3f};" for i in range(species))]
    for i in range(reactions):
        a, b, c = (f"S{n}" for n in rng.sample(range(species), 3))
        lines.append(f"r{i}: {a} + {b} -> {c}; k{i}*{a}*{b}; k{i} = {rng.random():.4f};")
    return "\n".join([*lines, "end"]) + "\n"


def measure(quick: bool) -> dict[str, Any]:
    """Times of mscnet, and of Antimony where it is installed, at each size; best of three for the small ones."""
    import mscnet

    sizes = QUICK_SIZES if quick else SIZES
    first = seconds(mscnet.loads, generated(4))
    files = {} if quick else {name: network_file(name) for name in ("egfr_net", "BCR", "fceri_gamma2")}
    result: dict[str, Any] = {
        "first": first,
        "networks": [read_network(name, file) for name, file in files.items() if file is not None],
        "mscnet": [Timing(size, best(mscnet.loads, generated(size))) for size in sizes],
        "skipped": [],
    }
    if find_spec("antimony") is None:
        result["skipped"] = ["antimony"]
    else:
        result["antimony"] = [
            Timing(size, best(antimony_load, generated_antimony(size)))
            for size in sizes
            if size <= (QUICK_PEER_SIZE if quick else PEER_SIZE)
        ]
    return result


def read_network(name: str, file: Path) -> dict[str, Any]:
    """Seconds to read a ``.net`` file, and to make it ready to run, at best."""
    import mscnet

    read = best(mscnet.load, file)
    mechanism = mscnet.load(file)
    end = NETWORKS[name]
    ready = best(lambda model: mscnet.Simulator(model, times=[end]), mechanism)
    return {"name": name, "reactions": len(mechanism.reactions), "read": read, "ready": ready}


def antimony_load(text: str) -> None:
    """Reads a text with Antimony; raises RuntimeError where it does not like it."""
    import antimony

    antimony.clearPreviousLoads()
    if antimony.loadAntimonyString(text) < 0:
        raise RuntimeError(antimony.getLastError())


def best(load: Callable[[Any], object], text: Any) -> float:
    """The least of up to three times, as many as fit into a few seconds."""
    times = [seconds(load, text)]
    while len(times) < 3 and sum(times) < 5:
        times.append(seconds(load, text))
    return min(times)


def seconds(load: Callable[[Any], object], text: Any) -> float:
    """How long `load` takes for `text`, in s."""
    gc.collect()
    start = time.perf_counter()
    loaded = load(text)
    elapsed = time.perf_counter() - start
    del loaded
    return elapsed


def growth(timings: list[Timing]) -> list[float]:
    """The exponent p of time ~ size**p from each size to the next."""
    return [math.log(b.seconds / a.seconds) / math.log(b.reactions / a.reactions) for a, b in pairwise(timings)]


def table(result: dict[str, Any]) -> str:
    """The figures as text, with the ratio to the peer's time where both read so many reactions."""
    rows = []
    for name in [name for name in ("mscnet", "antimony") if name in result]:
        timings: list[Timing] = result[name]
        for timing, power in zip(timings, ["", *(f"{p:.2f}" for p in growth(timings))], strict=True):
            target = f"{TARGETS[timing.reactions]:.1f}" if name == "mscnet" and timing.reactions in TARGETS else ""
            rate = number(timing.reactions / timing.seconds)
            rows.append([name, f"{timing.reactions:,}", f"{timing.seconds:.3f}", rate, power, target])
    lines = [
        f"first load of a process (four reactions, imports and parser included): {result['first']:.3f} s\n",
        grid(["text read by", "reactions", "seconds", "per s", "growth", "target s"], rows),
        "",
    ]
    if result["networks"]:
        kept = [[n["name"], f"{n['reactions']:,}", f"{n['read']:.2f}", f"{n['ready']:.2f}"] for n in result["networks"]]
        lines += [grid(["BioNetGen .net", "reactions", "read s", "made ready s"], kept), ""]
    peers = {timing.reactions: timing.seconds for timing in result.get("antimony", [])}
    lines += [
        f"mscnet / antimony at {timing.reactions}: {timing.seconds / peers[timing.reactions]:.2f}"
        for timing in result["mscnet"]
        if timing.reactions in peers
    ]
    if result["skipped"]:
        lines.append(f"skipped, not installed: {', '.join(result['skipped'])}")
    return "\n".join(lines)
