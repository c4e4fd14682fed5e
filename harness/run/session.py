"""One run's options, checked, and the lab made from them."""

import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.arguments import as_path, short_repr
from harness.errors import BadInput
from harness.run import own_problem

if TYPE_CHECKING:
    from distributed import LocalCluster

    from harness.execution.executor import Executor
    from harness.lab import Lab
    from harness.report.accepted import Table
    from harness.run.judging import Allowance

RESULTS = "results.json"

# The chance that a claim has any wrong verdict among its cells and looks.
ALPHA = 0.05

# Workers for each core: more only wait for each other, and thousands of them would stop the machine.
_MOST_WORKERS = 8
# A host is a name or an address of ASCII, as it is said in sentences.
_SCHEDULER = re.compile(r"(?:tcp|tls)://(?:[A-Za-z0-9._-]{1,253}|\[[0-9a-fA-F:.]{2,45}\]):([0-9]{1,5})")

_UNITS = {"s": 1, "m": 60, "h": 3600}


def parse_budget(text: str) -> float:
    """ "90s", "30m", "2h" -> seconds; BadInput for anything else."""
    match = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)([smh])", text) if isinstance(text, str) else None
    if match is None or float(match[1]) == 0:
        raise BadInput(f"--budget takes a positive time such as 90s, 30m or 2h, not {short_repr(text)}.")
    return float(match[1]) * _UNITS[match[2]]


def parse_seed(text: str) -> int:
    """A whole number from 0."""
    return parse_whole("--seed", text)


def parse_whole(option: str, text: str) -> int:
    """A whole number from 0; BadInput, which names the option, for anything else."""
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise BadInput(f"{option} takes a whole number from 0, not {short_repr(text)}.")
    return int(text)


def parse_device(text: str) -> str:
    """The same text; BadInput if it names no device, or a GPU's number that no machine has."""
    from harness.execution.machine import check_device_name

    check_device_name(text)
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
        from harness.execution.machine import cores

        if not re.fullmatch(r"[1-9][0-9]{0,3}", workers):
            raise BadInput(f"--workers takes how many worker processes to start, from 1, not {short_repr(workers)}.")
        most = _MOST_WORKERS * cores()
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


def page_of(option: Any, root: Path) -> Path:
    """Where the report of a run goes, beside which its results are written; BadInput for what is no path."""
    return as_path(option.report) if option.report else root / "reports" / "latest" / "report.html"


@dataclass
class Session:
    """One run's options, and the progress of this process.

    budget: seconds of sampling for the whole run; None for no end.
    workers: processes that share the cells; each may sample for the whole budget.
    worker: number of this process.
    judged: shares of the cells that this process has judged.
    expected: cells of the whole run.
    shares: of the budget, of all these cells together; 0 for one a cell.
    looked: claim and name of a cell -> looks whose samples an earlier run has drawn.
    unlooked: other cells that this process has still to judge.
    done: cells that it has judged.
    cluster: address of the scheduler whose workers draw the samples.
    keys: certificate and key of the workers that the run starts; none: Dask's configuration names them.
    started: number of Dask workers that the run starts itself.
    began: time at which the options were read, in seconds of `time.time`.
    problem: options that added data of the user's, as the command that repeats a cell has them.
    claims: the records of claims that have been made, by file.
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
    looked: Mapping[tuple[str, str], int] = field(default_factory=dict)
    unlooked: float = 0.0
    done: int = 0
    cluster: str | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    started: int = 0
    began: float = field(default_factory=time.time)
    problem: str = ""
    claims: dict[Path, dict[str, Any]] = field(default_factory=dict)

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
        from harness.report.results import PREVIOUS

        for name in ("scale", "device", "seed", "budget", "store", "data", "report", "workers", "cluster"):
            # Of --store=--, Python before 3.12.5 makes an empty list.
            if not isinstance(getattr(option, name), str | None):
                raise BadInput(f"--{name} takes a value, not --.")
        if option.scale not in SCALES:
            raise BadInput(f"--scale takes {', '.join(SCALES)}, not {short_repr(option.scale)}.")
        if option.data is not None:
            data = as_path(option.data)
            if not data.is_dir():
                raise BadInput(f"--data names the folder of the full data sets; {data} is no folder.")
            os.environ["HARNESS_DATA"] = str(data.resolve())
        report = page_of(option, root)
        if report.name in (RESULTS, PREVIOUS):
            raise BadInput(f"--report names the HTML page; {report.name} lies beside it, so call the page otherwise.")
        store = option.store or os.environ.get("HARNESS_STORE")
        return cls(
            root=root,
            scale=option.scale,
            device=parse_device(option.device),
            seed=parse_seed(option.seed),
            budget=None if option.budget is None else parse_budget(option.budget),
            store=as_path(store) if store else root / ".store",
            fresh=option.fresh,
            report=report,
            workers=workers,
            worker=worker,
            cluster=option.cluster,
            started=parse_cluster(option.cluster, option.workers, option.device),
            problem=own_problem.options(option),
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

        address, keys = (self.cluster, self.keys) if self.cluster else self.started_at
        return Cluster(address, self.device, self.root, self.started, registry.modules(), keys)

    @cached_property
    def own_cluster(self) -> "LocalCluster":
        """The workers that the run starts; one process of the run owns them, and tells others the address."""
        from harness.execution.cluster import start_workers

        return start_workers(self.started, self.device)

    @property
    def started_at(self) -> tuple[str, Mapping[str, str]]:
        """Address and keys of the workers that the run starts."""
        from harness.execution.cluster import keys_of

        return self.own_cluster.scheduler_address, keys_of(self.own_cluster)

    def close(self) -> None:
        """Leave the cluster, and end the workers that this process has started."""
        for name in ("executor", "own_cluster"):
            if name in vars(self):
                vars(self).pop(name).close()

    def count(self, own: int, stored: int = 0) -> None:
        """Count a cell as judged.

        Args:
            own: shares of the cell.
            stored: looks whose samples an earlier run has drawn.
        """
        self.judged, self.done = self.judged + own, self.done + 1
        if not stored:
            self.unlooked = max(self.unlooked - 1, 0.0)

    def allowance(self, own: int = 1) -> "Allowance":
        """What the next cell may be given: the work of the scale, which depends on nothing else, more where that is
        foreseen to decide it, and where there is a budget in time, three times its share of what is left beyond the
        first looks of all cells, and no more than is left.

        Seconds are a worker's; on a cluster, the processes of the run share those of all its workers. A cell that is
        cut by time has taken fewer looks than it would have, so that it may be inconclusive and not decided; its looks
        are the same in every run, and so is a verdict that it has.

        Args:
            own: shares of the cell.

        Returns:
            Work, seconds, and the price of the first look.
        """
        from harness.claim.scales import FORESEEN, allowance
        from harness.run.judging import Allowance

        scale = self.lab.scale
        work, first = own * scale.work, own * scale.dearest
        foreseen = (scale.crux if own > 1 else FORESEEN) * work
        if self.budget is None:
            return Allowance(work, first=first, foreseen=foreseen)
        cores = 1.0 if self.cluster is None and not self.started else self.executor.workers / self.workers
        shares = (self.shares or self.expected) / self.workers
        # By cell, and not by share: the first look of a crux cell takes little longer than another's.
        look = self.lab.first_looks / max(self.done, 1)
        budget, spent = self.budget * cores, self.lab.computed
        seconds = allowance(budget, spent, shares, self.judged, own, look, self.unlooked)
        return Allowance(work, seconds, first, foreseen)
