"""The words of the page: a line and a formula each, and the text in which their first use leads to them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape


@dataclass(frozen=True)
class Term:
    """A term: key, the name in the glossary, the words in the text that mean it (a regular expression), a line, and a
    formula, which may be empty."""

    key: str
    name: str
    words: str
    line: str
    formula: str = ""


TERMS = (
    Term(
        "function",
        "function f",
        r"[Ff]unctions?",
        "The labels that a network gives to the evaluation points. Two networks with the same labels there have the "
        "same function, whatever they do elsewhere.",
        "f ∈ {0, 1}ⁿ",
    ),
    Term(
        "training-set",
        "training set S, its m points",
        r"[Tt]raining (?:sets?|points?)",
        "The labelled examples that a network has to get right. On the other points, the evaluation points, its labels "
        "tell which function it has become.",
    ),
    Term(
        "fit",
        "fit, first fit",
        r"first fits?|fits?(?= the training set)|networks that fit",
        "A network fits when it gives every training point its label. Training stops there, at its first fit, unless a "
        "claim says otherwise.",
    ),
    Term(
        "volume",
        "parameter volume P(f)",
        r"(?:[Pp]arameter )?[Vv]olumes?|P\(f\)",
        "How often a network with freshly drawn parameters has the function f.",
        "P(f) = ∫ 1[f_θ = f] p(θ) dθ",
    ),
    Term(
        "random-sampling",
        "random sampling, P_B",
        r"[Rr]andom[- ]sampl(?:ing|ed)|P_B|posteriors?",
        "Drawing parameters at random until the network fits the training set S; P_B is how often each function then "
        "comes out.",
        "P_B(f|S) = P(f and fits S)/P(S)",
    ),
    Term(
        "p-opt",
        "P_OPT",
        r"P_OPT",
        "How often training gives the function f: networks start as they are drawn, and stop at their first fit of S.",
        "P_OPT(f|S)",
    ),
    Term(
        "evidence",
        "evidence P(S)",
        r"evidence|P\(S\)",
        "How often a network with freshly drawn parameters fits the training set S.",
        "P(S) = Σ P(f) over all f that fit S",
    ),
    Term(
        "log-volume",
        "log volume ln P(f|S)",
        r"log volumes?|ln P(?:_[AB])?\(f\|S\)",
        "How likely random sampling of an architecture is to find f, in nats: one nat is a factor of e = 2.7.",
        "ln P(f|S) = ln P(S ∪ f) − ln P(S)",
    ),
    Term(
        "edge",
        "edge of stability",
        r"edge of stability|the edge(?! of)",
        "The learning rate up to which full-batch descent converges on a quadratic as curved as the loss is at the "
        "start.",
        "2/λ, λ the largest curvature",
    ),
    Term(
        "rho",
        "relative learning rate ρ",
        r"ρ",
        "The learning rate in units of the edge of stability; for Adam, of the rate whose first step changes the "
        "outputs by as much as they are.",
        "ρ = η/(2/λ)",
    ),
    Term(
        "bias-explained",
        "bias explained",
        r"bias explained",
        "How close training is to random sampling, against how far random sampling is from uniform guessing: 1 is "
        "equal, 0 as far. It is below 0 also where training goes the same way, but further.",
        "1 − D(P_OPT, P_B)/D(U, P_B) = 2sc − s²",
    ),
    Term(
        "direction",
        "direction c",
        r"direction c",
        "Whether training goes where volume points: the cosine of the two ways from uniform guessing.",
        "c = cos(P_OPT − U, P_B − U)",
    ),
    Term(
        "sharpness",
        "sharpness s",
        r"sharpness s|sharper",
        "How much more concentrated training is than random sampling: above 1 if it is.",
        "s = ‖P_OPT − U‖/‖P_B − U‖",
    ),
    Term(
        "mmd",
        "squared MMD, D",
        r"(?:squared )?MMDs?",
        "A distance between two distributions over functions, in which functions that differ on few points are near.",
        "D(P, Q) = E k(f, f′) + E k(g, g′) − 2 E k(f, g)",
    ),
    Term(
        "coins",
        "coins",
        r"coins",
        "A learner that draws each point’s label by itself, with the probability that random sampling gives to it.",
        "∏ᵢ p(fᵢ)",
    ),
    Term(
        "chaotic",
        "ordered, chaotic",
        r"chaotic|ordered(?= networks?)|σ_w",
        "With small weights nearby inputs come closer from layer to layer (ordered), with large ones they part "
        "(chaotic); a chaotic network’s volume hardly prefers simple functions.",
        "tanh: σ_w = 1 ordered, σ_w = 4 chaotic",
    ),
    Term(
        "infinite-width",
        "infinite width, NNGP, NTK",
        r"infinite(?:ly wide)? ?(?:width)?|NNGP|NTK",
        "As layers get wider a random network’s outputs become a Gaussian process (kernel NNGP), and training "
        "becomes that of a linear model (kernel NTK).",
        "logits ~ N(0, K)",
    ),
    Term(
        "complexity",
        "complexity K, LZ76",
        r"LZ76|K\(f\)",
        "How long a description of f’s labels is, here by the number of new words in a Lempel–Ziv parsing.",
        "P(f) ≤ 2^(−aK(f) + b)",
    ),
    Term(
        "entropy",
        "entropy of a function",
        r"entrop(?:y|ies)",
        "How evenly a function's labels are split: 0 where all points get the same label, most where half get each.",
    ),
    Term(
        "kind",
        "theorem, empirical, open, rival",
        r"[Tt]heorems?|[Rr]ivals?",
        "A theorem is proved, so that a refutation points to a mistake in the software; an empirical claim was "
        "observed by somebody; an open one has no agreed answer; a rival holds against volume.",
    ),
    Term(
        "side",
        "speaks for",
        r"speaks? for",
        "Whose answer a claim is evidence for if it holds: the architecture's or the optimiser's. An instrument is a "
        "check of this software and speaks for neither.",
    ),
    Term(
        "accepted",
        "accepted",
        r"accepted",
        "A reviewer has read this verdict and taken it for a finding; a run stops only where the opposite comes out.",
    ),
    Term(
        "null",
        "null learner",
        r"[Nn]ull learners?",
        "A rule without what a claim is about, such as uniform guessing. Put in the place of training, it must not "
        "make the claim hold.",
    ),
    Term(
        "cell",
        "cell, crux, control",
        r"cells?|crux|controls?",
        "A cell is one setting with one estimate and one verdict; the crux are the few that decide, a control is "
        "shown and not counted.",
    ),
    Term(
        "region",
        "predicted region, verdict",
        r"predicted region",
        "What was predicted before the run. Supported: the whole interval lies in it; refuted: outside; else "
        "inconclusive.",
        "[low, high] ⊂ region",
    ),
    Term(
        "interval",
        "interval, look",
        r"intervals?|looks?",
        "Where the true value lies, at a level that divides 5 % over all cells and looks of a claim, a crux cell "
        "having six times the share of another; a look is one judgement, the next has twice the sample.",
        "α × share/looks",
    ),
    Term(
        "noise-floor",
        "noise floor",
        r"[Nn]oise floors?",
        "What a distance reads between two samples, of these sizes, of one distribution.",
    ),
)
_WORDS = re.compile(
    r"(?<![\w‘’'-])(?:" + "|".join(f"(?P<t{i}>{term.words})" for i, term in enumerate(TERMS)) + r")(?![\w-])"
)

# A name of several words in the backticks of a docstring: a claim.
_QUOTED = re.compile(r"`([a-z0-9]+(?:_[a-z0-9]+)+)`")


def explained(text: str, seen: set[str], claims: Sequence[Mapping[str, Any]] = ()) -> Markup:
    """The text, the first use of each term a button that shows what it means.

    Args:
        text: plain text, names of claims and of code in backticks.
        seen: keys of the terms that the section has had; those of this text are added.
        claims: those of the page, whose names become links.

    Returns:
        The text as markup.
    """
    slugs = {claim["slug"]: claim["name"] for claim in claims}
    parts = []
    for part in _QUOTED.split(text):
        if part in slugs:
            parts.append(Markup('<a href="#{}">{}</a>').format(part, slugs[part]))
        else:
            parts.append(_explained(part, seen))
    return Markup("").join(parts)


def _explained(text: str, seen: set[str]) -> Markup:
    parts, end = [], 0
    for found in _WORDS.finditer(text):
        term = TERMS[int(str(found.lastgroup)[1:])]
        if term.key not in seen:
            seen.add(term.key)
            button = Markup('<button type="button" class="term" popovertarget="term-{}">{}</button>')
            parts += [escape(text[end : found.start()]), button.format(term.key, found[0])]
            end = found.end()
    return Markup("").join([*parts, escape(text[end:])])
