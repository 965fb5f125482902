"""Fits as plain data for JSON, and back: `fit.json` of a fit's folder."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mscnet.diagnostics import MechanismError, suggest
from mscnet.experiment.verdict import Verdict
from mscnet.inference.checkpoint import settings_data, start_data, start_from
from mscnet.inference.local import with_local
from mscnet.inference.problem import FreeParameter, Term
from mscnet.inference.result import FitResult, FloatArray
from mscnet.inference.settings import FitSettings
from mscnet.inference.species_spectra import SpeciesSpectra
from mscnet.mechanism.facts import Fact
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import dataclass, field

#: The file of a fit in its folder, and the version of its form.
NAME, SCHEMA = "fit.json", 1
#: The largest file that is read, in bytes.
MAX_BYTES = 256 * 1024 * 1024
_MISSING = (KeyError, TypeError, ValueError, IndexError, AttributeError)


# --- writing --------------------------------------------------------------------------------------


def result_data(result: FitResult) -> dict[str, Any]:
    """A result as JSON has it: numbers read back as the same floats, ``nan`` is null."""
    return {
        "schema": SCHEMA,
        "kind": "mscnet fit",
        **{name: result.provenance.get(name) for name in ("mscnet", "mechanism", "source", "sha256", "pathway")},
        "settings": settings_data(result.settings),
        "cost": result.cost, "n": result.n, "k": result.k,
        "log_likelihood": _known(result.log_likelihood), "constant": result.constant,
        "values": {name: _known(value) for name, value in result.values.items()},
        "parameters": [
            {**_parameter_data(p), "value": e.value, "error": _known(e.error), "low": _known(e.low),
             "high": _known(e.high), "at_bound": e.at_bound or None, "coordinate": float(u)}
            for p, e, u in zip(result.parameters, result.estimates(), result.theta, strict=False)
        ],
        "covariance": _matrix(result.covariance),
        "correlation": _matrix(result.correlation),
        "spectra": None if result.spectra is None else _spectra_data(result.spectra),
        "terms": [_term_data(t, float(r)) for t, r in zip(result.terms, result.residuals, strict=True)],
        "starts": [start_data(start) for start in result.starts],
        "facts": [_verdict_data(verdict) for verdict in result.verdicts],
        "provenance": _plain(dict(result.provenance)),
    }  # fmt: skip


def _spectra_data(spectra: SpeciesSpectra) -> dict[str, Any]:
    return {"species": list(spectra.species), "wavelength": spectra.wavelength.tolist(),
            "absorptivity": _matrix(spectra.absorptivity), "fitted": spectra.fitted}  # fmt: skip


def _parameter_data(p: FreeParameter) -> dict[str, Any]:
    return {
        "name": p.name, "kind": p.kind, "scale": p.scale, "lower": p.lower, "upper": p.upper, "start": p.start,
        "prior": None if p.prior is None else list(p.prior), "unit": p.unit, "unit_factor": p.unit_factor,
        "note": p.note,
    }  # fmt: skip


def _term_data(t: Term, residual: float) -> dict[str, Any]:
    numbers = {n: _known(getattr(t, n)) for n in ("time", "wavelength", "observed", "sigma")}
    texts = {n: getattr(t, n) for n in ("kind", "source", "condition", "reading", "unit")}
    return {**texts, **numbers, "residual": residual}


def _verdict_data(v: Verdict) -> dict[str, Any]:
    return {
        "fact": v.fact.text, "relation": v.fact.relation, "name": v.fact.name, "source": v.fact.source,
        "experiment": v.experiment, "passed": v.passed, "trivial": v.trivial, "value": _plain(v.value),
        "expected": _plain(v.expected), "tolerance": _plain(v.tolerance), "margin": _known(v.margin), "unit": v.unit,
        "sentence": v.sentence, "finished": v.finished,
    }  # fmt: skip


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _matrix(values: FloatArray) -> list[list[float | None]]:
    return [[_known(value) for value in row] for row in values.tolist()]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return _known(value)
    return value if value is None or isinstance(value, bool | int | str) else str(value)


# --- reading --------------------------------------------------------------------------------------


def load_fit(path: str | os.PathLike[str], mechanism: Mechanism | None = None) -> FitResult:
    """The result in a ``fit.json``, or in the folder that holds it.

    With `mechanism` (the family or the model that was fitted) `model` is the fitted pathway with the fitted values;
    without it `model` is None and what needs a model is refused, while numbers, tables and plots are there.

    Raises:
        MechanismError: no such file, it is none of a fit, or its parameters are not those of `mechanism`.
    """
    data, name = _read(path)
    try:
        result = _result_from(data)
    except _MISSING as error:
        raise _broken(name, f"{type(error).__name__}: {error}") from None
    if mechanism is None:
        return result
    from mscnet.records import replace

    fitted = Fitted.of(data, name)
    model = fitted.applied_to(mechanism)
    return replace(result, model=model, verdicts=_with_facts(result.verdicts, model))


def _read(path: str | os.PathLike[str]) -> tuple[dict[str, Any], str]:
    place = Path(path)
    try:
        if place.is_dir():
            place = place / NAME
        if place.stat().st_size > MAX_BYTES:
            raise _broken(str(place), f"it has more than {MAX_BYTES // 2**20} MB")
        data = json.loads(place.read_text(encoding="utf-8"))
    except OSError as error:
        hint = "mscnet fit FILE --out DIR writes DIR/fit.json"
        raise MechanismError.of("E154", f"{place} cannot be read: {error.strerror or error}", hint=hint) from None
    except (ValueError, RecursionError):
        raise _broken(str(place), "it is not JSON") from None
    if not isinstance(data, dict) or data.get("kind") != "mscnet fit":
        raise _broken(str(place), "it does not say that it is one")
    if data.get("schema") != SCHEMA:
        raise _broken(str(place), f"its form has the version {data.get('schema')!r}, and this mscnet reads {SCHEMA}")
    return data, str(place)


def _broken(name: str, why: str) -> MechanismError:
    hint = "a fit is written by `mscnet fit FILE --out DIR` as DIR/fit.json"
    return MechanismError.of("E154", f"{name} is not the file of a fit: {why}", hint=hint)


def _result_from(data: Mapping[str, Any]) -> FitResult:
    parameters = tuple(_parameter_from(p) for p in data["parameters"])
    size = len(parameters)
    covariance = np.array([[_number(v) for v in row] for row in data["covariance"]], dtype=float).reshape(size, size)
    residuals = np.array([float(term["residual"]) for term in data["terms"]])
    missing: Any = None
    return FitResult(
        model=missing, settings=_settings_from(data["settings"]), parameters=parameters,
        theta=np.array([float(p["coordinate"]) for p in data["parameters"]]),
        values={str(name): _number(value) for name, value in data["values"].items()},
        covariance=covariance, terms=tuple(_term_from(term) for term in data["terms"]), residuals=residuals,
        constant=float(data["constant"]), starts=tuple(start_from(start) for start in data["starts"]),
        verdicts=tuple(_verdict_from(fact) for fact in data["facts"]), provenance=dict(data["provenance"]),
        spectra=_spectra_from(data.get("spectra")),
    )  # fmt: skip


def _spectra_from(data: Mapping[str, Any] | None) -> SpeciesSpectra | None:
    if data is None:
        return None
    species, wavelength = tuple(str(name) for name in data["species"]), np.array(data["wavelength"], dtype=float)
    rows = np.array([[_number(v) for v in row] for row in data["absorptivity"]], dtype=float)
    return SpeciesSpectra(species, wavelength, rows.reshape(len(species), len(wavelength)), int(data["fitted"]))


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)


def _parameter_from(p: Mapping[str, Any]) -> FreeParameter:
    prior = None if p["prior"] is None else (float(p["prior"][0]), float(p["prior"][1]))
    start = None if p["start"] is None else float(p["start"])
    scale, kind = _one_of(p["scale"], ("linear", "log")), _one_of(p["kind"], ("model", "noise"))
    return FreeParameter(str(p["name"]), float(p["lower"]), float(p["upper"]), scale, start, prior, kind,
                         str(p["unit"]), float(p["unit_factor"]), str(p["note"]))  # fmt: skip


def _one_of(word: Any, words: Sequence[str]) -> Any:
    if word not in words:
        raise ValueError(f"{word!r} is not one of {', '.join(words)}")
    return word


def _term_from(t: Mapping[str, Any]) -> Term:
    kind = _one_of(t["kind"], ("datum", "equality", "bound", "prior", "noise"))
    time, wavelength, observed, sigma = (_number(t[name]) for name in ("time", "wavelength", "observed", "sigma"))
    source, condition, reading = (str(t[name]) for name in ("source", "condition", "reading"))
    return Term(kind, source, condition, reading, time, wavelength, observed, sigma, str(t["unit"]))


def _settings_from(given: Mapping[str, Any]) -> FitSettings:
    known: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
    known["local"] = {str(name): tuple(where) for name, where in known["local"].items()}
    return FitSettings(**known)


def _verdict_from(v: Mapping[str, Any]) -> Verdict:
    fact = Fact(str(v["fact"]), v["relation"], source=v["source"], name=v["name"])
    return Verdict(fact, str(v["experiment"]), bool(v["passed"]), bool(v["trivial"]), v["value"], v["expected"],
                   v["tolerance"], _number(v["margin"]), str(v["unit"]), str(v["sentence"]),
                   finished=bool(v["finished"]))  # fmt: skip


def _with_facts(verdicts: Sequence[Verdict], model: Mechanism) -> tuple[Verdict, ...]:
    """Verdicts with the facts of the mechanism, where it still states them."""
    from mscnet.records import replace

    known = {(fact.text, fact.source): fact for fact in model.facts}
    return tuple(replace(v, fact=known.get((v.fact.text, v.fact.source), v.fact)) for v in verdicts)


# --- values alone ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fitted:
    """The values of a fit as they are given to a mechanism: `values` in the file's units, those of its parameters
    alone (noises and values of single experiments left out); `sha256` of the text that was fitted; `free_spectra`:
    spectra were fitted too, and are no values of a mechanism."""

    path: str
    values: Mapping[str, float]
    left_out: tuple[str, ...] = ()
    pathway: str | None = None
    mechanism: str = ""
    sha256: str | None = None
    local: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    free_spectra: bool = False

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Fitted:
        """Those in a ``fit.json``, or in the folder that holds it; raises MechanismError where there are none."""
        data, name = _read(path)
        try:
            return cls.of(data, name)
        except _MISSING as error:
            raise _broken(name, f"{type(error).__name__}: {error}") from None

    @classmethod
    def of(cls, data: Mapping[str, Any], name: str) -> Fitted:
        """Those in the data of a result."""
        noises = {p["name"] for p in data["parameters"] if p["kind"] == "noise"}
        values = {str(n): float(v) for n, v in data["values"].items() if n not in noises}
        own = {n: v for n, v in values.items() if n.replace(".", "_").isidentifier()}
        pathway = data["pathway"] if isinstance(data["pathway"], str) else None
        rest = tuple(n for n in data["values"] if n not in own)
        used = tuple(data["provenance"].get("experiments") or ())
        local = {str(n): tuple(where) or used for n, where in data["settings"]["local"].items()}
        free = data.get("spectra") is not None
        return cls(name, own, rest, pathway, str(data["mechanism"]), data["sha256"], local, free)

    def applied_to(self, mechanism: Mechanism, pathway: str | None = None) -> Mechanism:
        """The mechanism with these values, in `pathway`, else in that of the fit.

        Raises:
            MechanismError: it lacks the pathway or a parameter.
        """
        if pathway is None and self.pathway is not None and mechanism.pathway is None:
            pathway = self.pathway
        model = (mechanism if pathway is None else mechanism.with_pathway(pathway)).expanded
        if self.local and set(self.local) <= {p.name for p in model.parameters}:
            model = with_local(model, self.local, ())
        known = {p.name for p in model.parameters}
        elsewhere = {p.name for p in mechanism.parameters} - known
        values = {name: value for name, value in self.values.items() if name not in elsewhere}
        unknown = [name for name in values if name not in known]
        if unknown:
            listed = ", ".join(f"`{name}`" for name in unknown[:5]) + (", …" if len(unknown) > 5 else "")
            hint = suggest(unknown[0], known) or f"it was written by a fit of {self.mechanism}"
            raise MechanismError.of("E154", f"{model.name} has no parameter {listed} of {self.path}", hint=hint)
        return model.with_values(values)

    def of_this_text(self, mechanism: Mechanism) -> bool:
        """Whether the mechanism's text is the one that was fitted, as far as is known."""
        return self.sha256 is None or mechanism.source is None or mechanism.digest == self.sha256
