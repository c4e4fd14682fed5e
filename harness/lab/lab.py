"""The lab: every request that a claim may make, with seeds, device and store already chosen."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from harness.arguments import as_path, number, one_of, short_repr, switch, whole
from harness.claim.scales import SCALES, Scale
from harness.errors import BadInput
from harness.execution.executor import Executor
from harness.execution.machine import resolve_device
from harness.lab.features import FeatureRequests
from harness.lab.outside import Outside, outside
from harness.lab.request import check_named, network_on, on_sets, request
from harness.lab.shards import check_sets, silent
from harness.optimisers.torch_optim import as_optimiser
from harness.problems import Problem, TrainingSets
from harness.samplers.infinite_width.agreement import LabelAgreement
from harness.samplers.infinite_width.function_volumes import DrawnVolumes, NamedVolumes
from harness.samplers.infinite_width.gaussian_process import GaussianPrior
from harness.samplers.infinite_width.kernels.empirical import EmpiricalKernelSampler
from harness.samplers.local.learning_coefficient import LearningCoefficient
from harness.samplers.local.local_volume import LocalVolume
from harness.samplers.prior import Prior
from harness.samplers.training.fitted import LEAST_FITTED, needs_fitted
from harness.samplers.training.train import Trained, Training
from harness.store import Store

# That of a null learner's own samples is 2⁶¹ above that of a run, of 18 digits.
_MOST_SEED = 2**62


class Lab(FeatureRequests):
    """Every request that a claim may make; see `shards.py` for how samples grow over a cell's looks."""

    def __init__(
        self,
        scale: Scale | str = "smoke",
        device: torch.device | str = "auto",
        seed: int = 0,
        store: Store | Path | str | None = None,
        fresh: bool = False,
        executor: Executor | None = None,
        progress: Callable[[str], None] = silent,
    ) -> None:
        """Choose what all samples have in common.

        Args:
            scale: how much is drawn; or the name of one of SCALES.
            device: what draws; or its name, such as "cpu"; "auto" for the first GPU if there is one, else the CPU.
            seed: whole number from 0; another seed gives independent samples.
            store: where samples are kept; or the path of its folder; None for the folder that the environment variable
                HARNESS_STORE names, or .store in the present folder.
            fresh: whether to draw again what is in the store.
            executor: computes the shards; None for this process.
            progress: called with what is drawn next.

        Raises:
            BadInput: one of them is something else, or the device is not here.
        """
        if isinstance(scale, str):
            one_of(scale, SCALES, "There is no scale")
            scale = SCALES[scale]
        device = resolve_device(device) if isinstance(device, str) else device
        if store is None:
            store = os.environ.get("HARNESS_STORE") or ".store"
        store = Store(as_path(store)) if isinstance(store, str | Path) else store
        for value, kind, said in (
            (scale, Scale, f"a scale, such as {' or '.join(map(repr, SCALES))}"),
            (device, torch.device, 'a device, such as "cpu"'),
            (store, Store, "a store or the path of its folder"),
        ):
            if not isinstance(value, kind):
                raise BadInput(f"A lab takes {said}, not {short_repr(value)}: Lab(scale, device, seed, store).")
        switch(fresh, "Whether a lab draws afresh")
        seed = whole(seed, "The seed of a lab", least=0, most=_MOST_SEED)
        super().__init__(scale, device, seed, store, fresh, executor, progress)

    prior = request(Prior)
    prior_on_sets = on_sets(Prior)
    train = request(Training)
    infinite_prior = request(GaussianPrior)
    named_volumes = request(NamedVolumes)
    drawn_volumes = request(DrawnVolumes)
    empirical_kernel = request(EmpiricalKernelSampler)
    label_agreement = request(LabelAgreement)
    local_volume = request(LocalVolume)
    local_volume_on_sets = on_sets(LocalVolume)
    learning_coefficient = request(LearningCoefficient)

    def outside(self, values: Any, problem: Problem, *, fingerprint: str | None = None, units: Any = None) -> Outside:
        """Take networks trained or sampled elsewhere, by their labels or logits; see `lab.outside.outside`.

        Args:
            values: labels or logits, (networks, points), or the path of a file of them.
            problem: the problem on whose inputs they are.
            fingerprint: that of the problem they are of; None: that in the file.
            units: (networks,) the same number for networks that are not independent; None: all are.

        Returns:
            The functions.

        Raises:
            BadInput: they are none of this problem's.
        """
        return outside(values, problem, fingerprint=fingerprint, units=units)

    def train_on_sets(
        self,
        architecture: Any,
        sets: TrainingSets,
        optimiser: Any,
        loss: str = "cross-entropy",
        networks: int = 100,
        *,
        least_fitted: float | None = LEAST_FITTED,
        **training: Any,
    ) -> list[Trained]:
        """Train networks on each training set of this look.

        Args:
            architecture: the networks, as of `posterior`.
            sets: the training sets.
            optimiser: what trains them; or a class of torch.optim, or functools.partial of one with its arguments.
            loss: a name in `LOSSES`.
            networks: trained on each set.
            least_fitted: share of all networks that must fit their training set, and some on each; None: no check.
            training: further arguments of `samplers.training.train`.

        Returns:
            The trained networks, by training set.

        Raises:
            NotAsked: if a smaller share of the networks fit, or none on some set.
        """
        check_sets(sets)
        check_named(Training, training)
        architecture, optimiser = network_on(architecture, sets), as_optimiser(optimiser)
        if least_fitted is not None:
            number(least_fitted, "The least share of networks that must fit lies", most=1.0)
        rule = self.resolve(optimiser, architecture, sets, loss)

        def training_on(problem: Problem) -> Training:
            return Training(architecture, problem, rule, loss, networks, **training)

        trained = self.gather_on_sets(training_on, sets)
        self.rates.fitted(trained, optimiser, architecture, sets, loss)
        if least_fitted is not None:
            needs_fitted(trained, least_fitted)
        return trained
