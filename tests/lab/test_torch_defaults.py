"""What a notebook has set as torch's defaults changes no number."""

import ast
from pathlib import Path

import pytest
import torch
from torch import nn

import harness
from harness.lab import Lab
from harness.optimisers import SGD
from harness.problems import digits
from tests.support.every_request import REQUESTS, lab_of, same

# Each kind of sampling, by those that take least time.
QUICK = (
    "prior",
    "rejection_posterior",
    "tempered_posterior",
    "subset_posterior",
    "annealed_evidence",
    "density_of_states",
    "train",
    "infinite_prior",
    "infinite_evidence",
    "hidden_draws",
    "trained_features",
    "regression_errors",
    "linearisation_gap",
    "log_volumes_by_runs",
)
FLOATS = {
    f"torch.{name}" for name in ("empty", "zeros", "ones", "full", "rand", "randn", "linspace", "eye", "logspace")
}


@pytest.fixture(params=["dtype", "device"])
def other_default(request):
    if request.param == "dtype":
        torch.set_default_dtype(torch.float64)
        yield
        torch.set_default_dtype(torch.float32)
    else:
        # A device on which nothing can be computed.
        torch.set_default_device("meta")
        yield
        torch.set_default_device(None)


@pytest.mark.parametrize("name", QUICK)
def test_the_same_is_drawn_whatever_the_defaults(name, tmp_path, other_default, request):
    found = REQUESTS[name](lab_of(tmp_path / "there"))
    torch.set_default_dtype(torch.float32)
    torch.set_default_device(None)
    same(found, REQUESTS[name](lab_of(tmp_path / "here")))


class Module(nn.Module):
    """Its constructor and its forward make tensors of torch's default type, on its default device."""

    def __init__(self):
        super().__init__()
        self.first, self.last = nn.LazyLinear(6), nn.Linear(6, 1)
        self.scale = nn.Parameter(torch.ones(6) / 2)

    def forward(self, x):
        rest = torch.zeros(len(x), 6)
        return self.last(torch.relu(self.first(x) + rest) * self.scale)


def of_module(folder):
    lab, problem = Lab("smoke", "cpu", 0, folder), digits(4, 4)
    return lab.prior(Module, problem, draws=50), lab.train(Module, problem, SGD(0.1), networks=4, max_epochs=20)


def test_a_module_draws_the_same_whatever_the_defaults(tmp_path, other_default):
    found = of_module(tmp_path / "there")
    torch.set_default_dtype(torch.float32)
    torch.set_default_device(None)
    for one, other in zip(found, of_module(tmp_path / "here"), strict=True):
        same(one, other)


def test_tensors_of_numbers_are_made_with_their_type():
    """torch would take its default for these; those made like another tensor have that one's."""
    without = [
        f"{path.name}:{node.lineno}"
        for path in Path(harness.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in FLOATS
        and not any(keyword.arg == "dtype" for keyword in node.keywords)
    ]
    assert without == []
