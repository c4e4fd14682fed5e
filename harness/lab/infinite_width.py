"""Networks without end in width: Gaussian processes, whose P_B(f|S) and P(S) need no network to be drawn."""

from itertools import combinations_with_replacement
from math import inf

import numpy as np

from harness.errors import BadInput
from harness.functions import FunctionCounts
from harness.lab.shards import Shards, identity
from harness.networks import Architecture
from harness.problems import Problem
from harness.samplers.infinite_width import ChainsPosterior, OrthantEvidence, empirical_process, truncated_gaussian
from harness.samplers.infinite_width.approximations import APPROXIMATIONS, GaussianApproximation
from harness.samplers.infinite_width.gaussian_process import GaussianProcess, gaussian_prior
from harness.samplers.infinite_width.kernels import (
    EmpiricalKernel,
    empirical_nngp,
    empirical_ntk,
    has_closed_form,
    in_the_limit,
    nngp,
    ntk,
)
from harness.samplers.infinite_width.kernels.library import library_kernels
from harness.samplers.infinite_width.orthant import scramblings
from harness.verdicts import Estimate

EXACT = "exact"
# Where a kernel comes from: this project, which has it in closed form or finds it by Monte Carlo, or the library.
OWN, LIBRARY = "own", "neural-tangents"
METHODS = (EXACT, *APPROXIMATIONS)
_CLOSED_FORMS = {"nngp": nngp, "ntk": ntk}
_EMPIRICAL = {"nngp": empirical_nngp, "ntk": empirical_ntk}
# Rows and columns of a block of a kernel, which is what an interrupted run may lose.
_BLOCK = 1000


class InfiniteWidth(Shards):
    """What an architecture does in the limit of infinite width.

    Fully connected networks have their kernel in closed form, convolutional and residual ones by neural-tangents, where
    that is installed and asked for. For any other architecture it is found by Monte Carlo, at the width that is given,
    and so has errors. They are carried on by repeating everything: each unit of a posterior
    or of an evidence then has a kernel of its own, from networks of its own, so that the interval over units holds the
    kernel's error. What that leaves is the bias of the kernel's noise, which falls with the networks of a kernel, as
    its square does with the units.
    """

    def kernel(self, architecture: Architecture, problem: Problem, kind: str = "nngp", by: str = OWN) -> np.ndarray:
        """NNGP kernel or NTK ("ntk") of S, then E: (m + n, m + n), exact; block by block, each kept in the store.

        by: "own", in closed form, or "neural-tangents", which is Unavailable where that is not installed. BadInput for
        an architecture without either; `empirical_kernel` has those.
        """
        if kind not in _CLOSED_FORMS or by not in (OWN, LIBRARY):
            raise BadInput(
                f"A kernel is nngp or ntk, by {OWN!r} or {LIBRARY!r}, not {kind!r} by {by!r}; choose of these."
            )
        limit, x = _limit(architecture, by), problem.inputs
        whole = np.empty((len(x), len(x)))
        places = [slice(start, start + _BLOCK) for start in range(0, len(x), _BLOCK)]
        pairs = list(combinations_with_replacement(places, 2))
        for done, (rows, columns) in enumerate(pairs):
            self.progress(f"{kind} kernel {done + 1}/{len(pairs)}")

            def block(rows: slice = rows, columns: slice = columns) -> dict[str, np.ndarray]:
                others = None if rows == columns else x[columns]
                if by == LIBRARY:
                    found = library_kernels(limit, x[rows], others)[kind == "ntk"]
                else:
                    found = _CLOSED_FORMS[kind](in_the_limit(architecture), x[rows], others)
                return {"kernel": found}

            spec = {"kernel": kind, "by": by, **identity(limit, problem), "block": [rows.start, columns.start, _BLOCK]}
            found = self.once(spec, block)["kernel"]
            whole[rows, columns] = found
            whole[columns, rows] = found.T
        return whole

    def empirical_kernel(
        self, architecture: Architecture, problem: Problem, kind: str = "nngp", networks: int = 1000
    ) -> EmpiricalKernel:
        """NNGP kernel or NTK ("ntk") of S, then E, by Monte Carlo with standard errors; `networks` a shard."""
        if kind not in _EMPIRICAL:
            raise BadInput(f"A kernel is nngp or ntk, not {kind!r}; choose one of these.")
        return self.gather(
            EmpiricalKernel,
            {"sampler": f"{kind} by Monte Carlo", **identity(architecture, problem), "networks": networks},
            lambda generator: _EMPIRICAL[kind](architecture, problem.inputs, networks, generator),
        )

    def gaussian_process(self, architecture: Architecture, problem: Problem, by: str = OWN) -> GaussianProcess:
        """The logits of infinitely wide networks, conditioned on S; `by` and errors as of `kernel`."""
        problem.needs_two_classes("A Gaussian process")
        return GaussianProcess(self.kernel(architecture, problem, by=by), problem.train_y)

    def infinite_prior(
        self, architecture: Architecture, problem: Problem, draws: int = 100_000, sample: int = 0
    ) -> FunctionCounts:
        """P(f) on the evaluation inputs of infinitely wide networks; `draws` independent draws a shard.

        sample: ask with another number for an independent sample. BadInput where there is no closed form.
        """
        limit = in_the_limit(architecture)
        return self.gather(
            FunctionCounts,
            {"sampler": "Gaussian prior", **identity(limit, problem), "draws": draws, "sample": sample},
            lambda generator: gaussian_prior(nngp(limit, problem.eval_x), draws, generator),
        )

    def infinite_posterior(
        self,
        architecture: Architecture,
        problem: Problem,
        method: str = EXACT,
        by: str = OWN,
        chains: int = 64,
        draws: int = 64,
        kernels: int = 16,
        networks: int = 1000,
    ) -> ChainsPosterior:
        """P_B(f|S) of infinitely wide networks, exactly, or as an approximation has it.

        method: one of METHODS. A shard has `chains` independent chains of `draws` functions each; an approximation's
        draws are independent, and there are chains × draws of them. by: as of `kernel`, but "own" without a closed form
        is by Monte Carlo: a shard has `kernels` units instead, each with a kernel of `networks` networks and
        chains/kernels chains.
        """
        _check(method)
        spec = {"method": method, "chains": chains, "draws": draws}
        if by == OWN and not has_closed_form(architecture):
            _exact_only(method, architecture)
            spec |= {"kernels": kernels, "networks": networks}
            return self.gather(
                ChainsPosterior,
                {"sampler": "posterior of Monte-Carlo kernels", **identity(architecture, problem), **spec},
                lambda generator: empirical_process.posterior(
                    architecture, problem, generator, kernels, networks, chains=max(chains // kernels, 1), draws=draws
                ),
            )
        # Found before a shard is asked for: while one entry of the store is computed, no other may be.
        if method == EXACT:
            process = self.gaussian_process(architecture, problem, by)
            return self.gather(
                ChainsPosterior,
                {"sampler": "truncated Gaussian", **_whose(architecture, problem, by), **spec},
                lambda generator: truncated_gaussian(process, generator, chains=chains, draws=draws),
            )
        approximation = self.approximation(architecture, problem, method, by)
        return self.gather(
            ChainsPosterior,
            {"sampler": "approximate posterior", **_whose(architecture, problem, by), **spec},
            lambda generator: ChainsPosterior.independent(approximation.functions(chains * draws, generator)),
        )

    def infinite_evidence(
        self,
        architecture: Architecture,
        problem: Problem,
        method: str = EXACT,
        by: str = OWN,
        runs: int = 16,
        points: int = 1024,
        networks: int = 1000,
    ) -> Estimate:
        """ln P(S) of infinitely wide networks: exactly, up to a Monte-Carlo error, or as an approximation has it.

        method: one of METHODS; an approximation has no interval but its value. A shard has `runs` scramblings of at
        least `points` points. by: as of `kernel`, but "own" without a closed form is by Monte Carlo: it has `runs`
        kernels of `networks` networks.
        """
        _check(method)
        spec = {"runs": runs, "points": points}
        if by == OWN and not has_closed_form(architecture):
            _exact_only(method, architecture)
            spec |= {"networks": networks}
            return self.gather(
                OrthantEvidence,
                {"sampler": "ln P(S) of Monte-Carlo kernels", **identity(architecture, problem), **spec},
                lambda generator: empirical_process.evidence(
                    architecture, problem, generator, runs, networks, points=points
                ),
            ).estimate("kernels")
        if method == EXACT:
            process = self.gaussian_process(architecture, problem, by)
            return self.gather(
                OrthantEvidence,
                {"sampler": "orthant", **_whose(architecture, problem, by), **spec},
                lambda generator: scramblings(process, generator, runs=runs, points=points),
            ).estimate("scramblings")
        value = self.approximation(architecture, problem, method, by).log_evidence
        return Estimate(
            "ln P(S)", value, lambda _: (value, value), 1, "kernels", inf, f"{method}, without an error bar"
        )

    def approximation(
        self, architecture: Architecture, problem: Problem, method: str, by: str = OWN
    ) -> GaussianApproximation:
        """A Gaussian in the place of the training logits given the labels; method: one of APPROXIMATIONS."""
        _check(method, tuple(APPROXIMATIONS))
        process = self.gaussian_process(architecture, problem, by)

        def found() -> dict[str, np.ndarray]:
            each = APPROXIMATIONS[method](process)
            return {"mean": each.mean, "covariance": each.covariance, "log evidence": np.array(each.log_evidence)}

        arrays = self.once({"approximation": method, **_whose(architecture, problem, by)}, found)
        return GaussianApproximation(process, arrays["mean"], arrays["covariance"], float(arrays["log evidence"]))


def _limit(architecture: Architecture, by: str) -> Architecture:
    """Those that share a kernel in closed form are one architecture; the library has others too."""
    return architecture if by == LIBRARY and not has_closed_form(architecture) else in_the_limit(architecture)


def _whose(architecture: Architecture, problem: Problem, by: str) -> dict[str, str]:
    found = identity(_limit(architecture, by), problem)
    return found | {"by": by} if by == LIBRARY else found


def _check(method: str, methods: tuple[str, ...] = METHODS) -> None:
    if method not in methods:
        raise BadInput(f"Infinite width is asked by {', '.join(methods)}, not by {method!r}; choose one of these.")


def _exact_only(method: str, architecture: Architecture) -> None:
    if method != EXACT:
        raise BadInput(
            f"{architecture.name} has a kernel by Monte Carlo only, for which there is {EXACT!r}, not {method!r}."
        )
