"""Charts: where bars and lines stand, and a scale of round numbers."""

from __future__ import annotations

import pytest

from webadmin.pages.charts import ABOVE, BELOW, HEIGHT, LEFT, RIGHT, WIDTH, bars, lines


def test_the_greatest_bar_is_the_highest_and_nothing_leaves_the_drawing() -> None:
    drawn = bars([("jan", [(10, "10 EUR")]), ("feb", [(40, "40 EUR")]), ("mar", [(0, "nothing")])]).bars
    assert max(drawn, key=lambda bar: bar.height).label == "feb"
    assert drawn[2].height == 0
    for bar in drawn:
        assert bar.x >= LEFT
        assert bar.x + bar.width <= WIDTH - RIGHT
        assert bar.y >= ABOVE
        assert bar.y + bar.height == pytest.approx(HEIGHT - BELOW)


def test_series_stand_side_by_side() -> None:
    first, second = bars([("jan", [(10, "planned"), (12, "booked")])]).bars
    assert second.x == pytest.approx(first.x + first.width)
    assert (first.series, second.series) == (0, 1)


@pytest.mark.parametrize(
    ("most", "rungs"),
    [(0, [0, 1]), (1, [0, 0.5, 1]), (3, [0, 1, 2, 3]), (37, [0, 10, 20, 30, 40]), (0.07, [0, 0.02, 0.04, 0.06, 0.08])],
)
def test_the_scale_has_round_numbers_and_reaches_the_greatest_value(most: float, rungs: list[float]) -> None:
    assert [rung.value for rung in bars([("", [(most, "")])]).rungs] == rungs


def test_a_line_goes_from_edge_to_edge_and_leaves_out_what_is_unknown() -> None:
    [line] = lines([[(0, 0.0), (5, None), (10, 4.0)]], 0, 10).lines
    assert line == f"{LEFT:.1f},{HEIGHT - BELOW:.1f} {WIDTH - RIGHT:.1f},{ABOVE:.1f}"


def test_of_many_labels_only_some_are_written() -> None:
    assert len(bars([(str(day), [(1, "")]) for day in range(31)]).below) <= 12
