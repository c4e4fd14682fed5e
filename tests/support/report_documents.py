"""Results documents made by hand, for the tests of the report."""

import copy
import random

from harness.verdicts import Verdict
from harness.verdicts.claim_verdict import JudgedCell, claim_verdict

ERROR_CONTROL = "Within each claim the chance of any wrong verdict is at most 5%."


def claim(
    slug: str, room: str = "sampling", kind: str = "empirical", speaks_for: str = "architecture", **changes: object
) -> dict:
    """A claim's text."""
    return {
        "slug": slug,
        "room": room,
        "sentence": f"The sentence of {slug}.",
        "source": "A. Author 2026, arXiv 1234.56789.",
        "kind": kind,
        "speaks_for": speaks_for,
        "excludes": [],
        "quantity": "bias explained",
        "predicted": "at least 0.5",
        "reason": "half is much",
        "file": f"claims/{room}/{slug}.py",
        "computed": "How it is computed.",
        "verdict": "not judged",
        "summary": "",
        **changes,
    }


def estimate(value: float | None, low: float | None, high: float | None, **changes: object) -> dict:
    """An estimate of bias explained."""
    return {
        "quantity": "bias explained",
        "value": value,
        "low": low,
        "high": high,
        "level": 0.999,
        "n": 1500,
        "unit": "networks",
        "effective_n": 1500.0,
        "method": "Fieller interval",
        "noise_floor": 0.125,
        "looks": 2,
        "needed": None,
        **changes,
    }


def cell(slug: str, name: str, outcome: str, found: dict | None, parameters: dict, **changes: object) -> dict:
    """A cell; its verdict follows from its outcome unless it is given."""
    verdicts = {"changed": "refuted", "refuted, accepted": "refuted"}
    predicted = {"text": "at least 0.5", "low": 0.5, "high": None, "reason": "half is much"}
    return {
        "claim": slug,
        "id": name,
        "nodeid": f"claims/sampling/{slug}.py::test_{name}",
        "kind": "empirical",
        "test": name.partition(": ")[0],
        "holds": "every",
        "crux": False,
        "control": False,
        "known": "",
        "published": None,
        "parameters": parameters,
        "predicted": predicted,
        "estimate": found,
        "verdict": verdicts.get(outcome, outcome),
        "outcome": outcome,
        "accepted": {"changed": "supported", "refuted, accepted": "refuted"}.get(outcome),
        "message": f"The message of {name}.",
        "seconds": 1.5,
        "share_of_draws": 0.125,
        "seed": 0,
        "device": "cpu",
        "rerun": f"pytest '{slug}[{name}]' --seed 0",
        "details": {},
        **changes,
    }


def published_number(value: float, **changes: object) -> dict:
    """A published number beside a cell's estimate."""
    return {"value": value, "source": "A. Author 2025", "error": 0.0125, "why": "They counted otherwise.", **changes}


def document(claims: list[dict], cells: list[dict], **run: object) -> dict:
    """Claims and cells as a results document, the claims judged."""
    claims = copy.deepcopy(claims)
    for each in claims:
        mine = [
            JudgedCell(c["test"], c["id"], Verdict(c["verdict"]), c["kind"], c["holds"], c["control"])
            for c in cells
            if c["claim"] == each["slug"]
        ]
        each["verdict"], each["summary"] = claim_verdict(mine)
    return {
        "schema": 1,
        "run": {
            "started": "2026-11-24T08:00:30+00:00",
            "finished": "2026-11-24T08:05:30+00:00",
            "complete": True,
            "scale": "smoke",
            "seed": 0,
            "device": "cpu",
            "device_name": "a processor",
            "commit": "0123456789abcdef0123456789abcdef01234567",
            "versions": {"python": "3.11.7", "numpy": "2.4.6"},
            "command": "pytest claims/",
            "seconds": 300.0,
            "budget_seconds": None,
            "cells_expected": len(cells),
            "error_control": ERROR_CONTROL,
            "alpha": 0.05,
            **run,
        },
        "claims": {each["slug"]: each for each in claims},
        "cells": cells,
    }


def points(seed: int = 0, count: int = 40, bits: int = 8) -> list[dict]:
    """A P–P scatter: counts of functions in 1,000 trained and 500 sampled networks, some seen in one sample only."""
    rng = random.Random(seed)
    functions = [f"{number:0{bits}b}" for number in rng.sample(range(2 ** min(bits, 30)), count)]
    found = []
    for i, function in enumerate(functions):
        x = rng.randint(1, 60) / 500 if i % 7 else 0.0
        y = rng.randint(1, 120) / 1000 if i % 5 or not x else 0.0
        found.append(
            {
                "function": function,
                "x": x,
                "x_interval": [x * 0.8, min(x * 1.2 + 0.002, 1.0)],
                "y": y,
                "y_interval": [y * 0.8, min(y * 1.2 + 0.001, 1.0)],
                "error": rng.randint(0, 8) / 8,
                "target": i == 3,
            }
        )
    return found


def volumes(seed: int = 0, count: int = 40) -> list[dict]:
    """A P–K plot's points, most probable first."""
    rng = random.Random(seed)
    probabilities = sorted((2 ** -rng.uniform(2, 14) for _ in range(count)), reverse=True)
    return [{"function": f"{i:016b}", "k": 5 + 2.5 * (i // 4), "p": p} for i, p in enumerate(probabilities)]


def states(m: int = 4, n: int = 6) -> dict:
    """Densities of states of two networks; no network with none of the training points right was seen."""

    def network(name: str, shift: float, trained: list[float] | None) -> dict:
        table = [[-shift - abs(k - 2) - abs(j - 3) for j in range(n + 1)] for k in range(m + 1)]
        errors = [[0.5 - 0.05 * (k - 2), 0.45 - 0.05 * (k - 2), 0.55 - 0.05 * (k - 2)] for k in range(m + 1)]
        share = [[-shift - abs(k - 2), -shift - abs(k - 2) - 0.1, -shift - abs(k - 2) + 0.1] for k in range(m + 1)]
        return {
            "name": name,
            "log10_p": [[None] * (n + 1), *table[1:]],
            "of_training": [None, *share[1:]],
            "test_error": [None, *errors[1:]],
            "trained": trained,
        }

    return {"m": m, "n": n, "networks": [network("smooth", 0.5, [0.3, 0.25, 0.35]), network("rough", 40.0, None)]}


def sample() -> dict:
    """A document with a cell of every outcome, both plots, and grids that make curves."""
    claims = [claim("optimisers_sample"), claim("volume_is_simple", "complexity"), claim("limits", "features", "rival")]
    ends = {10: (0.6, 0.9), 40: (0.7, 1.1), 160: (-0.2, 0.3)}
    cells = []
    for number, (width, loss) in enumerate([(w, loss) for w in ends for loss in ("hinge", "square")]):
        low, high = ends[width]
        outcome = "supported" if low > 0.5 else "refuted"
        parameters = {"problem": "digits-m8", "m": 8, "architecture": f"fcn-{width}", "depth": 1, "width": width}
        details = {
            "scatter": points(number),
            "scatter_axes": ["P_B(f|S)", "P_OPT(f|S)"],
            "notes": [f"A note of {width}."],
            "secondary": [
                {
                    "quantity": "total variation",
                    "value": 0.3,
                    "low": 0.0,
                    "high": None,
                    "level": 0.95,
                    "noise_floor": None,
                    "method": "plug-in",
                }
            ],
        }
        found = estimate((low + high) / 2, low, high)
        name = f"bias: digits-m8-fcn-{width}-{loss}"
        cells.append(
            cell(
                "optimisers_sample",
                name,
                outcome,
                found,
                {**parameters, "loss": loss},
                details=details,
                kind="empirical",
            )
        )
    bound = {"complexity": volumes(), "bound": {"a": 0.5, "b": 1.0}}
    under = estimate(0.9, 0.85, 0.95, quantity="share under the bound", noise_floor=None)
    cells += [
        cell("volume_is_simple", "under: cube5", "supported", under, {"bits": 5, "complexity": "LZ76"}, details=bound),
        cell("volume_is_simple", "under: cube7", "refuted, accepted", under, {"bits": 7, "complexity": "LZ76"}),
        cell("limits", "only: changed", "changed", estimate(0.1, 0.0, 0.2), {"what": "changed"}, kind="rival")
        | {"details": {"states": states()}, "published": published_number(0.6)},
        cell("limits", "only: endless", "inconclusive", estimate(0.4, None, None), {"what": "endless"}, kind="rival"),
        cell("limits", "only: early", "inconclusive", estimate(None, None, None), {"what": "early"}, kind="rival"),
        cell("limits", "only: missing", "unavailable", None, {"what": "missing"}, kind="rival", message="Buy a GPU."),
        cell("limits", "only: senseless", "not asked", None, {"what": "senseless"}, kind="rival", message="No sense."),
        cell("limits", "only: broken", "error", None, {"what": "broken"}, kind="rival", message="Trace\nValueError: x"),
    ]
    return document(claims, cells)


def many(count: int, of_claims: int = 40, functions: int = 50) -> dict:
    """`count` cells, every one with a P–P scatter of so many functions on 64 points."""
    claims = [claim(f"claim_number_{i}", ("sampling", "features", "complexity")[i % 3]) for i in range(of_claims)]
    grid = [
        (m, width, optimiser, loss)
        for m in (8, 10, 12, 14, 16)
        for width in (10, 20, 40, 80, 160)
        for optimiser in ("sgd-lr0.1", "adam-lr0.003", "rmsprop-lr0.01")
        for loss in ("cross-entropy", "squared error")
    ]
    rng = random.Random(1)
    cells = []
    for number in range(count):
        slug = claims[number % of_claims]["slug"]
        m, width, optimiser, loss = grid[number // of_claims % len(grid)]
        value = rng.gauss(0.7, 0.3)
        found = estimate(value, value - rng.uniform(0.1, 0.4), value + rng.uniform(0.1, 0.4), noise_floor=0.0241226)
        parameters = {
            "problem": f"digits-even_odd-m{m}-n64",
            "m": m,
            "architecture": f"fcn-{width}-{width}-relu",
            "depth": 2,
            "width": width,
            "optimiser": optimiser,
            "loss": loss,
        }
        outcome = rng.choices(["supported", "refuted", "inconclusive"], [6, 2, 2])[0]
        name = f"bias_explained: digits-even_odd-m{m}-n64-fcn-{width}-{width}-relu-{optimiser}-{loss}-{number // 6000}"
        message = f"{outcome}: {slug} [{name}] predicted bias explained at least 0.5; measured {value:.4g}. " * 2
        details = {
            "scatter": points(number, functions, 64),
            "scatter_axes": ["P_B(f|S)", "P_OPT(f|S)"],
            "notes": [f"Mean test error: {rng.random():.3f} trained, {rng.random():.3f} sampled."] * 3,
        }
        cells.append(cell(slug, name, outcome, found, parameters, message=message, details=details))
    return document(claims, cells)


def sided() -> dict:
    """Claims of every side and verdict, with crux and control cells, training sets as dots, and rates in their unit."""
    claims = [
        claim("optimisers_sample", excludes=["uniform guessing", "majority label"]),
        claim("volumes_agree", "infinite_width", "theorem", "instrument"),
        claim("width_helps", kind="rival", speaks_for="optimiser"),
        claim("noise_is_minor"),
    ]
    rng = random.Random(3)
    cells = []
    for number, (data, ratio) in enumerate([(d, r) for d in ("digits", "fashion_mnist") for r in (0.1, 0.3, 3.0)]):
        value, half = (0.97, 0.06) if ratio < 1 else (0.2, 0.25)
        values = [rng.gauss(value, 3 * half) for _ in range(16)]
        details = {
            "sets": [*values[:15], None],
            "rates": [{"optimiser": "sgd", "rate": ratio * 0.16, "unit": 0.16, "ratio": ratio}],
        }
        found = estimate(value, value - half, value + half, n=15, unit="training sets", noise_floor=None)
        cells.append(
            cell(
                "optimisers_sample",
                f"bias: {data}-sgd-rho{ratio}",
                "supported" if ratio < 1 else "refuted",
                found,
                {"data": data, "optimiser": f"sgd-rho{ratio}"},
                details=details,
                crux=ratio == 0.3,
                known="0.98 on digits" if number == 1 else "",
            )
        )
    good, bad = estimate(0.9, 0.8, 1.0), estimate(0.1, 0.0, 0.2)
    cells += [
        cell("optimisers_sample", "check: digits", "supported", good, {"data": "digits"}, control=True),
        cell("volumes_agree", "agree: 8", "supported", good, {"m": 8}, kind="theorem"),
        cell("width_helps", "gain: 10", "supported", good, {"width": 10}, kind="rival", holds="some", crux=True),
        cell("width_helps", "gain: 40", "refuted", bad, {"width": 40}, kind="rival", holds="some", crux=True),
        cell("noise_is_minor", "noise: 1", "supported", good, {"batch": 1}),
        cell("noise_is_minor", "check: 8", "refuted", bad, {"batch": 8}, control=True),
    ]
    return document(claims, cells)


def held_against_published() -> dict:
    """Claims of every side, three cells of which have a published number: one agrees, one does not, one is missing."""
    found = sided()
    cells = {each["id"]: each for each in found["cells"]}
    cells["agree: 8"]["published"] = published_number(0.85)
    cells["gain: 40"]["published"] = published_number(0.75, error=0.0, why="")
    missing = cell("volumes_agree", "agree: 9", "unavailable", None, {"m": 9}, kind="theorem", message="Buy a GPU.")
    found["cells"].append(missing | {"published": published_number(-24.95)})
    return found
