"""The law of growth: what is bounded is said to be so only when its plateau was seen."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from h2proof.oracle.growth import driven, law

SIZES = [2**power for power in range(1, 11)]


def series(value: "object", sizes: list[int] = SIZES) -> list[tuple[int, int]]:
    assert callable(value)
    return [(size, value(size)) for size in sizes]


@given(st.integers(0, 10_000))
def test_what_never_changes_is_constant(value: int) -> None:
    assert ("constant", value) == (
        law(series(lambda _: value)).law,
        law([(1, value), (2, value)]).bound,
    )


@pytest.mark.parametrize("size", [4, 64, 256])
def test_a_cache_is_bounded_by_its_size(size: int) -> None:
    found = law(series(lambda n: min(n, size)))

    assert ("bounded", size, False) == (found.law, found.bound, found.grows)
    assert str(found) == f"bounded by {size}, reached at {size}, tried to 1024"


def test_a_cache_larger_than_all_sizes_is_linear_up_to_the_largest() -> None:
    found = law(series(lambda n: min(n, 4096)))

    assert "linear up to 1024, slope 1" == str(found)


def test_a_plateau_of_one_doubling_is_not_believed() -> None:
    assert law(series(lambda n: min(n, 512))).grows


@given(st.integers(1, 50), st.integers(0, 1000))
def test_a_line_is_found_with_its_slope_whatever_it_starts_with(slope: int, start: int) -> None:
    found = law(series(lambda n: start + slope * n))

    assert ("linear", Fraction(slope)) == (found.law, found.slope)


def test_a_slope_may_be_a_part_of_one() -> None:
    assert Fraction(1, 2) == law(series(lambda n: n // 2)).slope


def test_a_square_is_faster_than_linear() -> None:
    assert "faster" == law(series(lambda n: n * n)).law


def test_a_quantity_that_wavers_below_its_peak_is_bounded_by_it() -> None:
    assert "bounded by 9, reached at 4, tried to 64" == str(
        law([(2, 3), (4, 9), (8, 4), (16, 7), (32, 9), (64, 5)])
    )


@given(st.lists(st.integers(0, 100), min_size=4, max_size=10))
def test_nothing_is_called_bounded_that_rose_in_the_last_two_doublings(values: list[int]) -> None:
    found = law([(2**place, value) for place, value in enumerate(values)])

    if max(values[-2:]) > max(values[:-2]):
        assert found.grows
    else:
        assert not found.grows


def test_the_load_drives_before_the_peer_does() -> None:
    axes = {"requests": "load", "resets": "peer"}
    line, flat = series(lambda n: n), series(lambda _: 3)

    by_load = driven({"requests": line, "resets": line}, axes)  # type: ignore[arg-type]
    by_peer = driven({"requests": flat, "resets": line}, axes)  # type: ignore[arg-type]
    by_none = driven({"requests": flat, "resets": flat}, axes)  # type: ignore[arg-type]

    assert ("requests", False) == (by_load.axis, by_load.by_peer)
    assert "driven by the peer: linear up to 1024, slope 1 against resets" == str(by_peer)
    assert by_none.axis is None


@pytest.mark.parametrize("bad", [[], [(1, 1)], [(2, 1), (2, 2)], [(4, 1), (2, 1)]])
def test_too_few_or_unordered_measurements_are_refused(bad: list[tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match="rising sizes"):
        law(bad)
