"""`harness.compare` and `python -m harness compare`: the claims' numbers for a network of one's own, on one page."""

import json
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

import harness
from harness.__main__ import main
from harness.claim import SCALES
from harness.errors import BadInput
from harness.optimisers import GuessAndCheck, Relative
from harness.problems import Problem
from harness.report.questions import COMPARED, STATEMENTS, statements_of
from harness.run.compare.given import data_of, found_in, network_of, optimisers_of
from harness.run.session import Session
from harness.samplers.training.train import Training
from harness.statistics.over_sets import compare_over_sets, errors_on_sets

NETWORK = harness.FullyConnected((4,))
FILE = """
from functools import partial
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, width=3):
        super().__init__()
        self.hidden, self.out = nn.LazyLinear(width), nn.Linear(width, 1)

    def forward(self, x):
        return self.out(self.hidden(x).tanh())

rule = partial(torch.optim.SGD, lr=1.0)
number = 3
"""


@pytest.fixture
def one_look(monkeypatch):
    monkeypatch.setitem(SCALES, "smoke", replace(SCALES["smoke"], looks=1))


@pytest.fixture
def mynet(tmp_path):
    # A name of its own: a module is imported once.
    path = tmp_path / f"net_{tmp_path.name.replace('-', '_')}.py"
    path.write_text(FILE)
    return path


def compared(tmp_path, data="digits", **more):
    asked = {"m": 4, "n": 8, "optimisers": ["sgd"], "device": "cpu", **more}
    return harness.compare(NETWORK, data, store=tmp_path / "store", report=tmp_path / "out" / "report.html", **asked)


def test_a_comparison_has_the_claims_own_numbers_and_goes_on_from_the_store(tmp_path, one_look, monkeypatch, capsys):
    found = compared(tmp_path)
    cells = {cell["claim"]: cell for cell in found.cells}
    lab = harness.Lab(device="cpu", store=tmp_path / "store")
    sets = harness.training_sets(harness.digits, 4, 8)
    both = lab.train_on_sets(NETWORK, sets, Relative(harness.SGD(), 0.3)), lab.posterior_on_sets(NETWORK, sets)
    assert lab.computed == 0
    known = compare_over_sets(*both, lab.problems(sets), 8)
    bias = cells["random_sampling_explains_training"]
    assert (bias["estimate"]["value"], bias["estimate"]["n"]) == (known.value, 8)
    beside = {each["quantity"]: each["value"] for each in bias["details"]["secondary"]}
    assert cells["training_goes_where_volume_points"]["estimate"]["value"] == beside["direction c"]
    assert cells["training_is_as_sharp_as_sampling"]["estimate"]["value"] == beside["sharpness s"]
    trained, sampled = (np.mean(errors_on_sets(each, lab.problems(sets))) for each in both)
    advantage = cells["training_generalises_as_sampling_does"]["estimate"]["value"]
    assert advantage == pytest.approx(sampled - trained)
    assert beside["ln P(S)"] == pytest.approx(np.mean([np.log(each.evidence.value) for each in both[1]]))
    assert np.isfinite(cells["volume_knows_more_than_labels"]["estimate"]["value"])
    page, written = found.report.read_text(), json.loads((found.report.parent / "results.json").read_text())
    assert written["cells"] == found.cells
    assert written["run"]["complete"]
    assert bias["verdict"] == "supported"
    assert "Volume explains what training finds." in page
    assert "harness.compare(…) with the same arguments" in bias["message"]
    assert "5/5" in capsys.readouterr().out
    assert repr(found).count("\n") == 5

    def refuse(*_):
        raise AssertionError("drawn again")

    monkeypatch.setattr(Training, "draw", refuse)
    assert [cell["estimate"] for cell in compared(tmp_path).cells] == [cell["estimate"] for cell in found.cells]


def test_one_problem_is_compared_over_its_networks(tmp_path, one_look):
    problem = harness.digits(4, 8)
    cells = {cell["claim"]: cell for cell in compared(tmp_path, problem, m=None).cells}
    assert cells["random_sampling_explains_training"]["estimate"]["unit"] == "networks in the smaller sample"
    assert cells["training_goes_where_volume_points"]["estimate"]["unit"] == "groups of networks"
    assert cells["volume_knows_more_than_labels"]["verdict"] == "not asked"


def test_a_budget_keeps_back_a_first_look_for_each_cell(tmp_path, one_look, monkeypatch):
    seen, plain = [], Session.allowance
    monkeypatch.setattr(Session, "allowance", lambda run, own: seen.append((run.done, run.unlooked)) or plain(run, own))
    cells = len(compared(tmp_path, budget="1h").cells)
    assert seen == [(number, cells - number) for number in range(cells)]


def test_the_command_takes_a_file(tmp_path, mynet, one_look, capsys):
    page = tmp_path / "page" / "report.html"
    asked = ["compare", f"{mynet}:Net(width=4)", "--data", "digits", "--m", "4", "--n", "4", "--rates", "own"]
    asked += ["--optimiser", f"{mynet}:rule", "--store", str(tmp_path / "store"), "--report", str(page)]
    main([*asked, "--budget", "1s", "--device", "cpu"])
    assert "1/5" in capsys.readouterr().out
    assert "torch_sgd" in page.read_text()
    assert main([*asked, "--rates", "x"]) == 2
    assert "--rates takes numbers such as 0.3, or own, not 'x'" in capsys.readouterr().err


def test_names_in_files_are_found(mynet):
    net = found_in(f"{mynet}:Net(width=5)", "A network")
    assert isinstance(net, partial)
    assert net().out.in_features == 5
    assert network_of(f"{mynet}:Net", harness.digits(4, 4)) == harness.from_module(found_in(f"{mynet}:Net", "A"))
    assert found_in("torch.nn:Identity", "A network") is nn.Identity
    for words, said in (
        (str(mynet), "named as mynet.py:Net"),
        (f"{mynet}:Net(5)", "named as mynet.py:Net"),
        (f"{mynet}:Net(width=x)", "named as mynet.py:Net"),
        (f"{mynet}:Nett", "has no attribute 'Nett'"),
        ("nowhere.py:Net", "there is no file nowhere.py"),
        ("nowhere_at_all:Net", "No module named"),
    ):
        with pytest.raises(BadInput, match=said):
            found_in(words, "A network")
    with pytest.raises(BadInput, match="An architecture is one of"):
        network_of(f"{mynet}:number", harness.digits(4, 4))


def test_a_file_with_the_name_of_another_module_is_refused(tmp_path):
    (tmp_path / "json.py").write_text(FILE)
    with pytest.raises(BadInput, match="another module is called json; rename the file"):
        found_in(f"{tmp_path / 'json.py'}:Net", "A network")


def test_optimisers_are_taken_at_each_rate():
    searched = GuessAndCheck()
    found = optimisers_of(
        ["sgd", torch.optim.NAdam, "torch.optim.SGD", searched, Relative(harness.Adam(), 2)], [0.1, 3]
    )
    assert [each.name for each in found] == [
        "sgd-rho0.1",
        "sgd-rho3",
        "torch_nadam-rho0.1",
        "torch_nadam-rho3",
        "torch_sgd-rho0.1",
        "torch_sgd-rho3",
        searched.name,
        "adam-rho2",
    ]
    assert optimisers_of([harness.SGD(0.2)], None) == [harness.SGD(0.2)]
    for given, rates, said in (
        (["sdg"], None, "There is no optimiser called 'sdg'; name one of sgd"),
        ([], None, "at least one optimiser"),
        ([nn.Linear], None, "An optimiser is one of"),
        (["sgd"], [-1], "A relative rate is a positive number"),
    ):
        with pytest.raises(BadInput, match=said):
            optimisers_of(given, rates)


def test_data_become_training_sets(tmp_path):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(80, 2)), np.arange(80) % 2
    np.savez(tmp_path / "mine.npz", x=x, y=y)
    for data, name in (((x, y), "dataset"), (tmp_path / "mine.npz", "mine")):
        sets = data_of(data, 6, 8)
        known = Problem.from_dataset((x, y), 6, 8, split=3, name=name)
        assert sets.problem(3).fingerprint == known.fingerprint != sets.problem(4).fingerprint
    task = data_of("digits", 4, 8, "3/8")
    assert task.problem(1).fingerprint == harness.digits(4, 8, "3/8", split=1).fingerprint
    assert data_of(task, None) is task
    for data, m, said in (
        ("digts", 4, "There are no data called 'digts'.*Did you mean"),
        ("digits", None, "takes m, the number of training points"),
        (harness.digits(4, 4), 8, "has its own 4 training points"),
        ("none.csv", 4, "no folder of a saved data set"),
    ):
        with pytest.raises(BadInput, match=said):
            data_of(data, m)


def test_columns_of_a_table_are_named(tmp_path):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(80, 3)), np.arange(80) % 2
    path = tmp_path / "mine.csv"
    rows = [f"{a},{label},{b},{c}" for (a, b, c), label in zip(x.tolist(), y.tolist(), strict=True)]
    path.write_text("\n".join(["u,kind,v,w", *rows]))
    sets = data_of(path, 6, 8, x=["u", "w"], y="kind")
    known = Problem.from_dataset((x[:, [0, 2]], y), 6, 8, split=3, name="mine")
    np.testing.assert_allclose(sets.problem(3).train_x, known.train_x, rtol=1e-5)
    assert np.array_equal(sets.problem(3).train_y, known.train_y)
    for data in ("digits", harness.digits, harness.digits(4, 4)):
        with pytest.raises(BadInput, match="Columns are those of a file, a table or a data set"):
            data_of(data, 4, y="kind")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"loss": "hinge"}, "There is no loss 'hinge'"),
        ({"scale": "huge"}, "There is no scale 'huge'"),
        ({"device": "gpu"}, "takes auto, cpu, mps, cuda"),
        ({"seed": -1}, "A seed is a whole number"),
        ({"budget": "soon"}, "takes a positive time"),
        ({"report": "results.json"}, "call the page otherwise"),
    ],
)
def test_wrong_arguments_are_one_sentence(more, said):
    with pytest.raises(BadInput, match=said):
        harness.compare(NETWORK, "digits", 4, **more)


def test_what_is_interrupted_or_missing_is_a_sentence(mynet, tmp_path, monkeypatch, capsys):
    asked = [
        "compare",
        f"{mynet}:Net",
        "--m",
        "4",
        "--store",
        str(tmp_path / "s"),
        "--report",
        str(tmp_path / "p.html"),
    ]

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("harness.run.compare.comparison.judge_cell", interrupted)
    assert main([*asked, "--data", "digits", "--device", "cpu"]) == 130
    assert "and the same command goes on." in capsys.readouterr().out
    assert json.loads((tmp_path / "results.json").read_text())["run"]["complete"] is False
    monkeypatch.delenv("HARNESS_DATA", raising=False)
    assert main([*asked, "--data", "sentences"]) == 2
    assert "The full data sets need a folder" in capsys.readouterr().err


def test_networks_of_one_name_are_refused():
    with pytest.raises(BadInput, match="Two of the networks have one name"):
        harness.compare([NETWORK, NETWORK], "digits", 4)


def test_the_first_screen_answers_for_the_comparison():
    assert statements_of(["random_sampling_explains_training"]) == COMPARED
    assert statements_of(["optimisers_sample_by_volume"]) == statements_of([]) == STATEMENTS
