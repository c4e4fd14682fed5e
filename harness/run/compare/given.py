"""What a comparison is given, in Python or in words: network, data, optimisers."""

import ast
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

import harness.problems
from harness.arguments import as_path, listed, positive, short_repr
from harness.errors import BadInput
from harness.networks.given import as_architecture
from harness.optimisers import OPTIMISERS, Relative
from harness.optimisers.rule import Unresolved, check_optimiser
from harness.optimisers.torch_optim import as_optimiser
from harness.problems import Problem, TrainingSets, training_sets
from harness.problems.own_data import Columns
from harness.problems.training_sets import splits_of
from harness.run.judge import DATA
from harness.samplers.sampler import check_architecture
from harness.spelling import did_you_mean

# Evaluation points, on which test errors are measured.
ERROR_POINTS = 64


def data_of(
    data: Any,
    m: int | None,
    n: int = ERROR_POINTS,
    task: str | None = None,
    x: Columns = None,
    y: str | int | None = None,
) -> Problem | TrainingSets:
    """Make training sets of data, or take a problem as it is.

    Args:
        data: a problem or training sets; the name of packaged data, or a function such as `digits`; arrays (x, y), a
            data set, or a path, as of `Problem.from_dataset`.
        m: training points of each set; None: of a problem or training sets, which have their own.
        n: evaluation points of each set.
        task: groups of classes, such as "3/8"; None: those that the data have.
        x: the inputs' column, or several of a table, as of `Problem.from_dataset`; None: the usual one.
        y: the labels' column; None: the usual one.

    Returns:
        The training sets, or the problem.

    Raises:
        BadInput: it is none of these.
    """
    named = isinstance(data, str) and data in DATA
    made = isinstance(data, Problem | TrainingSets) or (callable(data) and not hasattr(data, "__getitem__"))
    if (x is not None or y is not None) and (named or made):
        raise BadInput("Columns are those of a file, a table or a data set; leave them out of other data.")
    if isinstance(data, Problem | TrainingSets):
        if m not in (None, data.m) or task is not None:
            raise BadInput(f"{data.name} has its own {data.m} training points and task; leave m and task out.")
        return data
    if m is None:
        raise BadInput("A comparison on data takes m, the number of training points of each set, such as m=16.")
    own: dict[str, Any] = {} if task is None else {"task": task}
    if named:
        return training_sets(getattr(harness.problems, data), m, n, **own)
    if made:
        return training_sets(data, m, n, **own)
    if isinstance(data, str) and not as_path(data).suffix and not as_path(data).exists():
        raise BadInput(
            f"There are no data called {short_repr(data)}; name {', '.join(DATA)} or a file.{did_you_mean(data, DATA)}"
        )
    name = Path(data).stem if isinstance(data, str | Path) else "dataset"
    return training_sets(splits_of(data, name, x, y), m, n, **own)


def network_of(given: Any, data: Problem | TrainingSets) -> Any:
    """The architecture that is given as one, as a class or function that makes a module, or in words such as
    "mynet.py:Net(width=40)"; BadInput for anything else.
    """
    if isinstance(given, str):
        given = found_in(given, "A network")
    network = as_architecture(given, data.vocabulary)
    check_architecture(network)
    return network


def optimisers_of(given: Sequence[Any], rates: Sequence[float] | None) -> list[Any]:
    """Make the optimisers of a comparison.

    Args:
        given: optimisers of this package or of torch, names such as "adam" or "torch.optim.NAdam", or words such as
            "mynet.py:rule".
        rates: learning rates in units of the edge of stability; None: each rule's own.

    Returns:
        Each rule at each rate; one without a learning rate, or with a relative one, as it is.

    Raises:
        BadInput: one of them is none.
    """
    given = listed(given, "The optimisers of a comparison")
    rules = [as_optimiser(_named(each) if isinstance(each, str) else each) for each in given]
    rates = None if rates is None else listed(rates, "Learning rates")
    found: list[Any] = []
    for rule in rules:
        if isinstance(rule, Unresolved):
            found.append(rule)
            continue
        check_optimiser(rule)
        found += [rule] if rates is None else [_at(rule, positive(rate, "A relative rate")) for rate in rates]
    if not found:
        raise BadInput("A comparison takes at least one optimiser and one rate.")
    return list({each.name: each for each in found}.values())


def _at(rule: Any, rate: float) -> Any:
    searches = not hasattr(rule, "at_rate") and not hasattr(rule, "learning_rate") and not hasattr(rule, "optimiser")
    return rule if searches else Relative(rule, rate)


def _named(word: str) -> Any:
    if ":" in word:
        return found_in(word, "An optimiser")
    if word in OPTIMISERS:
        return OPTIMISERS[word]()
    kind = getattr(torch.optim, word.removeprefix("torch.optim."), None)
    if isinstance(kind, type) and issubclass(kind, torch.optim.Optimizer):
        return kind
    raise BadInput(
        f"There is no optimiser called {short_repr(word)}; name one of {', '.join(OPTIMISERS)}, one of torch.optim, or "
        f"one of a file, as mynet.py:rule.{did_you_mean(word, OPTIMISERS)}"
    )


def found_in(words: str, what: str) -> Any:
    """Import what words such as "mynet.py:Net" or "package.module:Net(width=40)" name.

    Args:
        words: file or module, a colon, and the name, with arguments by name or without.
        what: which argument it is, in the sentence that refuses it.

    Returns:
        What has that name; with arguments, functools.partial of it.

    Raises:
        BadInput: there is no such file, module or name, or the arguments are no plain values.
    """
    where, colon, expression = words.partition(":")
    name, arguments = _parsed(expression) if colon else (None, {})
    if name is None:
        raise BadInput(
            f"{what} in a file is named as mynet.py:Net or mynet.py:Net(width=40), with arguments by name that are "
            f"numbers and words, not {short_repr(words)}."
        )
    try:
        module = _module(where)
        thing = getattr(module, name)
    except (ImportError, AttributeError, SyntaxError) as error:
        raise BadInput(f"{what} cannot be had from {short_repr(words)} ({error}); correct the name.") from None
    except Exception as error:
        said = f"{type(error).__name__}: {str(error)[:200]}"
        raise BadInput(f"{what} cannot be had from {short_repr(words)} ({said}); mend the file.") from error
    return partial(thing, **arguments) if arguments else thing


def _module(where: str) -> Any:
    if not where.endswith(".py"):
        return import_module(where)
    path = as_path(where).resolve()
    if not path.is_file():
        raise ImportError(f"there is no file {where}")
    # First, and under its own name: samples are stored under the names of what draws them.
    sys.path.insert(0, str(path.parent))
    try:
        module = import_module(path.stem)
    finally:
        sys.path.remove(str(path.parent))
    if Path(getattr(module, "__file__", None) or "").resolve() != path:
        raise ImportError(f"another module is called {path.stem}; rename the file")
    return module


def _parsed(expression: str) -> tuple[str | None, Mapping[str, Any]]:
    try:
        tree = ast.parse(expression, mode="eval").body
        if isinstance(tree, ast.Name):
            return tree.id, {}
        if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and not tree.args:
            return tree.func.id, {str(each.arg): ast.literal_eval(each.value) for each in tree.keywords if each.arg}
    except (SyntaxError, ValueError):
        pass
    return None, {}
