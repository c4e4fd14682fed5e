"""The Gaussian-process estimates of the volume P(S) are close to the real one.

In words: Are the usual approximations to how often random weights fit the training set good ones?

Source: C. Mingard, LessWrong, 11 and 12 May 2021; Valle-Pérez, Camargo & Louis 2019, arXiv 1805.08522; Mingard et al.
2021, JMLR 22:79 (arXiv 2006.15191), which use them.

The exact ln P(S) of infinitely wide networks of two hidden ReLU layers, by minimax tilting, is held against what the
literature has in its place: expectation propagation (with the step, and with the probit likelihood that is the default
of its software), Laplace's approximation with the probit, and −KL of a regression on ±1 with noise variance 1; and
against ln P(S) of the same networks at finite width, by subset simulation. The estimate is the difference over what
the volume knows beyond guessing, which is ln P(S) + m ln 2: 0 for an estimate that is exact, −1 for guessing. It is
asked on one training set of each size: the deterministic approximations have no other error.

Objection: per training point every estimate of a volume is close to every other, and on few points guessing itself,
2^−m, was within the margin. Over what there is to know beyond guessing, guessing fails by all of it; and a training set
that is likelier than guessing by less than a nat is not asked, as those of 8 and 16 digits are.

Excluded: guessing, −1; an estimate that is right up to a factor of two for each point.
"""

from dataclasses import replace
from math import log

from claims.grids import DIGITS_FIRST, image_problem, two_layers
from claims.infinite_width.limits import by_scale, side_by_side, wide
from harness.claim import claim, over
from harness.errors import NotAsked
from harness.lab.infinite_width import METHODS
from harness.statistics.figures import curve
from harness.verdicts import within
from harness.verdicts.intervals import affine, slope

APPROXIMATIONS = ["EP", "EP, probit", "Laplace", "squared error, noise 1"]
SIZES = by_scale((32, 64), (32, 64, 128, 256), (32, 64, 128, 256, 600))
DIFFERENCE = "difference in ln P(S) over what it knows beyond guessing"
CLOSE = within(
    0.0,
    0.1,
    because="a tenth of what volume knows beyond guessing is the least that one would notice in a bound",
)


def difference(exact, other, m):
    """(other − exact)/(exact + m ln 2); the denominator is exact to a hundredth of a nat."""
    beyond = exact.value + m * log(2)
    if beyond < 1:
        raise NotAsked(f"ln P(S) is that of guessing plus {beyond:.1f} nats: volume knows too little of these labels.")
    return affine(slope((0, 1), [exact, other], quantity=DIFFERENCE), 1 / beyond)


@claim(
    kind="empirical",
    speaks_for="instrument",
    holds="every",
    known="at m = 32: EP −0.01, with the probit −0.43, Laplace −0.45, noise 1 1.2",
    of=DIFFERENCE,
    predicts=CLOSE,
)
@over(data=DIGITS_FIRST, method=APPROXIMATIONS, m=SIZES)
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


@claim(
    kind="empirical",
    speaks_for="instrument",
    holds="every",
    known="at m = 16, in nats per training point: −0.014 at width 10, 0.003 at 40; −0.01 of this at m = 32, width 40",
    of=DIFFERENCE,
    predicts=CLOSE,
)
@over(
    data=DIGITS_FIRST,
    width=by_scale((10,), (10, 40, 160), (10, 40, 160)),
    m=by_scale((32,), (32, 64), (32, 64)),
)
def test_finite_width(lab, data, width, m):
    problem = image_problem(data, m)
    estimates = {method: lab.infinite_evidence(wide(2), problem, method) for method in METHODS}
    estimates[f"width {width}"] = lab.subset_posterior(two_layers(width), problem, runs=8).evidence
    found = difference(estimates["exact"], estimates[f"width {width}"], m)
    return replace(found, details={"secondary": side_by_side(estimates)})
