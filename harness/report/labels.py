"""Names that a reader sees in the place of the identifiers of data, networks, optimisers and parameters."""

import re
from typing import Any

from harness.report.words import number, plural

_DATA = {"fashion_mnist": "Fashion-MNIST", "mnist": "MNIST"}
_RULES = {
    "sgd": "SGD",
    "adam": "Adam",
    "momentum": "momentum",
    "rmsprop": "RMSprop",
    "adagrad": "Adagrad",
    "adadelta": "Adadelta",
    "gd": "full-batch descent",
}
_WORDS = {"relu": "ReLU", "nngp": "NNGP", "ntk": "NTK"}
# Of networks and problems: what a part of the name says.
_PARTS = (
    (r"sw([\d.]+)", r"σ_w = \1"),
    (r"sb([\d.]+)", r"σ_b = \1"),
    (r"m(\d+)", r"m = \1"),
    (r"n(\d+)", r"n = \1"),
    (r"split(\d+)", r"split \1"),
    (r"cube(\d+)", r"\1-bit cube"),
    (r"dense(\d+)", r"dense \1"),
    (r"heads(\d+)", r"\1 heads"),
    (r"ff(\d+)", r"feed-forward \1"),
    (r"blocks(\d+)", r"\1 blocks"),
    (r"tokens(\d+)x(\d+)", r"\2 tokens of \1"),
    (r"tokens(\d+)", r"\1 tokens"),
    (r"l(\d+)", r"\1 layers"),
)
_KINDS = {"cnn": "CNN", "resnet": "ResNet", "lstm": "LSTM", "transformer": "transformer", "clauses": "clauses"}
# Parameters whose name is not the word for it, and words that say nothing without the parameter's name.
_NAMES = {
    "ratio": "ρ",
    "rho": "ρ",
    "sigma_w": "σ_w",
    "wrong": "share of wrong labels",
    "past": "epochs past the fit",
    "second": "second task",
    "volume": "volume of",
    "rival": "against",
    "other": "against",
    "matched": "equal",
    "further": "further epochs",
    "stop": "until",
}
# Counts that are said as such: 16 training points.
_COUNTED = {
    "m": "training point",
    "n": "evaluation point",
    "bits": "bit",
    "layers": "layer",
    "epochs": "epoch",
    "weights": "weight",
}
# Quantities that are no plain numbers.
_UNITS = ((r"ln P\([^/]*$|gain in ln evidence|lead of one ReLU", "nats"), (r"log2 of|least b", "bits"))
_SAID_WITH_NAME = ("second", "trained", "volume", "rival", "other", "without", "matched", "stop")


def name(key: str) -> str:
    """A parameter's name: ρ for ratio, the number of training points for m."""
    return f"the number of {_COUNTED[key]}s" if key in _COUNTED else _NAMES.get(key, key.replace("_", " "))


def titled(quantity: str) -> str:
    """A quantity with its unit, if it has one: ln P(S), nats."""
    unit = next((unit for pattern, unit in _UNITS if re.match(pattern, quantity)), "")
    return f"{quantity}, {unit}" if unit else quantity


def bare(value: Any, key: str) -> str:
    """A parameter's value without its name, where that is said beside it: 16 for m, SGD for rule."""
    if not isinstance(value, str):
        return str(value) if isinstance(value, bool) else number(value)
    return label(value, key).removeprefix(f"{name(key)} ").removesuffix(f" {name(key)}")


def label(value: Any, key: str = "") -> str:
    """A parameter's value: fashion_mnist is Fashion-MNIST, sgd-rho0.3 is SGD at ρ = 0.3, fcn-40-40-relu is ReLU 40–40.

    Args:
        value: number or text; text that is no known identifier stays as it is.
        key: the parameter's name.

    Returns:
        The label, with the parameter's name where it says little without.
    """
    if key in _COUNTED and isinstance(value, int):
        return plural(value, _COUNTED[key])
    if not isinstance(value, str):
        said = str(value) if isinstance(value, bool) else number(value, digits=6)
        return f"{name(key)} {said}".strip()
    if key in ("rule", "optimiser") or re.match(r"[a-z]+-(rho|lr)[\d.]", value):
        text = _optimiser(value)
    elif re.match(r"(fcn|perceptron|cnn|resnet|lstm|transformer|clauses)-", value):
        text = _network(value)
    elif re.match(r"cube\d|[\w ]+-m\d", value):
        text = ", ".join(map(_part, value.replace("without-origin", "without origin").split("-")))
    else:
        text = _WORDS.get(value, _data(value))
    if key == "layer":
        return f"{text} layer"
    return f"{name(key)} {text}" if key in _SAID_WITH_NAME else text


def _data(text: str) -> str:
    return re.sub(r"\b(fashion_mnist|mnist)\b", lambda found: _DATA[found[1]], text)


def _optimiser(text: str) -> str:
    rule, *rest = text.split("-")
    said = [_RULES.get(rule, rule)]
    for part in rest:
        if found := re.fullmatch(r"rho([\d.]+)", part):
            said.append(f"at ρ = {found[1]}")
        elif found := re.fullmatch(r"lr([\d.]+)", part):
            said.append(f"at the rate {found[1]}")
        else:
            said.append(f"({part})")
    return " ".join(said)


def _network(text: str) -> str:
    kind, *rest = text.split("-")
    sizes = [part for part in rest if part.isdecimal()]
    others = [part for part in rest if not part.isdecimal()]
    if kind == "fcn":
        activation = next((part for part in others if part in ("relu", "tanh", "erf")), "")
        head = f"{_WORDS.get(activation, activation)} {'–'.join(sizes)}".strip()
        others = [part for part in others if part != activation]
    else:
        sizes += [part.replace("x", "×") for part in others if re.fullmatch(r"\d+x\d+", part)]
        others = [part for part in others if not re.fullmatch(r"\d+x\d+", part)]
        head = " ".join(part for part in (_KINDS.get(kind, kind), "–".join(sizes)) if part)
    return ", ".join([head, *map(_part, others)])


def _part(text: str) -> str:
    for pattern, said in _PARTS:
        if re.fullmatch(pattern, text):
            return re.sub(r"^1 (\w+)s\b", r"1 \1", re.sub(pattern, said, text))
    return _WORDS.get(text, _data(text).replace("_", " "))
