"""When a network's training stops, and its function is recorded."""

from dataclasses import dataclass

from harness.arguments import counts, set_fields, short_repr
from harness.errors import BadInput


@dataclass(frozen=True)
class FirstFit:
    """Stop at the first fit of all of S, checked before training and after each epoch, or `further` epochs after it.

    further: epochs of overtraining; a network that no longer fits at their end counts as unfitted.
    """

    further: int = 0

    def __post_init__(self) -> None:
        set_fields(self, **counts("Training after the first fit", 0, further=self.further))


@dataclass(frozen=True)
class After:
    """Stop after a number of epochs, or of updates (steps of the optimiser), whether or not the network fits; give one
    of the two.
    """

    epochs: int | None = None
    updates: int | None = None

    def __post_init__(self) -> None:
        given = {name: value for name in ("epochs", "updates") if (value := getattr(self, name)) is not None}
        if len(given) != 1:
            raise BadInput(
                f"Training stops after a number of epochs or of updates, one of the two and not negative, not after "
                f"epochs = {short_repr(self.epochs)} and updates = {short_repr(self.updates)}."
            )
        set_fields(self, **counts("Training for a number of epochs or of updates", 0, **given))

    def of_updates(self, updates_an_epoch: int) -> int:
        """Number of updates until it stops."""
        return self.updates if self.updates is not None else (self.epochs or 0) * updates_an_epoch


@dataclass(frozen=True)
class BestValidation:
    """Train for a time, and take each network as it was when it fitted S and was right on most validation points.

    These are the last `points` evaluation points, which are then no test points; of equally good times the last one
    counts. A network that fits S at none of the times is taken as it is at the end, unfitted. Choosing by held-out
    points is model selection, which random sampling does without.

    epochs: how long the networks are trained.
    points: validation points, fewer than there are evaluation points.
    every: epochs between two checks; the first is before training.
    """

    epochs: int
    points: int
    every: int = 1

    def __post_init__(self) -> None:
        set_fields(self, **counts("Training for the best validation", 0, epochs=self.epochs))
        set_fields(self, **counts("Training for the best validation", points=self.points, every=self.every))

    def of_updates(self, updates_an_epoch: int) -> int:
        """Number of updates until it stops."""
        return self.epochs * updates_an_epoch


Stop = FirstFit | After | BestValidation


def check_stop(thing: object) -> None:
    """Raise BadInput unless it is a `Stop`."""
    if not isinstance(thing, Stop):
        raise BadInput(
            "Training stops at FirstFit(), After(epochs=10) or BestValidation(epochs=10, points=8), not at "
            f"{short_repr(thing)}."
        )
