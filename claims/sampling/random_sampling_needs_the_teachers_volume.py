"""How many points random sampling needs is set by the teacher's volume, not by the student's size.

In words: Is the number of examples that random sampling needs set by how common the right function is, whatever the
network's size?

Source: Buzaglo et al. 2024, arXiv 2402.06323.

Teachers are narrow networks of one hidden ReLU layer, drawn at random, on the cube of 5 bits: the first of each width
that has between a quarter and three quarters of ones. Students have two hidden ReLU layers. The volume P(teacher) is
that of the teacher's function on the whole cube, in the students' limit of infinite width, as an orthant probability.
On subsets of m inputs, the same for every teacher, random sampling's test error on the other inputs is averaged over
P_B: of functions drawn on the whole cube, one sample for every teacher and set, over those that fit. Asked is the slope
of the error over −ln P(teacher) at m, the mean over students and training sets, in units of 1/(m + 1) a nat: by the
chain rule the mistakes on inputs given one after another cost at most −ln P(teacher) in all, so that an error which
only falls is at most 1 in these units for each nat. And by how much the error changes with the student's width: the
slope over ln width, the mean over teachers. Both are of these teachers alone, four at smoke: the intervals are over
training sets, and say nothing of teachers that were not drawn.

Objection: by the chain rule mistakes add up to −ln P(teacher) under the student's own volume: some relation is an
identity. What can fail is that one volume, of the widest students, serves those of every width, and that the error at
a fixed number of points follows it. No network is trained here, so that no null learner could stand in the place of
one: in that of random sampling, one whose error does not depend on the teacher has the slope 0, while nearest
neighbours err more on teachers of smaller volume, too.
"""

from dataclasses import replace
from functools import cache

import numpy as np

from claims.grids import two_layers
from harness.claim import claim, over
from harness.errors import BadInput, Undecided
from harness.problems import boolean_cube, training_sets
from harness.problems.cube import cube_subset
from harness.statistics.figures import curve
from harness.statistics.over_sets import share_over_sets, slope_over_sets
from harness.verdicts import at_least, within

BITS = 5
TEACHERS = {"smoke": (1, 2, 4, 8), "standard": (1, 2, 3, 4, 6, 8), "full": (1, 2, 3, 4, 6, 8)}
STUDENTS = {"smoke": (2, 160), "standard": (2, 5, 20, 160), "full": (2, 5, 20, 40, 160)}
# With so few of 32 inputs dozens of functions fit whatever the labels; the error of their mean is small beside the
# spread between sets.
SIZES = {"smoke": (8,), "standard": (8, 12), "full": (8, 12, 16)}
NATS = "slope of the random-sampled test error over −ln P(teacher), times m + 1"
SLOPE = "slope of the random-sampled test error over ln of the student's width"
DRAWS = {"smoke": 2**15, "standard": 2**16, "full": 2**18}
_SEED = 20240206


@cache
def teacher(width):
    """The labels of the first balanced teacher of this width, as a string."""
    rng = np.random.default_rng([_SEED, width])
    x = 2 * boolean_cube(BITS).eval_x - 1
    for _ in range(1000):
        hidden = np.maximum(x @ rng.normal(size=(BITS, width)) + rng.normal(size=width), 0)
        labels = (hidden @ rng.normal(size=width) + rng.normal() > 0).astype(int)
        if 0.25 <= labels.mean() <= 0.75:
            return "".join(map(str, labels))
    raise BadInput(f"No teacher of width {width} has between a quarter and three quarters of ones.")


def volumes(lab):
    """(teachers,) −ln P(teacher)."""
    functions = tuple(teacher(width) for width in TEACHERS[lab.scale.name])
    return -lab.named_volumes(two_layers(40), boolean_cube(BITS), functions).values


def errors(lab, m):
    """(teachers, students, sets) test errors of random sampling."""
    names, widths = TEACHERS[lab.scale.name], STUDENTS[lab.scale.name]
    drawn = [lab.prior(two_layers(width), boolean_cube(BITS), draws=DRAWS[lab.scale.name]) for width in widths]
    found = np.empty((len(names), len(widths), lab.sets))
    for i, width in enumerate(names):
        sets = training_sets(cube_subset, m, 2**BITS - m, bits=BITS, target=teacher(width))
        for k, problem in enumerate(lab.problems(sets)):
            found[i, :, k] = [error(functions, problem) for functions in drawn]
    return found


def error(functions, problem):
    """Mean test error of those that fit, among functions on the whole cube."""
    places = (problem.inputs @ 2 ** np.arange(BITS - 1, -1, -1)).astype(int)
    labels = functions.labels()[:, places]
    fits = (labels[:, : problem.m] == problem.train_y).all(1)
    if not fits.any():
        raise Undecided("No function that was drawn fits one of the training sets; more draws would have some.")
    wrong = (labels[fits, problem.m :] != problem.eval_y).mean(1)
    return float(np.average(wrong, weights=functions.counts[fits]))


def explained(volume, means):
    """R² of a line in the volume through errors (teachers, students)."""
    return float(np.corrcoef(np.repeat(volume, means.shape[1]), means.ravel())[0, 1] ** 2)


@claim(
    kind="empirical",
    of=NATS,
    predicts=at_least(
        0.1, because="set by the volume: each nat costs at least a tenth of the most that the chain rule lets it cost"
    ),
    speaks_for="architecture",
    known="at m = 8, over the first 8 training sets, a line in −ln P(teacher) explains 0.75 of the variance of the "
    "error over teachers of width 1 to 8 and students of width 2, 20 and 160, and 0.35 over the four teachers of smoke "
    "and students of width 2 and 160; the slope had not been seen",
)
@over(m=SIZES)
def test_the_teachers_volume_sets_the_error(lab, m):
    volume, found = volumes(lab), errors(lab, m)
    slope = slope_over_sets(volume, (m + 1) * found.mean(1), NATS)
    students, order = STUDENTS[lab.scale.name], np.argsort(volume)
    shown = {
        f"students of width {student}": [share_over_sets(found[k, i], "test error") for k in order]
        for i, student in enumerate(students)
    }
    note = f"A line in −ln P(teacher) explains {explained(volume, found.mean(2)):.2f} of the variance of mean errors."
    more = {"curve": curve("−ln P(teacher)", volume[order].tolist(), shown), "notes": [note]}
    return replace(slope, details={**slope.details, **more})


@claim(
    kind="empirical",
    of=SLOPE,
    predicts=within(
        0.0,
        0.02,
        because="not by the student's size: less than 0.02 for each factor of e is less than 0.09 from width 2 to 160, "
        "over which the parameters grow a thousandfold",
    ),
    speaks_for="architecture",
    known="at m = 8, over the first 8 training sets, 0.004 with students of width 2, 20 and 160",
)
@over(m=SIZES)
def test_the_students_width_does_not_matter(lab, m):
    return slope_over_sets(np.log(STUDENTS[lab.scale.name]), errors(lab, m).mean(0), SLOPE)
