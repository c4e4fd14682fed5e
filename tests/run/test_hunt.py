"""Hunts: what chooses never judges, the error is that of all that was tried, what is planted is found and shrunk."""

import json
import re
from math import inf, isnan, nan
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern

from benchmarks.hunt import SPACE, Planted, Sets, false_alarms, hunted, mean, planted
from harness.__main__ import main
from harness.claim import Question, Space, claim, over
from harness.run.hunt import search as searching
from harness.run.hunt.cells import FARTHEST, Cells, run_seed, score
from harness.run.hunt.hunt import Confirmation, Hunt, hunt, level_of
from harness.run.hunt.map import Map, draw_map, share_explained
from harness.run.hunt.page import markdown
from harness.run.hunt.search import Probe, at_random, by_gaussian_process
from harness.run.hunt.shrink import shrink
from harness.run.hunt.targets import targets
from harness.run.judging import Judged
from harness.verdicts import Estimate, Looks, Verdict, at_least, at_most, exactly, within
from harness.verdicts.intervals import proportion, student

SQUARE = Space({"a": (1, 2, 3, 4), "b": (1, 2, 3, 4, 5, 6), "word": ("x", "y", "z")})


def estimate(value, error):
    return Estimate("q", value, student(value, error, 1e6), 8, "sets", 8.0, "known")


def cells(truth, budget=1e6, space=SQUARE, seeds=None):
    """A claim of a number at least 0, which is known exactly; notes the seeds of all labs."""

    def ask(lab, **values):
        lab.draws(space.point(values), 1.0)
        return exactly(truth(space.point(values)), quantity="q", n=1, unit="numbers")

    def labs(seed):
        (seeds if seeds is not None else []).append(seed)
        return Sets(seed)

    question = Question("toy", "empirical", "q", at_least(0.0, because="x"), {}, lambda **_: None)
    return Cells(question, ask, space, labs, "toy", budget)


def test_scores_are_standard_errors_outside_the_region():
    region = within(1.0, 0.5, because="x")
    assert score(region, estimate(2.0, 0.25)) == pytest.approx(2.0, abs=0.01)
    assert score(region, estimate(0.25, 0.25)) == pytest.approx(1.0, abs=0.01)
    assert score(region, estimate(1.2, 0.1)) == pytest.approx(-3.0, abs=0.01)
    assert score(at_most(1.0, because="x"), estimate(1.5, 0.5)) == pytest.approx(1.0, abs=0.01)
    assert score(at_least(0.0, because="x"), exactly(-1e-9, quantity="q", n=1, unit="u")) == FARTHEST
    assert score(at_least(0.0, because="x"), exactly(1e-9, quantity="q", n=1, unit="u")) == -FARTHEST
    assert score(at_least(0.0, because="x"), exactly(0.0, quantity="q", n=1, unit="u")) == 0
    assert isnan(score(region, None))
    assert isnan(score(region, estimate(nan, 1.0)))


def test_the_error_goes_on_bounds_side():
    skewed = Estimate("q", -1.0, lambda _: (-9.0, -0.5), 8, "sets", 8.0, "known")
    assert score(at_least(0.0, because="x"), skewed) == 2
    assert score(at_most(-2.0, because="x"), skewed) == 1 / 8


def test_levels_of_any_number_of_confirmations_sum_to_alpha():
    assert [level_of(k, 0.06) for k in (1, 2, 3)] == pytest.approx([0.03, 0.01, 0.005])
    assert sum(level_of(k, 0.05) for k in range(1, 10_000)) == pytest.approx(0.05, rel=2e-4)


def test_every_stage_has_a_seed_of_its_own_beyond_those_of_runs():
    stages = [("h", "search", 0), ("h", "shrinking 0", 1), ("h", "shrinking 1", 0), ("h", "confirmation", 1)]
    found = {run_seed(*stage) for stage in stages}
    assert len(found) == len(stages)
    assert all(2**60 <= seed < 2**61 for seed in found)
    seeds: list[int] = []
    asked = cells(lambda point: 1 - point[0] - point[1], seeds=seeds)
    found = hunt(asked, at_random(SQUARE, np.random.default_rng(0)), 0.05, 4)
    assert found.counterexample.point == (0, 2, 0)
    search, drawn = seeds[: len(found.probes)], len(found.map.cells)
    judged = seeds[len(found.probes) : -drawn]
    assert set(search) == {search[0]}
    assert len(judged) == len(found.steps) + 1 == len(set(judged))
    assert not {*search, seeds[-1]} & set(judged)


def test_a_failure_is_shrunk_to_the_simplest_that_fails():
    def truth(point):
        return -1.0 if point[0] >= 1 and point[1] >= 4 and point[2] > 0 else 1.0

    point, steps = shrink(cells(truth), (3, 5, 2), 4, 0, inf)
    assert point == (1, 4, 1)
    assert all(step.fails == (truth(step.point) < 0) for step in steps)
    assert len({step.point for step in steps}) == len(steps)
    assert shrink(cells(truth), (0, 0, 0), 4, 0, inf)[0] is None
    # Without a budget only the start is judged.
    point, steps = shrink(cells(truth), (3, 5, 2), 4, 0, 0.0)
    assert (point, len(steps)) == ((3, 5, 2), 1)


def test_shrinking_ends_where_no_step_on_an_axis_fails_brute_force():
    rng = np.random.default_rng(20261130)
    for _ in range(30):
        fails = rng.random(SQUARE.lengths) < 0.5
        fails[3, 5, 2] = True
        point, _ = shrink(cells(lambda at, fails=fails: -1.0 if fails[at] else 1.0), (3, 5, 2), 4, 0, inf)
        assert fails[point]
        for axis, rank in enumerate(point):
            if rank:
                simpler = (*point[:axis], rank - 1, *point[axis + 1 :])
                assert not fails[simpler] or axis == 2, (point, simpler)
        assert not any(fails[(*point[:2], rank)] for rank in range(point[2]))


def test_the_search_is_that_of_an_independent_gaussian_process(monkeypatch):
    """The same next point as by scikit-learn's: an exponential kernel, noise of variance 1, mean plus 2 sd."""
    space = Space({"a": tuple(range(12))})
    rng = np.random.default_rng(3)
    seen = {(int(rank),): float(rng.normal(0, 3)) for rank in rng.permutation(12)[:6]}
    monkeypatch.setattr(searching, "_AT_RANDOM", 1)
    chosen = by_gaussian_process(space, rng)(seen)
    at, scores = np.array(list(seen)) / 11, np.array(list(seen.values()))
    # Matérn 1/2 is exp(−distance/length).
    kernel = ConstantKernel(max(scores.var() - 1, 0.3)) * Matern(2.0, nu=0.5)
    fitted = GaussianProcessRegressor(kernel, alpha=1.0, optimizer=None).fit(at, scores - scores.mean())
    unseen = [(rank,) for rank in range(12) if (rank,) not in seen]
    value, spread = fitted.predict(np.array(unseen) / 11, return_std=True)
    assert chosen == unseen[int(np.argmax(value + 2 * spread))]


@pytest.mark.parametrize("search", [at_random, by_gaussian_process])
def test_a_search_sees_every_point_once_and_ends(search):
    asked = cells(lambda _: 1.0)
    probes = searching.search(asked, search(SQUARE, np.random.default_rng(1)), inf)
    assert probes[0].point == (0, 0, 0)
    assert len({each.point for each in probes}) == len(probes) == SQUARE.size


def test_the_share_that_an_axis_explains_is_adjusted_for_its_values():
    rng = np.random.default_rng(5)
    points = rng.integers(0, SQUARE.lengths, (400, 3))
    noise = rng.normal(size=400)
    probes = [Probe(tuple(p), 2.0 * p[0] + e, None) for p, e in zip(points, noise, strict=True)]
    probes.append(Probe((0, 0, 0), nan, None))
    # Var(2a) = 4·15/12 = 5 beside a noise of 1.
    assert share_explained(probes, 0) == pytest.approx(5 / 6, abs=0.04)
    assert abs(share_explained(probes, 1)) < 0.04
    assert share_explained(probes[:1], 0) == 0


def test_what_holds_is_mapped_at_the_place_nearest_to_the_bound():
    asked = cells(lambda point: 0.5 + point[0] + 2 * point[1])
    found = hunt(asked, by_gaussian_process(SQUARE, np.random.default_rng(0)), 0.05, 4)
    assert found.counterexample is None
    assert found.nearest.judged.verdict is Verdict.SUPPORTED
    assert found.nearest.point[:2] == (0, 0)
    assert found.map.axes == (0, 1)
    assert len(found.map.cells) == 24
    assert {each.verdict for each in found.map.cells.values()} == {Verdict.SUPPORTED}


def test_a_map_begins_where_the_place_is_and_ends_with_the_budget():
    asked = cells(lambda point: float(point[0]))
    point = (2, 4, 0)
    every = draw_map(asked, [], point, 0.05)
    far = [abs(row - point[0]) + abs(column - point[1]) for row, column in every.cells]
    assert len(far) == 24
    assert far == sorted(far)
    few = cells(lambda point: float(point[0]), budget=0.3 * asked.spent)
    assert list(draw_map(few, [], point, 0.05).cells) == list(every.cells)[:8]


def test_controls_and_what_is_no_cell_are_not_asked_and_errors_are_counted():
    asked = cells(lambda point: {}[point])
    judged = asked.judge((0, 0, 0), "search", 0, Looks(0.05, 1, 1))
    assert (judged.verdict, asked.failed, asked.why) == (Verdict.ERROR, 1, "KeyError: (0, 0, 0)")
    spent = asked.spent
    object.__setattr__(asked.question, "control", lambda **_: True)
    assert asked.judge((0, 0, 0), "search", 0, Looks(0.05, 1, 1)).verdict is Verdict.NOT_ASKED
    assert asked.spent == spent
    found = hunt(cells(lambda point: {}[point], 5.0), at_random(SQUARE, np.random.default_rng(0)), 0.05, 4)
    assert (found.confirmations, found.map, found.nearest) == ([], None, None)


def test_hunts_where_the_claim_holds_report_no_more_than_alpha():
    # On the bound everywhere, where the error is largest: at 0.05 more than 4 of 40 have a chance of 0.05.
    assert false_alarms(40, "at random") <= 4


def test_a_planted_corner_is_found_and_shrunk_and_the_same_again():
    results = [planted("step", "Gaussian process", seed) for seed in range(1000, 1008)]
    assert not any(each.wrong for each in results)
    # At 0.9 or more, fewer than 6 of 8 have a chance of 0.04.
    assert sum(each.shrunk for each in results) >= 6
    corner = Planted.draw(np.random.default_rng(1), "step")
    first, again = (hunted(corner.truth, "Gaussian process", 7)[0] for _ in range(2))
    assert [each.point for each in first.probes] == [each.point for each in again.probes]
    assert first.confirmations[-1].judged.low == again.confirmations[-1].judged.low
    assert SPACE.size == 5625


def test_the_toy_draws_more_of_the_same():
    lab, other = Sets(1), Sets(2)
    first = lab.draws((0, 1), 1.0)
    lab.look = 1
    assert lab.draws((0, 1), 1.0)[:8] == pytest.approx(first)
    assert not np.isclose(other.draws((0, 1), 1.0), first).any()
    many = Sets(3, look=12).draws((0, 1), 1.0)
    assert (many.mean(), many.std()) == pytest.approx((0, 1), abs=0.02)
    assert mean(np.array([1.0, 3.0])).interval(0.5) == pytest.approx((1, 3))  # t of one degree of freedom: 1


@claim(
    kind="empirical",
    of="share of ones, P(1|m)",
    predicts=at_most(0.5, because="x"),
    speaks_for="instrument",
    space=Space({"m": (8, 16, 32), "share": (0.2, 0.4, 0.9)}),
)
@over(m=[8], share=[0.2])
def test_share(lab, m, share):
    rng = np.random.default_rng([lab.seed, m])
    return proportion(int(rng.binomial(100 * lab.shards, share)), 100 * lab.shards, quantity="share", unit="draws")


# It is asked by hunts below, and not by pytest.
test_share.__test__ = False


@pytest.fixture
def toy(monkeypatch):
    module = ModuleType("toy", "Ones are rare.\n\nSource: nobody.")
    module.test_share = test_share
    monkeypatch.setattr("harness.run.plan.requests.claims", lambda: [module])
    return module


def test_the_command_writes_a_page_and_asks_the_place_again(toy, tmp_path, capsys):
    options = ["--device", "cpu", "--store", str(tmp_path / "store")]
    out = ["--budget", "2s", "--out", str(tmp_path / "out")]
    assert main(["hunt", "test_hunt", *out, *options]) == 0
    said = capsys.readouterr().out
    assert (
        "test_hunt/share: A counterexample. It fails already for m = 8, share = 0.9: share of ones, P(1|m) 0." in said
    )
    page = (tmp_path / "out" / "test_hunt-share.md").read_text()
    assert "> Ones are rare." in page
    assert "| 0.2 | 0.4 | 0.9 |" in page
    assert r"| m | share | verdict | share of ones, P(1\|m) |" in page
    for table in re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1
    file = tmp_path / "out" / "test_hunt-share.json"
    data = json.loads(file.read_text())
    assert (data["counterexample"], data["point"]) == (True, {"m": 8, "share": 0.9})
    assert main(["hunt", *out, *options]) == 0
    assert {**json.loads(file.read_text()), "run": 0} == {**data, "run": 0}
    capsys.readouterr()
    assert main(["hunt", "--again", str(file), "--seed", "1", *options]) == 0
    assert "test_hunt/share, m = 8, share = 0.9: refuted; share of ones" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["test_hnt"], "Did you mean test_hunt"),
        (["nobody"], "No claim has 'nobody' in its name. Claims with a space: test_hunt."),
        (["test_hunt", "--budget", "x"], "--budget takes a positive time"),
        (["test_hunt", "--scale", "small"], "There is no scale 'small'"),
        (["test_hunt", "--seed", "-1"], "--seed takes a whole number"),
        (["test_hunt", "--again", "x.json"], "leave the name out"),
        (["--turn", "1", "--again", "x.json"], "leave one of both out"),
        (["--turn", "-1"], "--turn takes a whole number from 0, not '-1'"),
        (["--again", "nothing.json"], "nothing.json is no file of a hunt"),
    ],
)
def test_wrong_arguments_are_refused_in_a_sentence(toy, tmp_path, capsys, asked, said):
    command = ["hunt", *asked, "--device", "cpu", "--store", str(tmp_path / "store"), "--out", str(tmp_path / "out")]
    assert main(command) == 2
    assert said in capsys.readouterr().err


def test_a_claim_without_a_space_or_with_another_tests_is_refused(toy, monkeypatch, capsys):
    declared = vars(test_share._question)
    monkeypatch.setitem(declared, "space", Space({"other": (1,)}))
    assert main(["hunt", "share"]) == 2
    assert "makes cells of other, and its test takes m, share" in capsys.readouterr().err
    monkeypatch.setitem(declared, "space", None)
    assert main(["hunt", "test_hunt"]) == 2
    assert "test_hunt declares no space to be hunted" in capsys.readouterr().err
    assert main(["hunt"]) == 2
    assert "No claim here declares a space" in capsys.readouterr().err


@pytest.mark.parametrize(("turn", "hunted"), [(0, "first"), (1, "second"), (2, "third"), (3, "first"), (10, "second")])
def test_a_turn_hunts_one_test_with_the_whole_budget(toy, monkeypatch, turn, hunted):
    spent = []
    monkeypatch.setattr("harness.run.hunt.targets.targets", lambda *_: ["first", "second", "third"])
    monkeypatch.setattr(
        "harness.run.hunt.hunting.hunt_target", lambda each, budget, *_: spent.append((each, budget)) or 0
    )
    assert main(["hunt", "--turn", str(turn), "--budget", "90s", "--device", "cpu"]) == 0
    assert spent == [(hunted, 90.0)]


def test_the_map_says_once_why_places_have_no_estimate(toy, tmp_path):
    target = targets([toy], [])[0]
    none, one = (
        Judged(Verdict.NOT_ASKED, reason="There is none."),
        Judged(Verdict.SUPPORTED, estimate(0.2, 0.0), 0.2, 0.2),
    )
    drawn = Map((0, 1), (0, 0), 0.01, {(0, 0): none, (0, 1): one, (1, 0): none})
    found = Hunt([], [], [Confirmation((0, 0), 0.01, one)], drawn)
    facts = {"seed": 0, "budget": 1.0, "scale": "smoke", "alpha": 0.05}
    lines = markdown(target, found, cells(lambda _: 1.0), facts, tmp_path / "x.json").splitlines()
    assert [line for line in lines if line.startswith("| 8")] == ["| 8 | · | ✓ 0.2 exact |  |"]
    assert [line for line in lines if "There is none." in line] == ["- · There is none."]


def test_places_that_were_found_in_the_claims_are_places_still(modules):
    pages = sorted((Path(__file__).parents[2] / "reports" / "reference" / "hunt").glob("*.json"))
    assert pages
    for page in pages:
        found = json.loads(page.read_text())
        target = targets(modules, [found["test"]])[0]
        cell = target.space.cell_at(target.space.point(found["point"]))
        assert target.question.prediction(cell).text == found["predicted"]


def test_judged_says_nothing_without_an_estimate():
    assert isnan(cells(lambda _: 1.0).score((0, 0, 0), Judged(Verdict.NOT_ASKED)))


def test_an_interrupted_hunt_says_how_it_goes_on(toy, tmp_path, capsys, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("harness.run.hunt.hunting.hunt", interrupted)
    options = ["--device", "cpu", "--store", str(tmp_path / "store"), "--out", str(tmp_path / "out")]
    assert main(["hunt", "test_hunt", *options]) == 130
    assert "the same command goes on from there" in capsys.readouterr().out
    assert not list((tmp_path / "out").glob("*.md"))
