"""The Gaussian-process estimates of the volume P(S) are close to the real one.

Source: C. Mingard, LessWrong, 11 and 12 May 2021; Valle-Pérez, Camargo & Louis 2019, arXiv 1805.08522; Mingard et al.
2021, JMLR 22:79 (arXiv 2006.15191), which use them.

The exact ln P(S) of infinitely wide networks of two hidden ReLU layers, by minimax tilting, is held against what the
literature has in its place: expectation propagation (with the step, and with the probit likelihood that is the default
of its software), Laplace's approximation with the probit, and −KL of a regression on ±1 with noise variance 1; and
against ln P(S) of the same networks at finite width, by subset simulation. The estimate is the difference in nats for
each training point.
"""

from dataclasses import replace

from claims.grids import DATA, image_problem, two_layers
from claims.infinite_width.limits import by_scale, side_by_side, wide
from harness.claim import claim, over
from harness.lab.infinite_width import METHODS
from harness.statistics.figures import curve
from harness.verdicts import within
from harness.verdicts.intervals import slope

APPROXIMATIONS = ["EP", "EP, probit", "Laplace", "squared error, noise 1"]
SIZES = by_scale((8, 16, 32, 64), (8, 16, 32, 64, 128, 256), (8, 16, 32, 64, 128, 256, 600))
DIFFERENCE = "difference in ln P(S) per training point"
CLOSE = within(
    0.0,
    0.07,
    because="a tenth of a bit, where guessing costs one bit a training point, is a tenth of the scale on which volumes "
    "are compared and of the exponent in the PAC-Bayes bound",
)


def difference(exact, other, m):
    """(other − exact)/m in nats, as a slope over 0 and m."""
    return slope((0, m), [exact, other], quantity=DIFFERENCE)


@claim(kind="empirical", speaks_for="instrument", holds="every", of=DIFFERENCE, predicts=CLOSE)
@over(data=DATA, method=APPROXIMATIONS, m=SIZES)
def test_approximation(lab, data, method, m):
    sizes = [size for size in SIZES[lab.scale.name] if size <= m]
    exact, approximate = (
        [lab.infinite_evidence(wide(2), image_problem(data, size), each) for size in sizes]
        for each in ("exact", method)
    )
    found = difference(exact[-1], approximate[-1], m)
    if m < max(SIZES[lab.scale.name]):
        return found
    return replace(found, details={"curve": curve("m", sizes, {"exact": exact, method: approximate})})


@claim(kind="empirical", speaks_for="instrument", holds="every", of=DIFFERENCE, predicts=CLOSE)
@over(data=DATA, width=[10, 40, 160], m=by_scale((16,), (16, 32), (16, 32, 64)))
def test_finite_width(lab, data, width, m):
    problem = image_problem(data, m)
    estimates = {method: lab.infinite_evidence(wide(2), problem, method) for method in METHODS}
    estimates[f"width {width}"] = lab.posterior_by_runs(two_layers(width), problem).evidence
    found = difference(estimates["exact"], estimates[f"width {width}"], m)
    return replace(found, details={"secondary": side_by_side(estimates)})
