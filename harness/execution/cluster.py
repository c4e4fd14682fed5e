"""Shards on the workers of a Dask cluster: one that is there already, or one of this machine that a run starts."""

import asyncio
import logging
import sys
import sysconfig
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from harness.arguments import short_repr
from harness.errors import BadInput, ClusterLost
from harness.execution.executor import A, B, Job

if TYPE_CHECKING:
    from distributed import Future, LocalCluster
    from distributed.security import Security

# Seconds until an address counts as one where nobody answers, for which a lost scheduler is waited for on leaving, and
# for which a run waits for workers once all are gone.
_CONNECT_SECONDS = 10
_CLOSE_SECONDS = 1
_PATIENCE_SECONDS = 300
_LOOK_EVERY_SECONDS = 5
# How often a shard may end the worker that computes it before it is given up.
_ALLOWED_FAILURES = 3
# Shards under way for each worker, so that none waits while a finished one is stored; and threads in all.
_AHEAD, _MOST_THREADS = 2, 64


def import_dask() -> None:
    """Raise BadInput if Dask is not installed, and silence Dask's own remarks on lost connections: the run reports
    them.
    """
    try:
        import distributed  # noqa: F401 — only whether it is there
    except ImportError:
        raise BadInput(
            "--workers and --cluster need the package distributed: pip install '.[cluster]' in the project's folder."
        ) from None
    for name in ("distributed", "distributed.client", "tornado.application"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def start_workers(count: int, device: str) -> "LocalCluster":
    """Start worker processes on this machine, with one thread each; a worker that dies is replaced.

    Whoever is to reach them needs `keys_of` them, which are made for this run and lie in no file that others can read.
    BadInput if they cannot be started, or the device is not here.
    """
    import_dask()
    from dask import config
    from distributed import LocalCluster
    from distributed.security import Security

    from harness.execution.machine import resolve_device

    resolve_device(device, 0, count)
    settings = {
        "distributed.worker.multiprocessing-method": "spawn",
        "distributed.scheduler.allowed-failures": _ALLOWED_FAILURES,
        # A worker is given one shard at a time: one that ends its worker takes no other with it.
        "distributed.scheduler.worker-saturation": 1.0,
        # Silence is no death: compiled code may keep a worker from answering. A death ends its connection.
        "distributed.scheduler.worker-ttl": None,
        # Dask has workers hand back freed memory at once, and a sampler that asks for it again takes twice as long.
        "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None,
        # Of pages that Dask would show to whoever asks, none.
        "distributed.scheduler.http.routes": [],
        "distributed.worker.http.routes": [],
    }
    try:
        security = Security.temporary()
    except ImportError:
        raise BadInput(
            "--workers needs the package cryptography: pip install '.[cluster]' in the project's folder."
        ) from None
    # Read when a worker is lost, also long after this: one that takes its time to come back is not given up.
    config.set({"distributed.deploy.lost-worker-timeout": "1 hour"})
    with config.set(settings):
        try:
            return LocalCluster(
                n_workers=count,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                security=security,
                # There has to be an address, though nothing is shown there.
                dashboard_address="127.0.0.1:0",
                scheduler_kwargs={"dashboard": False},
                memory_limit=0,
                silence_logs=logging.CRITICAL,
                preload="harness.execution.worker",
            )
        except (OSError, RuntimeError, TimeoutError) as error:
            raise BadInput(f"{count} worker(s) could not be started on this machine ({error}).") from None


def keys_of(own: "LocalCluster") -> dict[str, str]:
    """What a process needs to reach workers that the run has started, as fields of Dask's `Security`."""
    return {name: getattr(own.security, name) for name in ("tls_ca_file", "tls_client_cert", "tls_client_key")}


def _security(keys: Mapping[str, str]) -> "Security":
    """With keys, no connection but by them; without, as Dask's configuration says."""
    from distributed.security import Security

    return Security(require_encryption=True, **keys) if keys else Security()


def agreed(found: Mapping[str, Any], mine: Mapping[str, str], address: str) -> dict[str, str]:
    """Check that all workers are alike.

    Args:
        found: by worker's address, its facts, or the exception that it raised instead.
        mine: facts that the workers must share with this process.
        address: the scheduler's, for messages.

    Returns:
        The facts that all workers share.

    Raises:
        BadInput: there are no workers, one lacks software or raised an exception, or two differ in a fact.
    """
    if not found:
        raise BadInput(f"The cluster {address} has no workers; start some (dask worker {address}) and run again.")
    for worker, facts in found.items():
        if isinstance(facts, ImportError | AttributeError):
            raise BadInput(f"The worker {worker} lacks this software ({facts}); install the same there.")
        if isinstance(facts, BaseException):
            raise BadInput(f"The worker {worker} cannot take part: {facts}")
    first = next(iter(found))
    for worker, facts in found.items():
        for name, value in facts.items():
            other, whose = (mine[name], "here") if name in mine else (found[first][name], f"on {first}")
            if value != other:
                raise BadInput(
                    f"A run's workers must be alike for its numbers to be: {name} is {value} on {worker}, but "
                    f"{other} {whose}; make them alike, or choose --device cpu or cuda."
                )
    return dict(found[first])


def ship_by_value(root: Path, added: Collection[str]) -> None:
    """Send modules along that workers need not have: those below root, such as claims, and those whose name is in
    `added`.

    This package and installed ones are imported from the worker's own environment.
    """
    import cloudpickle

    installed = [Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in ("harness", "__main__", "__mp_main__") or name != getattr(module, "__name__", ""):
            continue
        place = Path(getattr(module, "__file__", None) or sys.executable).resolve()
        own = place.is_relative_to(root.resolve()) and not any(place.is_relative_to(folder) for folder in installed)
        if own or name in added:
            cloudpickle.register_pickle_by_value(module)


def greet(address: str, keys: Mapping[str, str] = MappingProxyType({})) -> None:
    """Raise BadInput within seconds unless a Dask scheduler listens there; Dask itself would wait for its greeting for
    ever. keys: of workers that the run has started.
    """
    from distributed.comm import connect

    arguments = _security(keys).get_connection_args("client")
    if address.startswith("tls") and arguments.get("ssl_context") is None:
        raise BadInput(
            f"To reach {address}, name its certificates in Dask's configuration (distributed.comm.tls), or use tcp://."
        )

    async def speak() -> None:
        comm = await asyncio.wait_for(connect(address, _CONNECT_SECONDS, **arguments), _CONNECT_SECONDS)
        comm.abort()

    try:
        # On a thread of its own: on this one a loop may be running already, as in a notebook.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, speak()).result()
    except (OSError, TimeoutError, ValueError):
        raise BadInput(
            f"No scheduler answers at {address} within {_CONNECT_SECONDS} s; start one (dask scheduler), or name "
            "another with --cluster."
        ) from None
    except Exception as error:
        # It takes what it reads for sizes and contents, and may fail at those in any way.
        raise BadInput(
            f"What answers at {address} is no scheduler of Dask ({type(error).__name__}); name another with --cluster."
        ) from None


class Cluster:
    """The workers of a scheduler; see `Executor`.

    device: auto, cpu or cuda; of workers that the run has started also cuda:N or several. root: the run's folder.
    started: number of workers that the run has started; keys: `keys_of` these. added: names of modules outside root
    that define what a run adds, and that workers lack. BadInput, within seconds, if no scheduler answers or the workers
    are not alike.
    """

    def __init__(
        self,
        address: str,
        device: str,
        root: Path,
        started: int = 0,
        added: Collection[str] = (),
        keys: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        import_dask()
        from distributed import Client

        from harness.execution import worker

        self.address, self._asked, self._started, self._keys = address, device, started, keys
        self._lost = False
        greet(address, keys)
        try:
            self._client = Client(address, timeout=_CONNECT_SECONDS, set_as_default=False, security=_security(keys))
        except Exception as error:
            raise BadInput(
                f"The scheduler {address} does not take this run in ({type(error).__name__}: "
                f"{short_repr(str(error))}); "
                "mend that, or name another with --cluster."
            ) from None
        try:
            found = self._client.run(worker.facts, device, started, on_error="return")
            self._facts = agreed(found, worker.software(started), address)
        except BaseException:
            self.close()
            raise
        ship_by_value(root, added)
        self.device = torch.device(self._facts["device"])
        self.workers = len(found)
        self._waiting: set[Future] = set()

    @property
    def device_name(self) -> str:
        """The GPU's name, or the widest vector instructions of the CPU."""
        return f"{self.workers} workers, {self._facts['kind of device']}"

    def compute(self, job: Job) -> tuple[dict[str, np.ndarray], float]:
        """The job's arrays, and the seconds that a worker took. If a worker dies, it is replaced, and the job done
        again.

        BadInput if a job ends worker after worker; ClusterLost if the scheduler or all workers are gone.
        """
        import cloudpickle
        from distributed import KilledWorker

        from harness.execution import worker

        payload = cloudpickle.dumps(job)
        future = None
        try:
            future = self._client.submit(worker.perform, payload, self._asked, self._started, self._facts, pure=False)
            self._waiting.add(future)
            return self._result(future)
        except KilledWorker as killed:
            raise BadInput(
                f"A sample ended the worker that computed it {killed.allowed_failures + 1} times; most likely it needs "
                "more memory than a worker has, or ends the process: the workers' logs may say more."
            ) from None
        except Exception as error:
            if self._is_lost(error):
                raise ClusterLost(
                    f"The scheduler {self.address} does not answer any more. What was stored stays; run again once it "
                    "is back."
                ) from None
            raise
        finally:
            self._waiting.discard(future)

    def map(self, function: Callable[[A], B], items: Iterable[A]) -> Iterator[B]:
        """Several items at once, each in a thread that waits for its worker; if one fails, the rest are left."""
        todo = list(items)
        if len(todo) < 2:
            yield from map(function, todo)
            return
        with ThreadPoolExecutor(min(len(todo), _AHEAD * self.workers, _MOST_THREADS)) as threads:
            results = [threads.submit(function, item) for item in todo]
            try:
                for result in results:
                    yield result.result()
            except BaseException:
                for result in results:
                    result.cancel()
                self._abandon()
                raise

    def close(self) -> None:
        """Leave the cluster; one that is lost is not waited for."""
        if self._lost:
            with suppress(TimeoutError):
                self._client.close(timeout=_CLOSE_SECONDS)
        else:
            self._client.close()

    def _result(self, future: "Future") -> tuple[dict[str, np.ndarray], float]:
        """The job's result, once it is done or lost; ClusterLost if there are no workers for long."""
        seen = time.monotonic()
        while not future.done():
            try:
                return future.result(timeout=_LOOK_EVERY_SECONDS)
            except TimeoutError:
                if future.done() or self._client.nthreads():
                    seen = time.monotonic()
                elif time.monotonic() - seen > _PATIENCE_SECONDS:
                    raise ClusterLost(
                        f"The cluster {self.address} has had no workers for {_PATIENCE_SECONDS // 60} minutes. What "
                        "was stored stays; start workers and run again."
                    ) from None
        return future.result()

    def _is_lost(self, error: Exception) -> bool:
        """Whether the scheduler is gone. A connection may break before the client takes notice: then it is asked."""
        if not self._lost and isinstance(error, OSError) and self._client.status == "running":
            try:
                greet(self.address, self._keys)
            except BadInput:
                self._lost = True
        return self._lost or isinstance(error, CancelledError) or self._client.status != "running"

    def _abandon(self) -> None:
        if self._waiting and not self._lost and self._client.status == "running":
            self._client.cancel(list(self._waiting))
