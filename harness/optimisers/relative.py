"""Learning rates in units of the one at which an architecture's training on its data becomes unstable."""

from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, cast

from torch import Tensor

from harness.arguments import positive, set_fields
from harness.errors import BadInput
from harness.optimisers.rule import Optimiser, Unresolved, check_optimiser


@dataclass(frozen=True)
class Relative(Unresolved):
    """A rule whose learning rate is `ratio` (ρ) times its unit, which the lab measures at initialisation.

    The unit of a rule whose step grows with the gradient is the edge of stability, 2/λ for descent, with λ the loss's
    sharpness; that of any other rule is the rate whose first step changes the logits on S by their own size. See
    `samplers/training/units.py`. It depends on architecture, problem and loss, so that there is no rate before the lab
    is asked to train. The rule's own learning rate has no meaning, and is 1 here.
    """

    rule: Optimiser
    ratio: float

    def __post_init__(self) -> None:
        check_optimiser(self.rule)
        set_fields(
            self, rule=with_learning_rate(self.rule, 1.0), ratio=positive(self.ratio, "A relative learning rate")
        )

    @property
    def name(self) -> str:
        """E.g. sgd-rho0.3."""
        rho, name = f"rho{self.ratio:g}", f"{self.rule.name}-"
        return name.replace("-lr1-", f"-{rho}-", 1)[:-1] if "-lr1-" in name else name + rho

    @property
    def facts(self) -> dict[str, float]:
        """Facts by which the report groups cells."""
        return {"rho": self.ratio}

    @property
    def rotation_equivariant(self) -> bool:
        """As the rule is."""
        return self.rule.rotation_equivariant

    @property
    def full_batch(self) -> bool:
        """As the rule has it."""
        return self.rule.full_batch

    def start(self, rows: Tensor) -> list[Tensor]:  # noqa: ARG002 — the protocol's signature
        """Never: BadInput."""
        raise BadInput(self.unresolved)

    def step(self, rows: Tensor, gradients: Tensor, state: list[Tensor]) -> None:  # noqa: ARG002
        """Never: BadInput."""
        raise BadInput(self.unresolved)


def innermost(rule: Optimiser) -> Optimiser:
    """The rule that takes the steps, within schedules and noise."""
    while hasattr(rule, "optimiser"):
        rule = cast(Any, rule).optimiser
    return rule


def with_learning_rate(rule: Optimiser, rate: float) -> Optimiser:
    """The same rule at another learning rate, within schedules and noise; BadInput if it has none."""
    named: list[str] = [field.name for field in fields(rule)] if is_dataclass(rule) else []
    if "learning_rate" in named:
        return replace(cast(Any, rule), learning_rate=rate)
    if hasattr(rule, "at_rate"):
        return cast(Optimiser, rule.at_rate(rate))
    if "optimiser" in named:
        return replace(cast(Any, rule), optimiser=with_learning_rate(cast(Any, rule).optimiser, rate))
    raise BadInput(
        f"{rule.name} has no learning rate that could be relative; give a rule with one, such as Relative(SGD(), 0.3)."
    )


def stability_limit(rule: Optimiser) -> float | None:
    """The product of learning rate and curvature up to which full-batch descent by this rule converges; None for a
    rule whose step does not grow with the gradient.
    """
    limit = getattr(innermost(rule), "stability_limit", None)
    return None if limit is None else float(limit)
