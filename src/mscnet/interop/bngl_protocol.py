"""The actions of a BNGL file as plain data: what is to be done, in the order of the file.

Times are in seconds, amounts are populations; expressions hold parameters alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

from mscnet.diagnostics import Span, suggest
from mscnet.interop.bngl_build import Build
from mscnet.interop.bngl_nodes import ActionX, ArgumentX, GroupX, MathX, Word
from mscnet.interop.bngl_parse import parse
from mscnet.interop.bngl_values import Values
from mscnet.interop.faults import Fault, Faults
from mscnet.mechanism.expression import Expression, symbols
from mscnet.mechanism.structure import Limits, Pattern
from mscnet.records import dataclass

#: So many iterations BioNetGen makes where `generate_network` does not say how many.
DEFAULT_ITERATIONS = 100

#: Actions that write or show something, with what does it here.
WRITERS = {
    "writeNetwork": "`mscnet expand FILE --to net`", "writeNET": "`mscnet expand FILE --to net`",
    "writeFile": "`mscnet expand`", "writeModel": "`mscnet export`", "writeBNGL": "`mscnet export`",
    "writeXML": None, "writeSBML": None, "writeSBMLMulti": None, "writeMDL": None, "writeMfile": None,
    "writeMexfile": None, "writeSSC": None, "writeSSCcfg": None,
    "writeLatex": "`mscnet show FILE equations`", "writeLaTeXfile": "`mscnet show FILE equations`",
    "writeCPYfile": None, "writeCPPfile": None,
    "visualize": "`mscnet show FILE contact`, `influence` or `graph --rules`",
}  # fmt: skip
#: Settings that change neither species nor reactions.
_HARMLESS = {"version", "codename", "setModelName", "substanceUnits", "quit", "setOutputDir"}
_REFUSED = {
    "readFile": "`readFile`", "readModel": "`readModel`", "readNetwork": "`readNetwork`", "readSBML": "`readSBML`",
    "generate_hybrid_model": "`generate_hybrid_model` (hybrid particle/population models)", "bifurcate": "`bifurcate`",
    "LinearParameterSensitivity": "`LinearParameterSensitivity`", "setVolume": "`setVolume`",
}  # fmt: skip
_SIMULATIONS = {"simulate": None, "simulate_ode": "ode", "simulate_ssa": "ssa", "simulate_nf": "nf"}
_SIMULATIONS |= {"simulate_pla": "pla", "simulate_psa": "psa"}
_CHANGES = ("setConcentration", "addConcentration", "setParameter")
_STATES = ("saveConcentrations", "resetConcentrations", "saveParameters", "resetParameters")
#: Every action that is known.
KNOWN = (
    *_CHANGES, *_STATES, *_SIMULATIONS, *WRITERS, *_HARMLESS, *_REFUSED, "generate_network", "setOption",
    "parameter_scan", "simulate_protocol",
)  # fmt: skip
_OF_GENERATION = (
    "max_iter", "max_agg", "max_stoich", "overwrite", "continue", "check_iso", "prefix", "suffix", "print_iter",
    "TextSpecies", "TextReaction", "verbose", "write",
)  # fmt: skip
_OF_RUNS = (
    "method", "t_start", "t_end", "n_steps", "n_output_steps", "sample_times", "continue", "steady_state", "suffix",
    "prefix", "seed", "rtol", "atol", "sparse", "verbose", "overwrite", "print_end", "print_net", "save_progress",
    "print_CDAT", "print_functions", "print_n_species_active", "print_on_stop", "netfile", "poplevel", "pla_config",
    "pla_output", "check_product_scale", "complex", "get_final_state", "gml", "utl", "nocslf", "notf", "param",
    "binary_output", "output_step_interval", "max_sim_steps", "bdf", "stiff",
)  # fmt: skip
_NOT_OBEYED = {
    "stop_if": "`mscnet run --stop-when` ends a run on a condition",
    "argfile": "write the settings into the file itself",
    "output_step_interval": "output is at times, not after steps",
    "max_sim_steps": "`mscnet run --max-steps` bounds a run",
}
#: BioNetGen's own relative tolerance, and the least that is passed on.
DEFAULT_TOLERANCE, LEAST_TOLERANCE = 1e-8, 1e-12
#: What `mscnet` runs for each of BioNetGen's methods; an approximation is run exactly.
METHODS = {"ode": "auto", "cvode": "auto", "ssa": "ssa", "nf": "nf", "pla": "ssa", "psa": "ssa"}


@dataclass(frozen=True, slots=True)
class GenerateStep:
    limits: Limits
    span: Span


@dataclass(frozen=True, slots=True)
class ParameterStep:
    """A parameter gets another value."""

    name: str
    value: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class AmountStep:
    """A species gets another population, or `adds` to the one that it has.

    Observables and functions in `value` are those at the end of the run before.
    """

    species: Pattern
    value: Expression
    adds: bool
    span: Span


@dataclass(frozen=True, slots=True)
class StateStep:
    """Populations or values of parameters are kept under a label, or are again what they were when they were kept."""

    what: Literal["concentrations", "parameters"]
    resets: bool
    label: str
    span: Span


@dataclass(frozen=True, slots=True)
class SimulateStep:
    """A run, from the populations at which the one before it ended.  `times` are those of its output where the file
    lists them; else there are `points`, evenly spaced.

    Without a `start` it begins at 0, or where it `continues` at the time at which the one before it ended.
    """

    method: str
    start: float | None
    end: float | None
    points: int
    times: tuple[float, ...]
    continues: bool
    steady: bool
    rtol: float
    suffix: str | None
    seed: int | None
    span: Span


@dataclass(frozen=True, slots=True)
class OtherStep:
    """An action that changes nothing in a run; `instead` is what does it here."""

    name: str
    instead: str | None
    span: Span


@dataclass(frozen=True, slots=True)
class RefusedStep:
    """An action that mscnet cannot do."""

    what: str
    span: Span


Step = RefusedStep | GenerateStep | ParameterStep | AmountStep | StateStep | SimulateStep | OtherStep
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")


class StepReader:
    """Decodes the actions of a file; ``simulate_protocol`` does those of its block ``protocol``."""

    def __init__(self, values: Values, build: Build, faults: Faults, protocol: Sequence[ActionX] = ()) -> None:
        self._values, self._build, self._faults, self._protocol = values, build, faults, protocol
        #: What `setOption` sets, with its places.
        self.options: dict[str, tuple[str, Span]] = {}
        #: The name that the file gives to its model.
        self.name: str | None = None

    def read(self, rows: Iterable[ActionX]) -> Iterator[Step]:
        """The steps, each calculated with the values that parameters have when it is asked for; what is wrong is
        reported and left out."""
        for row in self._all(rows):
            try:
                step = self._step(row)
            except Fault as fault:
                self._faults.add(fault)
                continue
            if step is not None:
                yield step

    def _all(self, rows: Iterable[ActionX]) -> Iterator[ActionX]:
        """The actions, with those of the protocol where it is to be done."""
        for row in rows:
            if row.name.text == "simulate_protocol":
                yield from self._protocol
            else:
                yield row

    def _step(self, row: ActionX) -> Step | None:
        name, span = row.name.text, Span(self._values.source, row.start, row.end)
        if name in _CHANGES:
            return self._change(name, row, span)
        if name in _STATES:
            label = self._text(row.arguments[0].value) if row.arguments else "default"
            what: Any = "parameters" if name.endswith("Parameters") else "concentrations"
            return StateStep(what, name.startswith("reset"), label, span)
        if name == "generate_network":
            settings = self._settings(row)
            self._known(settings, row, _OF_GENERATION)
            return GenerateStep(self._limits(settings), span)
        if name in _SIMULATIONS:
            return self._simulate(row, span)
        if name in WRITERS:
            return OtherStep(name, WRITERS[name], span)
        if name == "setOption":
            self._options(row)
        elif name == "setModelName" and row.arguments:
            self.name = self._text(row.arguments[0].value)
        elif name == "parameter_scan":
            return OtherStep(name, "`mscnet scan`", span)
        elif name in _REFUSED:
            return RefusedStep(f"the action {_REFUSED[name]}", span)
        elif name == "simulate_protocol":
            raise Fault("E017", "a protocol does not do itself", row.start, row.end)
        elif name not in _HARMLESS:
            hint = suggest(name, KNOWN) or "the actions of BioNetGen are listed in docs/bngl.md"
            raise Fault("E010", f"there is no action `{name}`", row.name.start, row.name.end, hint)
        return None

    # --- values ---

    def _settings(self, row: ActionX) -> dict[str, ArgumentX]:
        """The settings of an action, ``{key=>value, …}``, by key."""
        found: dict[str, ArgumentX] = {}
        for one in row.arguments:
            parts = one.value.parts
            if one.key is not None:
                found[one.key.text] = one
            elif len(parts) == 1 and isinstance(parts[0], GroupX) and parts[0].bracket == "{":
                found |= self._pairs(parts[0])
            else:
                hint = f"as in `{row.name.text}({{setting=>value}})`"
                raise Fault("E017", "this is no setting of an action", one.value.start, one.value.end, hint)
        return found

    def _pairs(self, group: GroupX) -> dict[str, ArgumentX]:
        found = {}
        for one in group.arguments:
            if one.key is None:
                raise Fault("E002", "a setting is `name=>value`", one.value.start, one.value.end)
            found[one.key.text] = one
        return found

    def _text(self, value: MathX) -> str:
        """A text in quotes without them, or whatever else stands there."""
        inner = self._unquoted(value)
        return self._values.text[inner.start : inner.end]

    def _unquoted(self, value: MathX) -> MathX:
        (first, *more) = value.parts
        if not more and getattr(first, "type", "") == "STRING":
            return MathX(first.start_pos + 1, first.end_pos - 1, ())
        return value

    def _number(self, value: MathX) -> float:
        inner = self._unquoted(value)
        number = self._values.number(self._values.constant(inner))
        if not abs(number) < float("inf"):
            raise Fault("E018", "this is not a finite number", inner.start, max(inner.end, inner.start + 1))
        return number

    def _count(self, value: MathX, least: int) -> int:
        number = self._number(value)
        if number != int(number) or number < least:
            raise Fault("E027", f"this is a whole number, {least} or more", value.start, value.end)
        return int(min(number, 10**9))

    def _flag(self, settings: dict[str, ArgumentX], name: str) -> bool:
        return name in settings and self._text(settings[name].value).lower() not in ("0", "", "false", "no")

    # --- actions ---

    def _change(self, name: str, row: ActionX, span: Span) -> Step:
        if len(row.arguments) != 2:
            what = "a parameter" if name == "setParameter" else "a species"
            hint = f'as in `{name}("{"k" if name == "setParameter" else "A(b)"}",10)`'
            raise Fault("E017", f"`{name}` takes {what} and a value", row.start, row.end, hint)
        subject, value = (self._unquoted(one.value) for one in row.arguments)
        expression = self._amount(value, name)
        text = self._values.text[subject.start : subject.end].strip()
        if name == "setParameter":
            if not self._values.names.is_parameter(text):
                names = [one.name for one in self._values.parameters]
                raise Fault(
                    "E010", f"there is no parameter `{text[:40]}`", subject.start, subject.end, suggest(text, names)
                )
            return ParameterStep(text, expression, span)
        pattern = parse(self._values.text, subject.start, subject.end, "pattern", self._build)
        return AmountStep(pattern, expression, name == "addConcentration", span)

    def _amount(self, value: MathX, action: str) -> Expression:
        """An expression for a parameter or a population, which may hold observables and functions behind a run."""
        if action == "setParameter":
            expression = self._values.constant(value)
        else:
            expression = self._values.varying(value)
        if any(symbol.kind != "parameter" for symbol in symbols(expression)):
            return expression  # what it is shows when it is done
        number = self._values.number(expression)
        end = max(value.end, value.start + 1)
        if not abs(number) < float("inf"):
            raise Fault("E018", "this is not a finite number", value.start, end)
        if number < 0 and action == "setConcentration":
            raise Fault("E024", f"a population is not negative: {number:g}", value.start, end)
        return expression

    def _limits(self, settings: dict[str, ArgumentX]) -> Limits:
        def count(name: str, least: int) -> int | None:
            return self._count(settings[name].value, least) if name in settings else None

        of_type: list[tuple[str, int]] = []
        if "max_stoich" in settings:
            value = settings["max_stoich"].value
            (group, *_) = value.parts
            if not isinstance(group, GroupX):
                raise Fault("E017", "`max_stoich` is `{A=>2, B=>3}`", value.start, value.end)
            for name, one in self._pairs(group).items():
                if _IDENTIFIER.fullmatch(name) is None:
                    raise Fault("E002", f"`{name[:40]}` is not a molecule", one.value.start, one.value.end)
                text = self._text(one.value)
                if text not in ("inf", "INF", "unlimited"):
                    of_type.append((name, self._count(one.value, 0)))
        iterations = count("max_iter", 0)
        return Limits(
            iterations=DEFAULT_ITERATIONS if iterations is None else iterations,
            molecules=count("max_agg", 1),
            of_type=tuple(of_type),
        )

    def _simulate(self, row: ActionX, span: Span) -> SimulateStep:
        settings = self._settings(row)
        self._known(settings, row, _OF_RUNS)
        method = _SIMULATIONS[row.name.text]
        if method is None:
            if "method" not in settings:
                hint = 'as in `simulate({method=>"ode",t_end=>100,n_steps=>100})`'
                raise Fault("E017", "`simulate` has no method", row.start, row.end, hint)
            method = self._text(settings["method"].value)
        if method not in METHODS:
            place = settings["method"].value
            hint = suggest(method, METHODS) or "there are " + ", ".join(METHODS)
            raise Fault("E044", f"there is no method `{method[:40]}`", place.start, place.end, hint)
        if self._flag(settings, "steady_state"):
            place = settings["steady_state"].value
            message = "`steady_state` does not end a run early"
            self._faults.note("N300", message, place.start, place.end, "`mscnet run --steady` looks for steady states")
        times = self._times(settings["sample_times"].value) if "sample_times" in settings else ()
        steps = settings.get("n_steps") or settings.get("n_output_steps")
        return SimulateStep(
            method=method,
            start=self._number(settings["t_start"].value) if "t_start" in settings else None,
            end=self._number(settings["t_end"].value) if "t_end" in settings else times[-1] if times else None,
            points=1 + (self._count(steps.value, 1) if steps else 1),
            times=times,
            continues=self._flag(settings, "continue"),
            steady=self._flag(settings, "steady_state"),
            rtol=self._tolerance(settings),
            suffix=self._text(settings["suffix"].value) if "suffix" in settings else None,
            seed=self._count(settings["seed"].value, 0) if "seed" in settings else None,
            span=span,
        )

    def _tolerance(self, settings: dict[str, ArgumentX]) -> float:
        if "rtol" not in settings:
            return DEFAULT_TOLERANCE
        place = settings["rtol"].value
        value = self._number(place)
        if not 0 < value < 1:
            raise Fault("E027", "a relative tolerance is above 0 and below 1", place.start, place.end)
        return min(max(value, LEAST_TOLERANCE), 0.1)

    def _known(self, settings: dict[str, ArgumentX], row: ActionX, known: Iterable[str]) -> None:
        """Warn of settings that are unknown, or that mean something which is not done here."""
        for name, one in settings.items():
            place = one.key or one.value
            if name in _NOT_OBEYED:
                message = f"`{name}` is not obeyed: {_NOT_OBEYED[name]}"
                self._faults.warn("W306", message, place.start, one.value.end)
            elif name not in known:
                message = f"`{row.name.text}` has no setting `{name[:40]}`, which is passed over"
                self._faults.warn("W306", message, place.start, one.value.end, suggest(name, known))

    def _times(self, value: MathX) -> tuple[float, ...]:
        (group, *_) = value.parts
        if not isinstance(group, GroupX) or group.bracket != "[":
            raise Fault("E017", "times of output are a list, as in `[0,1,10]`", value.start, value.end)
        return tuple(sorted(self._number(one.value) for one in group.arguments))

    def _options(self, row: ActionX) -> None:
        """``setOption("name",value, …)``"""
        words: list[Word] = []
        for one in row.arguments:
            parts = [one.key] if one.key else []
            words += [*parts, Word(self._text(one.value), one.value.start, one.value.end)]
        if len(words) % 2:
            raise Fault("E017", "`setOption` takes names with values", row.start, row.end)
        for name, value in zip(words[::2], words[1::2], strict=True):
            self.options[name.text] = value.text, Span(self._values.source, value.start, value.end)
