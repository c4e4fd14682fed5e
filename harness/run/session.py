"""One run's options, checked, and the lab made from them."""

import os
import re
import time
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.arguments import as_path, short_repr
from harness.errors import BadInput

if TYPE_CHECKING:
    from distributed import LocalCluster

    from harness.execution.executor import Executor
    from harness.lab import Lab
    from harness.report.accepted import Table

RESULTS = "results.json"

# The chance that a claim has any wrong verdict among its cells and looks.
ALPHA = 0.05

_LONGEST_DEVICE = 200
# Workers for each core: more only wait for each other, and thousands of them would stop the machine.
_MOST_WORKERS = 8
# A host is a name or an address of ASCII, as it is said in sentences.
_SCHEDULER = re.compile(r"(?:tcp|tls)://(?:[A-Za-z0-9._-]{1,253}|\[[0-9a-fA-F:.]{2,45}\]):([0-9]{1,5})")

_UNITS = {"s": 1, "m": 60, "h": 3600}


def parse_budget(text: str) -> float:
    """ "90s", "30m", "2h" -> seconds; BadInput for anything else."""
    match = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)([smh])", text)
    if match is None or float(match[1]) == 0:
        raise BadInput(f"--budget takes a positive time such as 90s, 30m or 2h, not {text!r}.")
    return float(match[1]) * _UNITS[match[2]]


def parse_seed(text: str) -> int:
    """A whole number from 0."""
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise BadInput(f"--seed takes a whole number from 0, not {text!r}.")
    return int(text)


def parse_device(text: str) -> str:
    """The same text; BadInput if it names no device, or a GPU's number that no machine has."""
    from harness.execution.machine import check_device_name

    check_device_name(text if len(text) < _LONGEST_DEVICE else short_repr(text))
    return text


def parse_cluster(cluster: str | None, workers: str | None, device: str) -> int:
    """Check the options of a cluster.

    Args:
        cluster: address of a running scheduler; None for none.
        workers: number of workers to start, as text; None for none.
        device: the run's device option.

    Returns:
        The number of Dask workers that the run starts; 0 for none.

    Raises:
        BadInput: if an option is malformed, or the options contradict each other.
    """
    if cluster is None and workers is None:
        return 0
    if cluster is not None and workers is not None:
        raise BadInput("--workers starts workers and --cluster names some that are there; choose one of the two.")
    if workers is not None:
        if not re.fullmatch(r"[1-9][0-9]{0,3}", workers):
            raise BadInput(f"--workers takes how many worker processes to start, from 1, not {short_repr(workers)}.")
        most = _MOST_WORKERS * len(os.sched_getaffinity(0))
        if int(workers) > most:
            raise BadInput(
                f"--workers starts at most {most} processes here, {_MOST_WORKERS} for each core, not {workers}."
            )
        return int(workers)
    match = _SCHEDULER.fullmatch(str(cluster))
    if match is None or not 0 < int(match[1]) < 2**16:
        raise BadInput(f"--cluster takes a scheduler's address such as tcp://host:8786, not {short_repr(cluster)}.")
    if device not in ("auto", "cpu", "cuda"):
        raise BadInput(f"With --cluster, --device takes auto, cpu or cuda, not {device!r}: a worker uses its own GPU.")
    return 0


@dataclass
class Session:
    """One run's options, and the progress of this process.

    workers: processes that share the cells; each may sample for the whole budget.
    worker: number of this process.
    judged: shares of the cells that this process has judged.
    expected: cells of the whole run.
    shares: of the budget, of all these cells together; 0 for one a cell.
    cluster: address of the scheduler whose workers draw the samples.
    started: number of Dask workers that the run starts itself.
    began: time at which the options were read, in seconds of `time.time`.
    """

    root: Path
    scale: str
    device: str
    seed: int
    budget: float | None
    store: Path
    fresh: bool
    report: Path
    workers: int = 1
    worker: int = 0
    judged: int = 0
    expected: int = 0
    shares: int = 0
    cluster: str | None = None
    started: int = 0
    began: float = field(default_factory=time.time)

    @classmethod
    def from_options(cls, option: Any, root: Path, workers: int = 1, worker: int = 0) -> "Session":
        """Read and check pytest's options.

        Args:
            option: pytest's options.
            root: folder of the project.
            workers: processes that share the cells.
            worker: number of this process.

        Returns:
            The session.

        Raises:
            BadInput: if an option is wrong; its sentence says what is wrong with it.
        """
        from harness.claim import SCALES

        for named in (option.store, option.data, option.report):
            if named:
                as_path(named)
        if option.scale not in SCALES:
            raise BadInput(f"--scale takes {', '.join(SCALES)}, not {option.scale!r}.")
        if option.data is not None:
            if not Path(option.data).is_dir():
                raise BadInput(f"--data names the folder of the full data sets; {option.data} is no folder.")
            os.environ["HARNESS_DATA"] = str(Path(option.data).resolve())
        report = Path(option.report) if option.report else root / "reports" / "latest" / "report.html"
        if report.name == RESULTS:
            raise BadInput(f"--report names the HTML page; {RESULTS} is written beside it, so call the page otherwise.")
        store = option.store or os.environ.get("HARNESS_STORE") or root / ".store"
        return cls(
            root=root,
            scale=option.scale,
            device=parse_device(option.device),
            seed=parse_seed(option.seed),
            budget=None if option.budget is None else parse_budget(option.budget),
            store=Path(store),
            fresh=option.fresh,
            report=report,
            workers=workers,
            worker=worker,
            cluster=option.cluster,
            started=parse_cluster(option.cluster, option.workers, option.device),
        )

    @property
    def accepted_file(self) -> Path:
        """Path of the verdicts that reviewers have accepted."""
        return self.root / "reports" / "accepted.json"

    @cached_property
    def accepted(self) -> "Table":
        """The accepted verdicts at the beginning of the run; BadInput if the file is malformed."""
        from harness.report import accepted

        return accepted.read(self.accepted_file)

    @property
    def results(self) -> Path:
        """Path of the results file, beside the report."""
        return self.report.parent / RESULTS

    @cached_property
    def lab(self) -> "Lab":
        """The lab of this process; the first use checks the store and the device, or the cluster."""
        from harness.claim import SCALES
        from harness.lab import Lab
        from harness.store import Store

        store = Store(self.store)
        store.check_writable()
        return Lab(SCALES[self.scale], self.executor.device, self.seed, store, self.fresh, self.executor)

    @cached_property
    def executor(self) -> "Executor":
        """The executor that computes the samples of this process."""
        from harness.execution.machine import one_thread, reproducible, resolve_device

        one_thread()
        if self.cluster is None and not self.started:
            import torch

            from harness.execution.executor import InProcess

            device = resolve_device(self.device, self.worker, self.workers)
            reproducible(device)
            if device.type == "cuda":
                # What takes the current device unasked takes this process's, so that others' memory is left alone.
                torch.cuda.set_device(device)
            return InProcess(device)
        from harness.claim import registry
        from harness.execution.cluster import Cluster

        address = self.cluster or self.own_cluster.scheduler_address
        return Cluster(address, self.device, self.root, self.started, registry.modules())

    @cached_property
    def own_cluster(self) -> "LocalCluster":
        """The workers that the run starts; one process of the run owns them, and tells others the address."""
        from harness.execution.cluster import start_workers

        return start_workers(self.started, self.device)

    def close(self) -> None:
        """Leave the cluster, and end the workers that this process has started."""
        for name in ("executor", "own_cluster"):
            if name in vars(self):
                vars(self).pop(name).close()

    @property
    def budget_seconds(self) -> float:
        """Seconds of sampling for the whole run: the option's, else the scale's."""
        return self.lab.scale.budget_seconds if self.budget is None else self.budget

    def allowance(self, own: int = 1) -> float:
        """Seconds the next cell may spend: three times its share of what is left, and no more than is left.

        Seconds are a worker's; on a cluster, the processes of the run share those of all its workers.

        Most cells decide at their first look and leave their share to the rest; three lets a hard cell have some of it
        early without starving later ones.

        What is left depends on the cells before, so a part of the claims (-k, -n) may look at a cell more or less often
        than a run of all. That can turn inconclusive into a verdict or back, and never one verdict into the other: a
        cell's looks are the same in every run, and its verdict is that of the first look that decides.
        """
        from harness.claim.scales import allowance

        cores = 1.0 if self.cluster is None and not self.started else self.executor.workers / self.workers
        shares = (self.shares or self.expected) / self.workers
        return allowance(self.budget_seconds * cores, self.lab.computed, shares, self.judged, own)
