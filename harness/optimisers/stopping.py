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


Stop = FirstFit | After


def check_stop(thing: object) -> None:
    """Raise BadInput unless it is a `Stop`."""
    if not isinstance(thing, Stop):
        raise BadInput(f"Training stops at FirstFit() or After(epochs=10), not at {short_repr(thing)}.")
