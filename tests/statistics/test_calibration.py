"""Intervals, verdicts and noise floors do what they promise, by 200 simulations of each: the quick calibration.

`python -m benchmarks.calibration` tries more cases, 2,000 times each. A promise fails here where so many misses have a
chance of less than 1e-6 if it is kept.
"""

import json

import pytest

from benchmarks.calibration.__main__ import numbers, plot, write
from benchmarks.calibration.figures import Figure, coverage, error, floor, power, work
from benchmarks.calibration.intervals import CASES, FLOORS
from benchmarks.calibration.verdicts import NULLS, POWERS
from harness.report import calibration
from harness.verdicts.intervals import clopper_pearson

SIMULATIONS = 200
FALSE_ALARM = 2e-6

# A case of every interval; those that take longest are left to the thorough run.
COVERED = {
    "proportion 0.5 of 200",
    "proportion 0.02 of 200",
    "ln evidence, 5 runs, spread 0.3",
    "ln evidence, 30 runs, spread 0.6",
    "χ²-divergence 0",
    "χ²-divergence in a rare outcome",
    "slope of proportions",
    "intercept of proportions",
    "exponent of a power law",
    "squared MMD, zipf against itself",
    "bias explained, geometric by zipf",
    "bias explained by 6 runs, zipf",
    "bias explained by hidden draws, geometric",
    "nearness of zipf to itself or geometric",
    "total variation, near-uniform against itself",
    "mass within ten-fold, geometric by zipf",
    "rank agreement, geometric with zipf",
    "variance over rows",
    "variance over columns, none",
    "rows' share of variance",
    "test error, large in one network of a hundred",
    "test error of 8 runs of unequal weight",
    "advantage of training, 16 runs",
    "bias explained, posterior split in two",
    "share under the simplicity bound",
    "share far below the simplicity bound",
    "mean complexity, narrow",
    "rank correlation of P with K",
    "rank correlation of P with K, none",
    "log2 of a share of 0.02",
    "bits below the simplicity bound",
    "bits above the entropy class",
    "P(S) by 200 hidden draws",
    "P(S) by 4,000 hidden draws of which few keep any",
    "ln P(S) by annealing, 4 runs, spread 0.3",
    "ln P(S) by annealing, 16 runs, spread 1.5",
    "ln P(S) of two points by annealing",
    "ln P(S) by EP less that of the orthant",
    "PAC-Bayes bound less test error",
    "test error where all training points are right",
    "nearness at the best temperature, none of them",
    "mean of a statistic, 60 networks",
    "shift of a statistic",
    "shift of a statistic by 16 runs",
    "trained less sampled statistic",
    "difference within bins",
    "trained less sampled error at equal margins",
    "gain in ln evidence by transfer",
    "gain in test error by transfer, opposed",
    "least width, steep",
    "ln compression",
    "ln distance to the linearisation, 32 networks",
    "measured error over theory, 30 training sets",
    "distance of one-point posteriors",
    "relative distance of hidden draws alike, zipf",
    "ln P(f|S) over 8 training sets",
    "own volume less that of the nearest of 5, 8 training sets",
    "typicality of the posterior's own draws, 8 training sets",
}
# A null of every kind of prediction.
TRIED = {
    "at least, truth just below",
    "at most, truth just above",
    "within, truth just outside",
    "within a hair, truth at its centre",
    "increasing, no slope",
    "decreasing, no slope",
    "power law, truth just outside",
    "exact distribution, it is that one",
    "bias explained equal, truth just outside",
    "a claim of two cells that share an estimate between their bounds",
    "a claim of ten cells with samples of their own",
}


def named(items, names):
    chosen = [item for item in items if item.name in names]
    assert len(chosen) == len(names)
    return chosen


def interval(figure):
    return clopper_pearson(round(figure.measured * figure.simulations), figure.simulations, FALSE_ALARM)


@pytest.mark.parametrize("case", named(CASES, COVERED), ids=lambda case: case.name)
def test_coverage(case):
    for figure in coverage(case, SIMULATIONS):
        low, high = interval(figure)
        assert high >= figure.nominal if figure.kind == "coverage" else low <= figure.nominal, figure


@pytest.mark.parametrize("scene", named(NULLS, TRIED), ids=lambda scene: scene.name)
def test_error_with_the_looks_that_claims_use(scene):
    (figure,) = error(scene, SIMULATIONS)
    assert interval(figure)[0] <= figure.nominal, figure


@pytest.mark.parametrize(("scene", "least"), list(zip(POWERS, [0.9, 0.4, 0.8, 0.9, 0.8, 0.9, 0.8, 0.9], strict=True)))
def test_power_at_a_stated_effect(scene, least):
    (figure,) = power(scene, SIMULATIONS)
    assert interval(figure)[1] >= least, figure
    assert figure.nominal is None


@pytest.mark.parametrize(("case", "moment"), FLOORS, ids=[case.name for case, _ in FLOORS])
def test_noise_floor(case, moment):
    (figure,) = floor(case, moment, SIMULATIONS)
    assert figure.low <= 1 <= figure.high, figure


def test_a_figure_says_whether_its_promise_was_kept():
    def figure(kind, nominal, measured, low, high):
        return Figure(kind, "given", "draw", nominal, measured, low, high, 2000)

    assert figure("coverage", 0.95, 0.94, 0.93, 0.96).note == "as promised"
    assert not figure("coverage", 0.95, 0.9, 0.88, 0.92).holds
    assert figure("coverage", 0.95, 0.99, 0.98, 1.0).note == "conservative: errs 0.01 of the time where 0.05 would do"
    assert not figure("error", 0.05, 0.09, 0.07, 0.11).holds
    assert figure("error", 0.05, 0.02, 0.01, 0.03).note == "conservative: errs 0.02 of the time where 0.05 would do"
    assert not figure("floor", 1.0, 1.2, 1.1, 1.3).holds
    assert figure("floor", 1.0, 0.99, 0.9, 1.1).note == "as promised"
    assert figure("power", None, 0.2, 0.1, 0.3).holds


def test_the_file_is_what_the_report_reads_and_the_plot_stands_beside_it(tmp_path):
    case = next(case for case in CASES if case.name == "proportion 0.5 of 200")
    scene = next(scene for scene in NULLS if scene.name == "at least, truth just below")
    figures = [*coverage(case, 10), *error(scene, 10), *power(POWERS[0], 10), *floor(*FLOORS[0], 10)]
    path = tmp_path / "calibration.json"
    write(figures, path)
    plot(path)
    assert {row["name"] for group in calibration.read(path) for row in group["rows"]} == {
        figure.name for figure in figures if figure.kind in ("coverage", "error", "power")
    }
    assert json.loads(path.read_text())["noise_floors"][0]["name"] == FLOORS[0][0].name
    assert (tmp_path / "calibration.svg").read_text().startswith("<svg")
    assert (tmp_path / "calibration.png").stat().st_size > 1000


def test_cases_are_renewed_in_a_file_and_say_which_run_they_are_of(tmp_path):
    first, second = (next(case for case in CASES if case.name == f"proportion {p} of 200") for p in ("0.5", "0.02"))
    path = tmp_path / "calibration.json"
    write([*coverage(first, 10), *coverage(second, 10)], path)
    before = json.loads(path.read_text())
    write(coverage(second, 20), path, renewed=True)
    after = json.loads(path.read_text())
    assert [run["simulations"] for run in after["runs"]] == [10, 20]
    for part, each in (("rows", 3), ("ends", 6)):
        assert after[part][:each] == before[part][:each]
        assert [row["name"] for row in after[part]] == [row["name"] for row in before[part]]
        assert {(row["simulations"], row["run"]) for row in after[part][each:]} == {(20, 1)}
    # Of a run whose rows are all renewed nothing is left.
    write([*coverage(first, 30), *coverage(second, 30)], path, renewed=True)
    assert [run["simulations"] for run in json.loads(path.read_text())["runs"]] == [30]


def test_pieces_of_the_work_are_chosen_by_a_word():
    chosen = [work(1)[i].name for i in numbers("proportion 0.")]
    assert chosen == ["proportion 0.5 of 200", "proportion 0.02 of 200"]
    assert len(numbers(None)) == len(CASES) + len(NULLS) + len(POWERS) + len(FLOORS)
    assert numbers("no such name") == []


def test_the_same_simulations_whoever_runs_them():
    case = CASES[0]
    assert coverage(case, 20) == coverage(case, 20)
