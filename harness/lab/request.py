"""Requests: methods of the lab that are made of samplers, and take what their users have."""

from collections.abc import Callable, Mapping
from functools import wraps
from inspect import BoundArguments, signature
from typing import Any, Concatenate, ParamSpec

from harness.errors import BadInput
from harness.lab.shards import Shards
from harness.networks import Architecture
from harness.networks.given import as_architecture
from harness.optimisers.torch_optim import as_optimiser
from harness.problems import Problem, TrainingSets
from harness.samplers.sampler import R, Sampler

P = ParamSpec("P")


def request(sampler: Callable[P, Sampler[R]]) -> Callable[Concatenate[Shards, P], R]:
    """Make a request of a sampler: a method of the lab that takes the sampler's arguments and returns its sample."""

    bind = _binding(sampler)

    @wraps(sampler, updated=())
    def ask(lab: Shards, /, *arguments: P.args, **named: P.kwargs) -> R:
        bound = bind(*arguments, **named)
        noted = lab.rates.bind(bound, lab.once)
        return noted(lab.gather(sampler(*bound.args, **bound.kwargs)))

    return ask


def on_sets(sampler: Callable[..., Sampler[R]]) -> Callable[..., list[R]]:
    """Make a request of a sampler on training sets: a method of the lab that takes the architecture, the training sets
    and the sampler's further arguments, and returns its samples by training set.
    """
    bind = _binding(sampler)

    @wraps(sampler, updated=())
    def ask(lab: Shards, architecture: Architecture, sets: TrainingSets, /, *arguments: Any, **named: Any) -> list[R]:
        bound = bind(architecture, sets, *arguments, **named)
        noted = lab.rates.bind(bound, lab.once)
        architecture, further, named = bound.args[0], bound.args[2:], bound.kwargs
        return noted(lab.gather_on_sets(lambda problem: sampler(architecture, problem, *further, **named), sets))

    return ask


def _binding(sampler: Callable[..., Any]) -> Callable[..., BoundArguments]:
    """A function that binds arguments to a sampler's, or raises BadInput for those that it does not take; modules and
    torch's optimisers among them become the architectures and optimisers that they stand for.
    """
    takes = signature(sampler)

    def bind(*arguments: Any, **named: Any) -> BoundArguments:
        try:
            bound = takes.bind(*arguments, **named)
        except TypeError as error:
            raise BadInput(f"A request was wrong: {error}; it takes {', '.join(takes.parameters)}.") from None
        given = bound.arguments
        if "architecture" in given:
            given["architecture"] = network_on(given["architecture"], given["problem"])
        if "optimiser" in given:
            given["optimiser"] = as_optimiser(given["optimiser"])
        return bound

    return bind


def check_named(sampler: Callable[..., Any], named: Mapping[str, Any]) -> None:
    """Raise BadInput for further arguments, by name, that a sampler does not take."""
    known = signature(sampler).parameters
    if unknown := [name for name in named if name not in known]:
        raise BadInput(f"A request was wrong: it takes {', '.join(known)}, not {unknown[0]}.")


def network_on(given: Any, data: Any) -> Any:
    """The architecture that a class or function that makes a module stands for on a problem or training sets; anything
    else as it is.
    """
    return as_architecture(given, data.vocabulary if isinstance(data, Problem | TrainingSets) else None)
