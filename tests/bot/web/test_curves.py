from __future__ import annotations

import math
import re

from hypothesis import given
from hypothesis import strategies as st

from bot.channels.web.curves import MAX_CHARTS, MAX_POINTS, curves, figure
from runner.job import Fit

FIGURES = st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False))
HISTORIES = st.dictionaries(st.text(max_size=12), st.lists(FIGURES, max_size=60), max_size=8)


def drawn(**history):
    epochs = max(map(len, history.values()))
    return curves(Fit(epochs, history))


def test_training_and_validation_share_a_chart_and_losses_come_first():
    result = drawn(accuracy=[0.5, 0.6], loss=[2.0, 1.0], val_accuracy=[0.4, 0.5], val_loss=[2.1, 1.2])
    assert [chart.metric for chart in result.charts] == ["loss", "accuracy"]
    assert [line.label for line in result.charts[0].series] == ["loss", "val_loss"]


def test_a_falling_loss_is_drawn_falling():
    (chart,) = drawn(loss=[3.0, 2.0, 1.0]).charts
    heights = [y for _, y in chart.series[0].dots]
    assert heights == sorted(heights)
    assert heights[0] < heights[-1]


def test_a_figure_that_is_not_finite_leaves_a_gap():
    (chart,) = drawn(loss=[1.0, 0.9, None, 0.7, 0.6]).charts
    assert chart.series[0].path.count("M") == 2


def test_a_metric_without_any_finite_figure_has_no_chart():
    assert drawn(loss=[None, None]).charts == ()


def test_many_epochs_are_thinned_and_the_last_one_stays():
    (chart,) = drawn(loss=[1.0 / (i + 1) for i in range(5000)]).charts
    assert chart.series[0].path.count("L") <= MAX_POINTS + 1
    assert chart.series[0].last == "2.00e-04"


def test_more_metrics_than_charts_are_counted():
    result = curves(Fit(1, {f"metric_{i}": [1.0] for i in range(MAX_CHARTS + 3)}))
    assert len(result.charts) == MAX_CHARTS
    assert result.left_out == 3


@given(HISTORIES)
def test_any_history_stays_inside_its_picture(history):
    for chart in curves(Fit(1, history)).charts:
        assert 1 <= len(chart.y_ticks) <= 8
        numbers = [float(n) for line in chart.series for n in re.findall(r"-?[\d.]+(?:e[+-]?\d+)?", line.path)]
        assert all(0 <= n <= max(chart.width, chart.height) for n in numbers)
        assert all(0 <= y <= chart.height for y, _ in chart.y_ticks)


def test_figures_are_short_whatever_their_size():
    assert figure(0.123456) == "0.1235"
    assert figure(0) == "0"
    assert figure(123456789.0) == "1.23e+08"
    assert figure(None) == figure(math.nan) == "not finite"
