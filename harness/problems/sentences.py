"""Sentences as tokens: film reviews, against (0) or in favour (1).

The sentence polarity data set v1.0 of Pang & Lee 2005 ("Seeing stars", ACL), which is for research use and is not
packaged: `movie_review.neg.txt` and `movie_review.pos.txt`, 5,331 sentences each, are read from the data folder.
"""

from collections import Counter
from functools import lru_cache

import numpy as np

from harness.arguments import MOST, are_counts, short_repr, switch
from harness.errors import BadInput
from harness.problems.datasets import external
from harness.problems.problem import Arrays, Problem
from harness.problems.splits import check_sizes, check_split, random_generator, split_indices

FILES = ("movie_review.neg.txt", "movie_review.pos.txt")
PADDING, OTHER = 0, 1


def sentences(
    m: int, n: int, vocabulary: int = 500, length: int = 24, split: int = 0, balanced: bool = True
) -> Problem:
    """Film reviews as sequences of tokens, one sentence per point.

    Token 0 fills the front of short sentences, so that each ends with its last word; long ones lose their end. Token 1
    stands for any word outside the vocabulary; the rest of the vocabulary are the most frequent words of the whole
    pool, the most frequent first and equally frequent ones in alphabetical order, which uses no label and does not
    depend on the split. Words are separated by spaces in the files: lower case, punctuation marks apart. Repeated
    sentences are taken once, and a sentence with both labels is left out: training and evaluation sentences differ.

    The data folder is read when the arrays are first needed; Unavailable if a file is missing.

    Args:
        m: training points.
        n: evaluation points.
        vocabulary: number of tokens, padding and other words included, at least 3.
        length: tokens per sentence.
        split: seed of the split.
        balanced: whether each set has equally many points per class.

    Returns:
        The problem; inputs (points, length) int64.

    Raises:
        BadInput: the vocabulary or the length is too small or too large.
    """
    check_sizes(m, n)
    check_split(split)
    switch(balanced, "Whether a split is balanced")
    if not are_counts(vocabulary, least=3) or vocabulary > MOST or not are_counts(length) or length > MOST:
        raise BadInput(
            "Sentences need at least 1 token and a vocabulary of at least 3, padding and other words included, not "
            f"length = {short_repr(length)} and vocabulary = {short_repr(vocabulary)}."
        )
    words = ["sentences", *([f"v{vocabulary}"] if vocabulary != 500 else []), *([f"t{length}"] if length != 24 else [])]
    words += [f"m{m}", f"n{n}"] + ([f"split{split}"] if split else []) + ([] if balanced else ["unbalanced"])
    facts = {"dataset": "sentences", "task": "polarity", "vocabulary": vocabulary, "length": length, "split": split}

    def load() -> Arrays:
        texts, y = _pool()
        # The split does not depend on how sentences are told: the same ones at every vocabulary and length.
        rng = random_generator("sentences", split)
        train, evaluation = split_indices(y, m, n, balanced, rng, "sentences")
        numbers = _numbers(vocabulary)
        train_x, eval_x = (tokens([texts[i] for i in chosen], numbers, length) for chosen in (train, evaluation))
        return Problem.from_arrays(train_x, y[train], eval_x, y[evaluation], vocabulary=vocabulary).arrays

    return Problem.later("-".join(words), m, n, facts, load, vocabulary=vocabulary)


def tokens(texts: list[str], numbers: dict[str, int], length: int) -> np.ndarray:
    """Turn texts into rows of tokens, padded at the front or cut at the end.

    Args:
        texts: sentences, with spaces between words.
        numbers: token of each word of the vocabulary.
        length: tokens per row.

    Returns:
        (texts, length) int64.
    """
    rows = np.full((len(texts), length), PADDING, dtype=np.int64)
    for row, text in zip(rows, texts, strict=True):
        found = [numbers.get(word, OTHER) for word in text.split()[:length]]
        row[length - len(found) :] = found
    return rows


def most_frequent(texts: list[str], words: int) -> list[str]:
    """The `words` most frequent words, the most frequent first, equally frequent ones in alphabetical order."""
    counts = Counter(word for text in texts for word in text.split())
    return sorted(counts, key=lambda word: (-counts[word], word))[:words]


@lru_cache
def _numbers(vocabulary: int) -> dict[str, int]:
    return {word: number for number, word in enumerate(most_frequent(_pool()[0], vocabulary - 2), start=2)}


@lru_cache
def _pool() -> tuple[list[str], np.ndarray]:
    """Different sentences, those against first, and their labels (sentences,)."""
    against, favour = (
        dict.fromkeys(line.strip() for line in external(name).decode("latin-1").split("\n") if line.strip())
        for name in FILES
    )
    both = against.keys() & favour.keys()
    kept = [[text for text in each if text not in both] for each in (against, favour)]
    return kept[0] + kept[1], np.repeat([0, 1], [len(each) for each in kept])
