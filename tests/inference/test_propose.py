"""`propose`: sets of elementary reactions that explain data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import mscnet
from mscnet import kernels
from mscnet.inference.objective import build_objective
from mscnet.inference.proposals import Proposals
from mscnet.inference.set_record import NAME
from tests.inference.known import Known

pytestmark = pytest.mark.skipif(kernels.core() is None, reason="hundreds of fits take minutes without kernels")

CHAIN = Known(
    "chain", {"A": "X2", "B": "X2", "M": "X"}, ("A -> B @ 0.3", "B -> 2 M @ 0.15"), ({"A": 1.0}, {"B": 1.0, "M": 0.5})
)
#: Where it is read as known, the error of every value.
ERROR = 0.02


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return CHAIN.write(tmp_path_factory.mktemp("chain"), seed=3)


@pytest.fixture(scope="module")
def found(file: Path) -> Proposals:
    return mscnet.propose(mscnet.load(str(file)))


def code_of(mechanism: mscnet.Mechanism, **options: object) -> str:
    with pytest.raises(mscnet.MechanismError) as raised:
        mscnet.propose(mechanism, **options)  # type: ignore[arg-type]
    return raised.value.diagnostics[0].code


def with_text(file: Path, text: str) -> mscnet.Mechanism:
    """The file with more text, beside it, so that it finds the data."""
    path = file.parent / "more.mech"
    path.write_text(file.read_text() + text)
    return mscnet.load(str(path))


def test_the_true_steps_come_first(found: Proposals) -> None:
    assert set(found[0].reactions) == CHAIN.reactions


def test_constants_are_those_that_made_the_data(found: Proposals) -> None:
    constants = {r.equation: k for r, k in zip(found[0].reactions, found[0].constants, strict=True)}
    assert constants == pytest.approx({"A -> B": 0.3, "B -> 2 M": 0.15}, rel=0.03)


def test_weights_are_those_of_the_criterion(found: Proposals) -> None:
    first, second = found[0], found[1]
    assert second.weight / first.weight == pytest.approx(np.exp(-0.5 * (second.score - first.score)))


def test_a_proposal_can_be_pasted_into_the_file(found: Proposals, file: Path) -> None:
    pasted = with_text(file, found.text(found[0]))
    (end,) = (mscnet.perform(m, "e0").conditions[0].series["M"].values[-1] for m in (pasted,))
    assert end == pytest.approx(
        mscnet.perform(found.mechanism(found[0]), "e0").conditions[0].series["M"].values[-1], rel=1e-4
    )


def test_threads_change_nothing(found: Proposals, file: Path) -> None:
    again = mscnet.propose(mscnet.load(str(file)), jobs=2)
    assert [(p.reactions, p.constants) for p in again.proposals] == [
        (p.reactions, p.constants) for p in found.proposals
    ]


def test_pathways_of_the_file_are_ranked(file: Path) -> None:
    text = "pathway right { A -> B @ p1 ; B -> 2 M @ p2 }\npathway wrong { A -> 2 M @ p3 }\n"
    found = mscnet.propose(with_text(file, text))
    right, wrong = found.pathways
    assert (found[0].pathway, right.rank, wrong.difference > 10) == ("right", 1, True)


@pytest.fixture(scope="module")
def beside_a_step(file: Path) -> Proposals:
    """What is found beside a step that the file has."""
    return mscnet.propose(with_text(file, "parameter q = 0.2 /min in 0.01 .. 10 log\nA -> B @ q\n"))


def test_common_steps_are_kept(beside_a_step: Proposals) -> None:
    assert [r.equation for r in beside_a_step[0].reactions] == ["B -> 2 M"]


def test_parameters_of_kept_steps_are_fitted(beside_a_step: Proposals) -> None:
    assert dict(beside_a_step[0].others)["q"] == pytest.approx(0.3, rel=0.03)


def test_from_scratch_reopens_them(file: Path) -> None:
    mechanism = with_text(file, "parameter q = 0.2 /min in 0.01 .. 10 log\nA -> B @ q\n")
    assert set(mscnet.propose(mechanism, from_scratch=True)[0].reactions) == CHAIN.reactions


def test_one_species_need_not_be_seen(tmp_path: Path) -> None:
    file = CHAIN.write(tmp_path, seed=3, seen=("A", "M"))
    assert set(mscnet.propose(mscnet.load(str(file)))[0].reactions) == CHAIN.reactions


@pytest.mark.slow
def test_courses_that_do_not_follow_from_what_is_seen(tmp_path: Path) -> None:
    # of three isomers one is read, so that what is in the others is open
    known = Known("unseen", {"A": "X", "B": "X", "C": "X"}, ("A -> B @ 0.4", "B -> C @ 0.15"),
                  ({"A": 1.0}, {"B": 1.0}))  # fmt: skip
    file = known.write(tmp_path, seed=1, seen=("C",))
    found = mscnet.propose(mscnet.load(str(file)), fits=150)
    assert known.reactions in [set(p.reactions) for p in found.proposals[:3]]


def test_what_does_the_same_is_told_as_a_tie(tmp_path: Path) -> None:
    # nobody looks at B or C, which are alike in all but name
    known = Known("alike", {"A": "X", "B": "X", "C": "X"}, ("A -> B @ 0.3",), ({"A": 1.0},))
    found = mscnet.propose(mscnet.load(str(known.write(tmp_path, seed=1, seen=("A",)))), fits=100)
    first = {p.reactions[0].equation: p for p in found.proposals if len(p.reactions) == 1}
    assert first["A -> B"].rank in first["A -> C"].ties


def test_the_likelihood_is_that_of_the_objective(tmp_path: Path) -> None:
    file = CHAIN.write(tmp_path, seed=3)
    file.write_text(file.read_text().replace('.csv"', f'.csv" {{ error = {ERROR} mM }}'))
    found = mscnet.propose(mscnet.load(str(file)))
    model = found.mechanism(found[0])
    objective = build_objective(model)
    theta = np.array([p.to_search(model.value_of(p.name)) for p in objective.parameters])
    residuals = objective.residuals(theta)
    assert found[0].log_likelihood == pytest.approx(objective.constant - 0.5 * residuals @ residuals, abs=1e-2)


# --- records ---------------------------------------------------------------------------------------
@pytest.mark.slow
def test_a_search_that_was_cut_off_goes_on_to_the_same_end(found: Proposals, file: Path, tmp_path: Path) -> None:
    mechanism = mscnet.load(str(file))
    mscnet.propose(mechanism, folder=tmp_path)
    record = tmp_path / NAME
    record.write_bytes(record.read_bytes()[: record.stat().st_size // 2])  # in the midst of a line
    again = mscnet.propose(mechanism, folder=tmp_path, resume=True)
    assert [(p.reactions, p.constants, p.score) for p in again.proposals] == [
        (p.reactions, p.constants, p.score) for p in found.proposals
    ]


def test_a_record_of_another_search_is_refused(file: Path, tmp_path: Path) -> None:
    mechanism = mscnet.load(str(file))
    mscnet.propose(mechanism, folder=tmp_path, fits=5)
    assert code_of(mechanism, folder=tmp_path, resume=True, criterion="bic") == "E148"


def test_some_other_file_is_no_record(file: Path, tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("shopping list\n")
    assert code_of(mscnet.load(str(file)), folder=tmp_path, resume=True) == "E148"


def test_an_interruption_keeps_what_was_found(file: Path) -> None:
    def stop(done: float, count: int, best: float) -> None:
        if count == 20:
            raise KeyboardInterrupt

    found = mscnet.propose(mscnet.load(str(file)), progress=stop)
    assert (found.interrupted, found.fits, len(found) > 0) == (True, 20, True)


# --- what cannot be --------------------------------------------------------------------------------


def test_nothing_to_explain_is_an_error() -> None:
    mechanism = mscnet.check_text(CHAIN.declared + CHAIN.bench()).mechanism
    assert mechanism is not None
    assert code_of(mechanism) == "E148"


def test_species_without_compositions_are_an_error(file: Path) -> None:
    path = file.parent / "bare.mech"
    path.write_text(file.read_text().replace(" of X2", "").replace(" of X", ""))
    assert code_of(mscnet.load(str(path))) == "E147"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"keep": ("step9",)}, "E010"),
        ({"factor": "nothing"}, "E010"),
        ({"criterion": "dic"}, "E148"),
        ({"largest": 0}, "E148"),
        ({"species": ("A", "Z")}, "E010"),
        ({"keep": ("r1",), "from_scratch": True}, "E148"),
    ],
)
def test_settings_that_make_no_sense(file: Path, options: dict[str, object], code: str) -> None:
    assert code_of(mscnet.load(str(file)), **options) == code
