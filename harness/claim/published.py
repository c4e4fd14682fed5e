"""A number that others have published, beside which a cell's estimate is shown."""

from dataclasses import dataclass

from harness.arguments import is_number, not_negative, set_fields, short_repr
from harness.errors import BadInput
from harness.verdicts import Prediction, within

# A published number and its sample's share of doubt: beyond three standard errors, a chance of 0.003 at most.
_ERRORS = 3.0


@dataclass(frozen=True)
class Published:
    """A published number.

    value: the number, of the quantity that the test estimates. source: who published it, in a few words. error: its
    standard error; 0 if it is exact, or if its own error is far below the margin it is compared with. why: how the
    published set-up is known to differ from the test's, or why a disagreement is expected; empty if it is the same.
    """

    value: float
    source: str
    error: float = 0.0
    why: str = ""

    def __post_init__(self) -> None:
        if not is_number(self.value):
            raise BadInput(f"A published value is a finite number, not {short_repr(self.value)}.")
        if not isinstance(self.source, str) or not self.source.strip() or not isinstance(self.why, str):
            raise BadInput(f"A published number says in words who published it, not {short_repr(self.source)}.")
        set_fields(self, value=float(self.value), error=not_negative(self.error, "A standard error"))

    def agrees(self, margin: float, *, because: str) -> Prediction:
        """Predict that an estimate is the published number, up to its own error and a margin.

        Args:
            margin: the least difference that would matter, in the number's unit; its three standard errors are added.
            because: reason for the margin, stated before the run.

        Returns:
            The region value ± (margin + 3 standard errors).
        """
        return within(self.value, margin + _ERRORS * self.error, because=because)
