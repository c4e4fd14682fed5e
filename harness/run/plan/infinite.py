"""The work of what is computed at infinite width; see `quantities.py`.

Each takes a description, m, n, m + n and the pairs of points in a kernel's block.
"""

from typing import Any


def _kernel(spec: Any, m: float, n: float, p: float, pairs: float) -> dict[str, float]:  # noqa: ARG001
    return {"pairs": pairs, "computation": 1.0}


def _cubic(spec: Any, m: float, n: float, p: float, pairs: float) -> dict[str, float]:  # noqa: ARG001
    return {"factor of S": m**3, "matrix of S": m**2, "computation": 1.0}


def _spectrum(spec: Any, m: float, n: float, p: float, pairs: float) -> dict[str, float]:  # noqa: ARG001
    return {"eigenvalues": p**3, "computation": 1.0}


def _gaussian_prior(spec: Any, m: float, n: float, p: float, pairs: float) -> dict[str, float]:  # noqa: ARG001
    return {"products": spec["draws"] * n * n, "numbers": spec["draws"] * n, "factor": n**3, "shard": 1.0}


def _orthant(spec: Any, m: float, n: float, p: float, pairs: float) -> dict[str, float]:  # noqa: ARG001
    points = float(spec["runs"] * spec["points"])
    return {"products": points * m * m, "integrals": points * m, "tilting": m**3, "shard": 1.0}


def _truncated(spec: Any, m: float, n: float, p: float, pairs: float) -> dict[str, float]:  # noqa: ARG001
    functions = float(spec["chains"] * spec["draws"])
    return {"moves": functions * m * m, "evaluations": functions * n * p, "factor": p**3, "shard": 1.0}


def _regression(spec: Any, m: float, n: float, p: float, pairs: float) -> dict[str, float]:  # noqa: ARG001
    return {"factors": spec["sets"] * m**3, "predictions": spec["sets"] * m * p, "shard": 1.0}


# By sampler.
AMOUNTS: dict[str, Any] = {
    "kernel": _kernel,
    "approximation": _cubic,
    "spectrum": _spectrum,
    "Gaussian prior": _gaussian_prior,
    "orthant": _orthant,
    "truncated Gaussian": _truncated,
    "approximate posterior": _truncated,
    "nngp regression": _regression,
    "ntk regression": _regression,
}
