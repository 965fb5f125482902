"""Output times: from arguments, from the file's options, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import mscnet
from mscnet.simulation.grid import output_times

DECAY = "units time = min, concentration = mM; species A = 1; A -> B @ 0.1"


def times(text: str = DECAY, *arguments: object, **settings: object) -> np.ndarray:
    return output_times(mscnet.loads(text), *arguments, **settings)[1]


def refusal(text: str = DECAY, *arguments: object, **settings: object) -> tuple[str, str]:
    """Code and message of the one error."""
    with pytest.raises(mscnet.MechanismError) as caught:
        mscnet.simulate(mscnet.loads(text), *arguments, **settings)
    (diagnostic,) = caught.value.diagnostics
    return diagnostic.code, diagnostic.message


def test_points_include_both_ends() -> None:
    np.testing.assert_array_equal(times(DECAY, 10, points=5), [0, 2.5, 5, 7.5, 10])


def test_every_keeps_the_end_even_if_it_is_off_the_grid() -> None:
    np.testing.assert_array_equal(times(DECAY, 10, every=4), [0, 4, 8, 10])


def test_every_that_divides_the_span_only_up_to_rounding() -> None:
    grid = times(DECAY, 240, every=0.1)
    assert (len(grid), grid[-1]) == (2401, 240)


def test_explicit_times_are_taken_as_they_are() -> None:
    np.testing.assert_array_equal(times(DECAY, times=[0.5, 1, 7]), [0.5, 1, 7])


def test_start_and_end_with_units() -> None:
    np.testing.assert_allclose(times(DECAY, "2 h", start="60 s", points=2), [1, 120])


def test_every_with_a_unit() -> None:
    np.testing.assert_allclose(times(DECAY, "1 h", every="1200 s"), [0, 20, 40, 60])


def test_options_of_the_file_are_the_defaults() -> None:
    np.testing.assert_allclose(times(DECAY + "\noption t_end = 2 h, points = 3"), [0, 60, 120])


def test_option_every() -> None:
    np.testing.assert_allclose(times(DECAY + "\noption t_end = 1 h, every = 20 min"), [0, 20, 40, 60])


def test_an_argument_beats_the_option_of_the_other_kind() -> None:
    assert len(times(DECAY + "\noption t_end = 1 h, every = 20 min", points=7)) == 7


def test_default_number_of_points() -> None:
    assert len(times(DECAY, 10)) == 201


def test_run_from_a_later_start() -> None:
    """Time-dependent laws see the true time."""
    text = "parameter k = 2; parameter w = 1; species A = 0; 0 -> A rate k*(w*t)"
    run = mscnet.simulate(mscnet.loads(text), 3, start=1, points=3)
    np.testing.assert_allclose(run["A"], run.time**2 - 1, rtol=1e-6, atol=1e-9)


def test_output_is_the_same_whatever_times_are_asked_for() -> None:
    mechanism = mscnet.loads(DECAY)
    fine = mscnet.simulate(mechanism, 50, points=501)["A"][::100]
    np.testing.assert_allclose(mscnet.simulate(mechanism, 50, points=6)["A"], fine, rtol=1e-12)


@pytest.mark.parametrize(
    ("settings", "code", "part"),
    [
        ({"t_end": 0}, "E043", "not after its start"),
        ({"t_end": 5, "start": 6}, "E043", "not after its start"),
        ({"t_end": float("nan")}, "E043", "not a finite time"),
        ({"t_end": "5 mM"}, "E020", "is a time, not concentration"),
        ({"t_end": "soon"}, "E012", "is not a number"),
        ({}, "E040", "no end"),
        ({"t_end": 5, "points": 1}, "E043", "from 2 to"),
        ({"t_end": 5, "points": 10_000_001}, "E043", "from 2 to"),
        ({"t_end": 5, "points": 2.5}, "E043", "whole number"),
        ({"t_end": 5, "every": 0}, "E043", "above 0"),
        ({"t_end": 5, "every": 1e-9}, "E043", "output times; at most"),
        ({"t_end": 5, "every": 1, "points": 3}, "E043", "one of points, every and times"),
        ({"times": [1, 1, 2]}, "E043", "do not increase"),
        ({"times": [1, float("inf")]}, "E043", "finite times"),
        ({"times": [-1, 2]}, "E043", "before the start"),
        ({"times": [0]}, "E043", "only output time is the start"),
        ({"times": [1, 9], "t_end": 5}, "E043", "after the end"),
        ({"times": []}, "E043", "list of finite times"),
        ({"t_end": 5, "rtol": 0}, "E045", "relative tolerance"),
        ({"t_end": 5, "atol": -1}, "E045", "above 0"),
        ({"t_end": 5, "atol": [1, 2, 3]}, "E045", "3 values for 2 species"),
        ({"t_end": 5, "atol": {"X": 1}}, "E010", "no species `X`"),
        ({"t_end": 5, "max_steps": 0}, "E045", "max_steps"),
        ({"t_end": 5, "method": "bfd"}, "E044", "no method `bfd`"),
        ({"t_end": 5, "method": "tau"}, "E090", "not there yet"),
    ],
)
def test_settings_that_make_no_sense(settings: dict[str, object], code: str, part: str) -> None:
    found, message = refusal(**settings)
    assert found == code
    assert part in message


def test_misspelt_method_gets_a_suggestion() -> None:
    with pytest.raises(mscnet.MechanismError, match="did you mean `bdf`"):
        mscnet.simulate(mscnet.loads(DECAY), 5, method="bfd")


def test_more_numbers_than_memory_are_refused() -> None:
    text = "\n".join(f"S{i} -> S{i + 1} @ 1" for i in range(100))
    assert refusal(text, 1, points=9_000_000)[0] == "E043"


# --- values that are missing ------------------------------------------------------------------------


def test_missing_parameters_are_all_named_with_the_remedy() -> None:
    with pytest.raises(mscnet.MechanismError) as caught:
        mscnet.simulate(mscnet.loads("A <-> B @ kf, kr"), 5)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "E040"
    assert "`kf`, `kr`" in diagnostic.message
    assert "--set kf=…" in (diagnostic.hint or "")


def test_negative_initial_concentration_of_a_parameter() -> None:
    text = "parameter a = 1; species A = a - 2; A -> B @ 1"
    code, message = refusal(text, 5)
    assert code == "E041"
    assert "`A` is negative" in message


def test_explicit_times_may_carry_units() -> None:
    np.testing.assert_allclose(times(DECAY, times=["0 s", "90 s", 2]), [0, 1.5, 2])


@pytest.mark.parametrize("wrong", [["0 s", None], "1 min", [[0], [1, 2]]])
def test_times_that_are_no_list_of_times(wrong: object) -> None:
    assert refusal(DECAY, times=wrong)[0] == "E043"


def test_a_path_in_place_of_a_mechanism() -> None:
    with pytest.raises(TypeError, match=r"mscnet\.load"):
        mscnet.simulate("decay.mech")  # type: ignore[arg-type]
