"""The plan of a run: prices, work, totals and the budget, and the command."""

import json
import re
from dataclasses import replace
from math import inf

import pytest
import torch

from harness.__main__ import main
from harness.claim import Question, Scale
from harness.claim.scales import allowance
from harness.errors import Undecided
from harness.lab import Lab
from harness.networks import Convolutional, FullyConnected
from harness.networks.cost import network_cost
from harness.problems import boolean_cube, digits
from harness.report.words import amount
from harness.run.judging import Allowance, judge_cell
from harness.run.plan.forecast import Forecast, memory
from harness.run.plan.recorder import Recorder, Request
from harness.run.plan.requests import Cell, dry_run
from harness.samplers.prices import Prices, packaged
from harness.store import Store
from harness.verdicts import Looks, at_least
from tests.support.given import given

SCALE = Scale("smoke", 100.0, effort=2, looks=3)


def asked(*questions):
    """The request that each of these asks a lab for."""
    found = []
    for ask in questions:
        lab = Recorder.at("smoke", "cpu", 0)
        with dry_run():
            ask(lab)
        found += lab.take()
    return found


NETWORK, PROBLEM = FullyConnected((7,)), boolean_cube(3)
ONE, OTHER, TWICE = asked(
    lambda lab: lab.prior(NETWORK, PROBLEM, draws=10),
    lambda lab: lab.prior(NETWORK, PROBLEM, draws=11),
    lambda lab: lab.prior(NETWORK, PROBLEM, draws=20),
)
PRICES = Prices("here", 0.5, {"50 %": 1.5, "90 %": 4.0}, {"prior": {"seconds": 1 / ONE.asked.work, "bytes": 100}})


def cells(*requests):
    return [Cell("claim", str(i), each) for i, each in enumerate(requests)]


def test_every_request_of_the_claims_has_a_price(smoke, full):
    prices = packaged()
    for recorded in (smoke, full):
        requests = {request.name: request for cell in recorded for request in cell.requests}
        assert requests
        for request in requests.values():
            seconds, size = prices.of(request.asked)
            assert 0 < seconds < inf
            assert 0 < size < inf


def test_seconds_are_work_times_a_price_of_the_architecture_if_it_has_one():
    assert TWICE.asked.work == 2 * ONE.asked.work
    assert PRICES.of(TWICE.asked) == pytest.approx((2.0, 100))
    own = replace(PRICES, prices={**PRICES.prices, "prior, FullyConnected": {"seconds": 1.0, "bytes": 7}})
    assert own.of(ONE.asked) == (ONE.asked.work, 7)


def test_a_sampler_without_price_is_charged_at_the_median_price():
    known = {name: {"seconds": seconds, "bytes": 1} for name, seconds in (("a", 1.0), ("b", 2.0), ("c", 9.0))}
    assert replace(PRICES, prices=known).seconds(ONE.asked) == 2 * ONE.asked.work
    assert PRICES.seconds(ONE.asked) == pytest.approx(1.0)


def test_a_sampler_without_price_is_said_to_be_unpriced():
    unheard = Request("x", {}, given(None, "unheard of"))
    forecast = Forecast(cells((ONE,), (ONE, unheard)), PRICES, SCALE)
    assert forecast.unpriced == ["unheard of"]
    assert forecast.total(forecast.cells)["first"] == pytest.approx(2)
    assert forecast.first_looks(100, 1) == (0, pytest.approx(2))


def test_totals_are_of_first_and_of_all_looks_and_count_what_cells_share_once():
    forecast = Forecast(cells((ONE,), (ONE, TWICE), (TWICE,)), PRICES, SCALE)
    found = forecast.total(forecast.cells)
    assert found["first"] == pytest.approx(2 * (1 + 2))
    assert found["all"] == pytest.approx(8 * (1 + 2))
    assert found["disk"] == 2 * 2 * 100
    assert forecast.total(forecast.cells[:1])["first"] == pytest.approx(2)
    (kernel,) = asked(lambda lab: lab.kernel(NETWORK, PROBLEM))
    once = replace(PRICES, prices={"kernel": {"seconds": 1.0, "bytes": 0}})
    found = Forecast(cells((kernel,)), once, SCALE).total(cells((kernel,)))
    assert found["first"] == found["all"] == kernel.asked.work


def test_cells_that_a_run_would_not_ask_cost_nothing():
    forecast = Forecast([replace(cells((ONE,))[0], missing="no data")], PRICES, SCALE)
    assert forecast.cells == []
    assert forecast.first_looks(1.0, 1) == (0, 0.0)


@pytest.mark.parametrize("budget", [1e-9, 2.0, 2.1, 4.0, 5.0, 100.0])
def test_the_budget_leaves_as_many_cells_unjudged_as_a_run_does(budget, tmp_path):
    """Cells that are undecided for good after their first look, judged with shards that take known seconds."""
    seconds = {ONE.name: 1.0, OTHER.name: 1.1, TWICE.name: 2.0}
    requests = [(ONE,), (ONE, OTHER), (ONE,), (TWICE,), (OTHER,)]
    lab, judged = Lab(SCALE, torch.device("cpu"), 0, Store(tmp_path)), []
    seen = set()
    question = Question("claim", "empirical", "x", at_least(0.0, because="known"), {}, lambda: None, "test_x")
    for number, mine in enumerate(requests):

        def ask(lab, mine=mine):
            lab.computed += sum(SCALE.effort * seconds[each.name] for each in mine if each.name not in seen)
            seen.update(each.name for each in mine)
            judged.append(number)  # noqa: B023
            raise Undecided("known")

        spend = Allowance(seconds=allowance(budget, lab.computed, len(requests), number))
        judge_cell(ask, replace(question, slug=f"claim{number}"), {}, lab, Looks(0.05, 1, SCALE.looks), spend)
    unjudged, spent = Forecast(cells(*requests), PRICES, SCALE).first_looks(budget, 1)
    assert unjudged == len(requests) - len(judged)
    assert spent == pytest.approx(lab.computed)


def test_processes_share_the_cells_and_what_one_has_drawn():
    forecast = Forecast(cells((ONE,), (TWICE,), (ONE,), (OTHER,)), PRICES, SCALE)
    assert forecast.first_looks(inf, 1) == (0, pytest.approx(2 * (1 + 2 + 1.1)))
    assert forecast.first_looks(inf, 2) == (0, pytest.approx(2 * (1 + 1.1)))


def test_multiplications_are_those_of_the_layers():
    def cost(network, problem):
        return network_cost(network, problem.eval_x, problem.m + problem.n, problem.outputs)

    # 8×8 images: five points span five dimensions, and these are the first layer's inputs.
    dense = cost(FullyConnected((40, 30)), digits(3, 2))
    assert dense.multiplications == 5 * 40 + 40 * 30 + 30
    assert dense.parameters == dense.multiplications + 40 + 30 + 1
    assert cost(NETWORK, PROBLEM).multiplications == 3 * 7 + 7
    # A 3×3 convolution of 4 channels on 8×8 pixels, then dense layers on 4·8·8 numbers.
    convolution = cost(Convolutional((4,), (8,), pooling=None), digits(3, 2))
    assert convolution.multiplications == 9 * 4 * 64 + 4 * 64 * 8 + 8
    assert ONE.asked.shape.forward > 3 * 7 + 7


def plan(capsys, *options):
    assert main(["plan", *options]) == 0
    return capsys.readouterr().out


def said(out):
    return " ".join(out.split())


def test_the_command_writes_a_plan(tmp_path, capsys):
    path = tmp_path / "plan.json"
    out = plan(capsys, "-k", "perceptron_prefers", "--device", "cuda:0,1", "--scale", "full", "--json", str(path))
    found = json.loads(path.read_text())
    assert (found["scale"], found["device"], found["processes"]) == ("full", "cuda", 2)
    assert list(found["claims"]) == ["perceptron_prefers_low_entropy"]
    assert 0 < found["total"]["first"] <= found["total"]["all"]
    assert "No GPU is priced" in out
    assert "the budget of" not in said(out)
    assert found["unjudged"] == 0


def test_the_budget_is_said_to_be_kept_or_not_with_what_it_leaves(capsys):
    within = said(plan(capsys, "-k", "perceptron_prefers", "--device", "cpu", "--budget", "100h"))
    assert "; the budget of 100 h 0 min reaches every cell; the run takes" in within
    beyond = said(plan(capsys, "-k", "perceptron_prefers", "--device", "cuda", "--budget", "0.001s"))
    assert re.search(
        r"in one process; the budget of < 0\.1 s may be over before [1-9]\d* of 18 cells are looked at;", beyond
    )
    assert "half of the shards took within a factor of" in beyond


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--scale", "huge"], "--scale takes smoke, standard, full, not 'huge'."),
        (["--device", "tpu"], "--device takes auto, cpu, mps, cuda, cuda:N or several such as cuda:0,1, not 'tpu'."),
        (["--budget", "soon"], "--budget takes a positive time such as 90s, 30m or 2h, not 'soon'."),
        (["-k", "nonsense"], "No claim has 'nonsense' in its name"),
    ],
)
def test_bad_input_is_one_sentence(options, sentence, capsys):
    assert main(["plan", *options]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"ERROR: {sentence}")
    assert said.count("\n") == 1


def test_amounts_are_short():
    assert [amount(each) for each in (12, 1500, 2.5e9, inf)] == ["12 ", "1.5 k", "2.5 G", "∞"]


def test_memory_is_of_a_block_or_of_a_kernel():
    wide, kernel = asked(
        lambda lab: lab.prior(FullyConnected((2000, 2000)), digits(8, 64), draws=12),
        lambda lab: lab.spectrum(FullyConnected(()), digits(500, 500), "nngp"),
    )[:2]
    assert memory(wide) == 3 * 4 * 4 * (wide.asked.shape.parameters + 72 * wide.asked.shape.held)
    assert memory(kernel) == 3 * 8 * 1000**2
