"""What the first screen asks, and what it says of every outcome: declared here, filled in with a run's crux cells.

A statement is about the crux cells of a few tests. Whatever a run finds has its sentence here, the opposite as well, so
that none is written to fit a result.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

YES, NO, PART, OPEN = "yes", "no", "part", "open"


@dataclass(frozen=True)
class Evidence:
    """Crux cells of one test, and what to say before their numbers.

    claim, test: where they are. yes, no, part: if all decided ones are supported, refuted, or some each. unit: after a
    number; percent: numbers are shown times 100.
    """

    claim: str
    test: str
    yes: str
    no: str
    part: str
    unit: str = ""
    percent: bool = False

    def said(self, state: str) -> str:
        """What to say in this state."""
        return {YES: self.yes, NO: self.no, PART: self.part}.get(state, undecided(self.yes))


@dataclass(frozen=True)
class Statement:
    """One sentence of the answer with its evidence; headline: a few words for each outcome, none if it has no part in
    the headline."""

    name: str
    yes: str
    no: str
    part: str
    evidence: tuple[Evidence, ...]
    headline: dict[str, str] = field(default_factory=dict)

    def said(self, state: str) -> str:
        """The sentence in this state."""
        return {YES: self.yes, NO: self.no, PART: self.part}.get(state, undecided(self.yes)) + "."


def undecided(sentence: str) -> str:
    """ "Not decided whether the fall begins at the edge"."""
    return f"Not decided whether {sentence[0].lower()}{sentence[1:]}"


_OWN = "own_volume_explains_training_better_than_anothers"
_BELOW = "below_the_edge_a_bad_bias_stays_bad"
_BEYOND = "beyond_the_edge_the_optimiser_supplies_the_bias"
_AGREEMENT = "agreement_holds_below_the_edge_of_stability"
_SWAPPED = "architecture_outweighs_optimiser"
_SHARPER = "training_is_sharper_than_sampling"
_COLDER = "training_errs_as_colder_sampling_does"

BELOW = Statement(
    "below",
    yes="Below the edge of stability, what training finds comes from the architecture’s volume, good or bad",
    no="Below the edge of stability, what training finds does not come from the architecture’s volume",
    part="Below the edge of stability, what training finds comes only in part from the architecture’s volume",
    headline={
        YES: "Below the edge of stability: the architecture.",
        NO: "Below the edge of stability: not the architecture.",
        PART: "Below the edge of stability: partly the architecture.",
        OPEN: "Below the edge of stability: not decided.",
    },
    evidence=(
        Evidence(
            _OWN,
            "own_volume_is_ahead",
            yes="What a network finds is likelier under its own architecture’s volume than under another’s, by",
            no="What a network finds is likelier under another architecture’s volume than under its own; own − other",
            part="What a network finds is likelier under its own volume for some pairs of architectures; own − other",
            unit="nats",
        ),
        Evidence(
            _BELOW,
            "it_does_not_generalise",
            yes="A chaotic network, whose volume hardly prefers simple functions, stays bad: test error",
            no="A chaotic network generalises, although its volume hardly prefers simple functions: test error",
            part="A chaotic network, whose volume hardly prefers simple functions, stays bad on some data: test error",
            unit="%",
            percent=True,
        ),
        Evidence(
            _BELOW,
            "it_errs_as_its_own_volume_does",
            yes="It errs as random samples of its volume do; trained − sampled",
            no="It does not err as random samples of its volume do; trained − sampled",
            part="It errs as random samples of its volume do on some data; trained − sampled",
            unit="points",
            percent=True,
        ),
        Evidence(
            _AGREEMENT,
            "volume_explains_training",
            yes="Training and random sampling find much the same functions: bias explained (of 1)",
            no="Training and random sampling find different functions: bias explained (of 1)",
            part="Training and random sampling find much the same functions on some data: bias explained (of 1)",
        ),
    ),
)

BEYOND = Statement(
    "beyond",
    yes="Beyond the edge, the optimiser supplies the bias",
    no="Beyond the edge, the optimiser does not supply the bias either",
    part="Beyond the edge, the optimiser supplies the bias only in part",
    headline={
        YES: "Beyond it: the optimiser.",
        NO: "Beyond it: not the optimiser.",
        PART: "Beyond it: partly the optimiser.",
        OPEN: "Beyond it: not decided.",
    },
    evidence=(
        Evidence(
            _BEYOND,
            "the_error_falls",
            yes="The chaotic network’s test error falls from 0.3 to 10 times the edge, by",
            no="The chaotic network’s test error does not fall by 5 points from 0.3 to 10 times the edge, but by",
            part="The chaotic network’s test error falls from 0.3 to 10 times the edge on some data, by",
            unit="points",
            percent=True,
        ),
        Evidence(
            _BEYOND,
            "it_leaves_its_own_volume",
            yes="What it then finds is likelier under a ReLU network’s volume than under its own, by",
            no="What it then finds is still likelier under its own volume than under a ReLU network’s; ReLU − own",
            part="What it then finds is likelier under a ReLU network’s volume on some data; ReLU − own",
            unit="nats",
        ),
        Evidence(
            _BEYOND,
            "it_begins_at_the_edge",
            yes="The fall begins at the edge; done by there is",
            no="The fall does not begin at the edge; done by there is",
            part="The fall begins at the edge on some data; done by there is",
            unit="%",
            percent=True,
        ),
    ),
)

COLDER = Statement(
    "colder",
    yes="What the optimiser adds beyond the edge is, as far as asked, a temperature: training is like colder random "
    "sampling of its own architecture",
    no="What the optimiser adds beyond the edge is more than a temperature",
    part="What the optimiser adds beyond the edge is only in part a temperature",
    evidence=(
        Evidence(
            _COLDER,
            "it_errs_as_a_power_does",
            yes="Training errs as random sampling does at the temperature at which its functions are as likely; the "
            "difference is",
            no="Training does not err as random sampling does at the temperature at which its functions are as likely; "
            "the difference is",
            part="Training errs as random sampling at a lower temperature does in some settings; the difference is",
            unit="points",
            percent=True,
        ),
    ),
)

SWAPPED = Statement(
    "swapped",
    yes="Swapping the architecture moves the test error more than swapping optimiser and rate, and training is "
    "sharper than sampling",
    no="Swapping the architecture does not move the test error more than swapping optimiser and rate; below the edge "
    "training is hardly sharper than sampling",
    part="Swapping the architecture, and swapping optimiser and rate, both move the test error",
    evidence=(
        Evidence(
            _SWAPPED,
            "architecture_has_most_of_the_variance",
            yes="Architectures have most of the error’s variance among ReLU networks at 0.1 to 3 times the edge:",
            no="Optimisers and rates have most of the error’s variance among ReLU networks at 0.1 to 3 times the edge; "
            "architectures have",
            part="Architectures have most of the error’s variance among ReLU networks on some data:",
            unit="%",
            percent=True,
        ),
        Evidence(
            _SHARPER,
            "functions_are_more_concentrated",
            yes="Training is more concentrated than sampling by a tenth or more, at 0.3 of the edge: sharpness",
            no="Training is not a tenth more concentrated than sampling at 0.3 of the edge: sharpness",
            part="Training is a tenth more concentrated than sampling on some data, at 0.3 of the edge: sharpness",
        ),
    ),
)

STATEMENTS = (BELOW, BEYOND, COLDER, SWAPPED)

# Of a comparison of one's own network (`harness/run/compare/questions.py`).
EXPLAINED = Statement(
    "explained",
    yes="Random weights that fit explain most of what training finds",
    no="Random weights that fit do not explain most of what training finds",
    part="Random weights that fit explain most of what training finds in some cells only",
    headline={
        YES: "Volume explains what training finds.",
        NO: "Volume does not explain what training finds.",
        PART: "Volume explains what training finds in some cells.",
        OPEN: "Not decided whether volume explains what training finds.",
    },
    evidence=(
        Evidence(
            "random_sampling_explains_training",
            "bias",
            yes="Training and random sampling find much the same functions: bias explained (of 1)",
            no="Training and random sampling find different functions: bias explained (of 1)",
            part="Training and random sampling find much the same functions in some cells: bias explained (of 1)",
        ),
    ),
)
DIFFERENCES = Statement(
    "differences",
    yes="Training differs little from random sampling",
    no="Training differs from random sampling in sharpness and in test error",
    part="Training differs from random sampling in part",
    evidence=(
        Evidence(
            "training_goes_where_volume_points",
            "direction",
            yes="It moves where volume points: c",
            no="It moves elsewhere than volume points: c",
            part="It moves where volume points in some cells: c",
        ),
        Evidence(
            "training_is_as_sharp_as_sampling",
            "sharpness",
            yes="It is as sharp to a tenth: s",
            no="It is sharper, or less sharp, by more than a tenth: s",
            part="It is as sharp to a tenth in some cells: s",
        ),
        Evidence(
            "training_generalises_as_sampling_does",
            "advantage",
            yes="Test errors differ by less than 5 points: sampled − trained",
            no="Test errors differ by more than 5 points: sampled − trained",
            part="Test errors differ by less than 5 points in some cells: sampled − trained",
            unit="points",
            percent=True,
        ),
        Evidence(
            "volume_knows_more_than_labels",
            "log_volume",
            yes="What training finds is likelier under volume than under coins with its label frequencies, by",
            no="What training finds is hardly likelier under volume than under coins with its label frequencies, by",
            part="What training finds is likelier under volume than under coins in some cells, by",
            unit="nats",
        ),
    ),
)
COMPARED = (EXPLAINED, DIFFERENCES)


def statements_of(claims: Iterable[str]) -> tuple[Statement, ...]:
    """What the first screen asks of a page with these claims."""
    asked = {each.claim for statement in COMPARED for each in statement.evidence}
    return COMPARED if asked & set(claims) else STATEMENTS
