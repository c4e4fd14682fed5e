"""Public functions of three arguments or more have a docstring with all parts, in Google's style.

python tools/check_docstrings.py [FILE OR FOLDER ...]    harness/ by default; exit code 1 if a docstring lacks a part

The parts: one sentence; `Args:` with an entry for each argument; `Returns:`, unless the function returns None; and
`Raises:`, if it raises an exception of harness/errors.py itself. Neither ruff (D417 accepts a docstring that has no
`Args:`) nor pydoclint can be limited to functions of three arguments or more. Exempt are functions within functions,
and methods that a Protocol declares with these arguments, which are described there once for all classes.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

HARNESS = Path(__file__).resolve().parents[1] / "harness"
LEAST_ARGUMENTS = 3
Function = ast.FunctionDef | ast.AsyncFunctionDef


def parsed(path: Path) -> list[ast.stmt]:
    """The statements of a file."""
    return ast.parse(path.read_text(encoding="utf-8")).body


ERRORS = {node.name for node in parsed(HARNESS / "errors.py") if isinstance(node, ast.ClassDef)}


def functions(body: list[ast.stmt], owner: ast.ClassDef | None = None) -> Iterator[tuple[Function, list[str] | None]]:
    """Public functions and methods, each with the base classes of its class, or None for a function of the module."""
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from functions(node.body, node)
        elif isinstance(node, Function) and not node.name.startswith("_"):
            yield node, None if owner is None else [*map(ast.unparse, owner.bases)]


def argument_names(function: Function, bases: list[str] | None) -> list[str]:
    """The arguments' names, without self and cls, and without those that only a signature needs, such as _."""
    given = function.args
    bound = bases is not None and "staticmethod" not in map(ast.unparse, function.decorator_list)
    listed = [*[*given.posonlyargs, *given.args][bound:], given.vararg, *given.kwonlyargs, given.kwarg]
    return [argument.arg for argument in listed if argument and argument.arg[0] != "_"]


def missing(function: Function, names: list[str]) -> list[str]:
    """The parts that the docstring of a function with these arguments lacks."""
    first, *rest = re.split(r"^(Args|Returns|Yields|Raises):", ast.get_docstring(function) or "", flags=re.MULTILINE)
    parts = dict(zip(rest[::2], rest[1::2], strict=True))
    entries = re.findall(r"^    \*{0,2}(\w+): *\S", parts.get("Args", ""), re.MULTILINE)
    lacks = [] if first.split("\n\n")[0].strip().endswith((".", "?")) else ["a first sentence"]
    lacks += [f"{name} in Args" for name in names if name not in entries]
    lacks += [f"an argument called {name}" for name in entries if name not in names]
    if not parts.keys() & {"Returns", "Yields"} and ast.unparse(function.returns or ast.Constant(0)) != "None":
        lacks.append("Returns")
    raised = [node.exc for node in ast.walk(function) if isinstance(node, ast.Raise)]
    own = any(isinstance(error, ast.Call) and ast.unparse(error.func) in ERRORS for error in raised)
    return [*lacks, "Raises"] if own and "Raises" not in parts else lacks


def main(places: list[str]) -> int:
    """Print a line for each docstring that lacks a part; 1 if there is one."""
    everywhere = [pair for path in HARNESS.rglob("*.py") for pair in functions(parsed(path))]
    declared = {(f.name, *argument_names(f, bases)) for f, bases in everywhere if "Protocol" in (bases or ())}
    bad = 0
    for path in sorted({file for place in map(Path, places or [HARNESS]) for file in (place, *place.rglob("*.py"))}):
        for function, bases in functions(parsed(path)) if path.suffix == ".py" else ():
            names = argument_names(function, bases)
            method = bases is not None and "Protocol" not in bases
            exempt = method and (function.name, *names) in declared
            if len(names) >= LEAST_ARGUMENTS and not exempt and (lacks := missing(function, names)):
                print(f"{path}:{function.lineno}: the docstring of {function.name} lacks {', '.join(lacks)}")
                bad += 1
    return min(bad, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
