"""How a claim is declared; scales and budget; what outside files add (`registry.py`)."""

from harness.claim.declaration import ClaimText, Question, claim, label, over, question_of, questions_in, values_id
from harness.claim.published import Published
from harness.claim.scales import SCALES, Scale
from harness.claim.space import Space

__all__ = [
    "SCALES",
    "ClaimText",
    "Published",
    "Question",
    "Scale",
    "Space",
    "claim",
    "label",
    "over",
    "question_of",
    "questions_in",
    "values_id",
]
