"""What was seen at the bench: bands, instrument, data files and facts, added to a mechanism that has the rest."""

from __future__ import annotations

from mscnet.language.declare import Declarations
from mscnet.language.resolve import Resolver
from mscnet.language.scope import Reporter
from mscnet.language.syntax import BenchX
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import replace


def with_observations(mechanism: Mechanism, found: Declarations, resolver: Resolver, report: Reporter) -> Mechanism:
    """The mechanism with its bands, instrument, data files and facts; a file without any is given back as it is."""
    kinds = {statement.kind for statement in found.seen}
    if kinds & {"band", "instrument"}:
        from mscnet.language.optics import OpticsReader

        reader = OpticsReader(found, resolver, report)
        mechanism = replace(mechanism, bands=tuple(reader.bands()), instrument=reader.instrument())
    if kinds & {"data", "expect"}:
        mechanism = _with_facts(mechanism, found, resolver, report)
    return mechanism


def _with_facts(mechanism: Mechanism, found: Declarations, resolver: Resolver, report: Reporter) -> Mechanism:
    from mscnet.language.data_files import DataReader
    from mscnet.language.facts import FactReader
    from mscnet.language.lookup import Experiments

    known = (*mechanism.experiments, *found.imported_experiments)
    experiments = Experiments(known, _declared_experiments(found), report)
    with_bands = [s.name.name for s in found.seen if s.kind == "band" and s.name is not None]
    with_bands += [band.species for part in found.parts for band in part.mechanism.bands]
    reactions = (*mechanism.reactions, *(r for part in found.parts for r in part.mechanism.reactions))
    steps = [name for r in reactions for name in (r.label, r.name) if name is not None]
    return replace(
        mechanism,
        data_files=tuple(DataReader(found, resolver, report, experiments).read()),
        facts=tuple(FactReader(found, report, experiments, with_bands, dict.fromkeys(steps)).read()),
    )


def _declared_experiments(found: Declarations) -> list[str]:
    """Experiments that the text has, those with errors too, about which no more is said."""
    statements = (statement for statement, _ in found.statements)
    return [s.name.name for s in statements if isinstance(s, BenchX) and s.kind == "experiment"]
