"""The machine a run is on: its devices, its memory, the versions and the commit that made the numbers."""

import os
import platform
import re
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from harness.arguments import short_repr
from harness.errors import BadInput

if TYPE_CHECKING:
    import torch

_PACKAGES = ("torch", "numpy", "scipy", "inductive-bias-harness")


_DEVICE = re.compile(r"auto|cpu|mps|cuda(?::[0-9]+(?:,[0-9]+)*)?")
_LONGEST = 200


def one_thread() -> None:
    """Keep torch and the linear algebra of numpy and scipy to one thread in this process.

    Their threads wait for each other in loops: on a machine with something else to do, an eigenvalue takes up to 80
    times as long on two threads as on one.
    """
    import torch
    from threadpoolctl import threadpool_limits

    torch.set_num_threads(1)
    threadpool_limits(1)


def check_device_name(name: str) -> None:
    """Raise BadInput for anything but auto, cpu, mps, cuda, cuda:N or several such as cuda:0,1; the machine is not
    asked."""
    if not isinstance(name, str) or len(name) > _LONGEST or not _DEVICE.fullmatch(name):
        meant = " A GPU is called cuda." if "gpu" in short_repr(name).lower() else ""
        raise BadInput(
            f"--device takes auto, cpu, mps, cuda, cuda:N or several such as cuda:0,1, not {short_repr(name)}.{meant}"
        )


def resolve_device(name: str, worker: int = 0, workers: int = 1) -> "torch.device":
    """The device of one of the processes that share a run.

    Args:
        name: auto (the first GPU of CUDA if there is one, else the CPU), cpu, mps (Apple's GPU), cuda, cuda:N or
            several such as cuda:0,1; N counts among the GPUs that CUDA_VISIBLE_DEVICES shows.
        worker: number of this process, from 0; of several GPUs it takes the one with this number, modulo theirs.
        workers: number of processes.

    Returns:
        The device.

    Raises:
        BadInput: the name is bad, the device is not here, or more GPUs are named than there are processes.
    """
    import torch

    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    here = ", ".join(["cpu", *(f"cuda:{i}" for i in range(gpus))])
    if name == "auto":
        return torch.device("cuda:0" if gpus else "cpu")
    check_device_name(name)
    if name == "cpu":
        return torch.device("cpu")
    if name == "mps":
        if not torch.backends.mps.is_available():
            raise BadInput(f"There is no Apple GPU that torch can use on this machine, which has {here}; choose one.")
        return torch.device("mps")
    asked = [int(index) for index in name.removeprefix("cuda").removeprefix(":").split(",") if index] or [0]
    missing = [index for index in asked if index >= gpus]
    if missing:
        raise BadInput(f"There is no GPU cuda:{missing[0]} on this machine, which has {here}; choose one of these.")
    if len(asked) > workers:
        raise BadInput(f"--device {name} names {len(asked)} GPUs for {workers} process(es); add -n {len(asked)}.")
    return torch.device(f"cuda:{asked[worker % len(asked)]}")


# What a process of a run takes at most on a CPU, most of it libraries.
_PROCESS_BYTES = 2 * 2**30


def cores() -> int:
    """Number of cores that this process may use."""
    # macOS keeps no process to some of its cores.
    if not hasattr(os, "sched_getaffinity"):
        return os.cpu_count() or 1
    return len(os.sched_getaffinity(0))


def processes(device: str) -> int:
    """Number of processes that a run on a device of this name can use: its GPUs, or the cores that have enough memory.

    BadInput for a bad name or a device that is not here.
    """
    # A build of torch for processors alone says so; to load it and ask takes a second, before anything else begins.
    no_gpus = device == "auto" and versions()["torch"].endswith("+cpu")
    if not no_gpus and resolve_device(device.split(",")[0]).type != "cpu":
        return device.count(",") + 1
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return max(min(cores(), memory // _PROCESS_BYTES), 1)


def describe(device: "torch.device") -> str:
    """The name of the processor or the GPU."""
    import torch

    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def memory_bytes(device: "torch.device") -> int:
    """All memory of a device in bytes, used or free."""
    import torch

    if device.type == "cuda":
        return torch.cuda.get_device_properties(device).total_memory
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def settings(device: "torch.device") -> dict[str, str | int | bool]:
    """How numbers are computed on a device, for the results file; `reproducible` sets it.

    float32 everywhere, also in products of matrices: TensorFloat-32, of 10 bits, changes the functions of some 15
    networks in 1,000, float32 of less than 1 in 10,000 (`benchmarks/speed/precision.py`,
    `tests/run/test_precision.py`).
    """
    found: dict[str, str | int | bool] = {"dtype": "float32", "products": "float32", "threads": 1}
    if device.type == "cuda":
        found |= {"TF32": False, "deterministic": True, "cuDNN chooses by time": False, _WORKSPACE: ":4096:8"}
    return found


# Where cuBLAS has workspaces of its own for each stream, its sums have the same order in every run.
_WORKSPACE = "CUBLAS_WORKSPACE_CONFIG"


def reproducible(device: "torch.device") -> None:
    """Make this process compute as `settings` describes; call it before the first product on a GPU."""
    import torch

    one_thread()
    torch.set_float32_matmul_precision("highest")
    if device.type != "cuda":
        return
    chosen = settings(device)
    os.environ[_WORKSPACE] = str(chosen[_WORKSPACE])
    torch.backends.cuda.matmul.allow_tf32 = bool(chosen["TF32"])
    torch.backends.cudnn.allow_tf32 = bool(chosen["TF32"])
    torch.backends.cudnn.benchmark = bool(chosen["cuDNN chooses by time"])
    torch.backends.cudnn.deterministic = True
    # What has no deterministic form warns, and is taken as it is: a shard's draws do not depend on it.
    torch.use_deterministic_algorithms(True, warn_only=True)
    # Numbers are written before they are read: filling memory first would only cost time.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]


def c_library() -> str:
    """The C library and its version: glibc 2.36 and 2.43 round log1p of single precision, and so losses, apart."""
    return " ".join(filter(None, platform.libc_ver())) or platform.platform()


def versions() -> dict[str, str]:
    """Versions of Python and of what computes the numbers; "absent" for a package that is not installed."""
    found = {"python": platform.python_version(), "C library": c_library()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "absent"
    return found


def commit(folder: Path) -> str | None:
    """The checkout's commit, with "+changes" if files differ from it; None outside a checkout or without git."""
    try:
        head = _git(folder, "rev-parse", "HEAD")
        changes = _git(folder, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return None
    return head + ("+changes" if changes else "")


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True, timeout=10
    )
    return done.stdout.strip()
