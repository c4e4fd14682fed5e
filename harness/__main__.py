"""python -m harness: a page on your own network, networks from elsewhere, plans, runs shown and compared, the store."""

import argparse
import re
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from typing import Any, NoReturn

from harness.errors import BadInput, Unavailable
from harness.report.screen import Screen
from harness.run import judge, new_folder, shown, stored
from harness.run.compare import command as compare_command
from harness.run.hunt import command as hunt_command
from harness.run.null_learners import command as nulls_command
from harness.run.plan import command as plan_command
from harness.spelling import did_you_mean

_DROPPED = re.compile(r"(--[a-z-]+=|-k)--")
# Of an error on an option, which repeats what was given.
_LONGEST = 400


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0, 1 where `store verify` finds a bad entry or `gate` fails, 2 for bad input."""
    with redirect_stdout(Screen(sys.stdout)), redirect_stderr(Screen(sys.stderr)):
        asked = _parser().parse_args(arguments)
        try:
            return asked.run(asked)
        except (BadInput, Unavailable) as error:
            print(f"ERROR: {error}", file=sys.stderr)
            return 2


class _Parser(argparse.ArgumentParser):
    """Says of a misspelt command which one may be meant."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        given = sys.argv[1:] if args is None else list(args)
        # Python before 3.12.5 drops the value and leaves an empty list.
        if dropped := next(filter(_DROPPED.fullmatch, given), None):
            self.error(f"argument {dropped[:-2].rstrip('=')}: expected one argument, not --")
        return super().parse_known_args(given, namespace)

    def error(self, message: str) -> NoReturn:
        message = message if len(message) <= _LONGEST else f"{message[:_LONGEST]}…"
        if wrong := re.search(r"invalid choice: '(.*)' \(choose from (.*)\)", message):
            message += did_you_mean(wrong[1], re.findall(r"'(.*?)'", wrong[2]))
        super().error(message)


_EXAMPLES = {
    "init": "init my-claims",
    "store info": "store info --store .store",
    "store verify": "store verify",
    "store prune": "store prune --older-than 90d --stale",
    "report": "report reports/latest/results.json --out /tmp/page.html",
    "history add": "history add reports/latest/results.json",
    "show": "show reports/latest/results.json optimisers_sample",
    "published": "published reports/latest/results.json",
    "summary": "summary head/results.json --against base/results.json --only-changes",
    "plan": "plan --scale standard -k perceptron",
    "nulls": "nulls -k optimisers_sample",
    "hunt": "hunt own_volume_explains --budget 20m",
    "judge": "judge trained.npy sampled.npy --problem digits --m 16 --n 64 --fingerprint 13065c24e5e4",
    "compare": "compare mynet.py:Net --data digits --m 8",
    "gate": "gate reports/latest/results.json",
}


def _add_examples(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", of: str = "") -> None:
    """End the help of each command with an example."""
    for name, command in commands.choices.items():
        if example := _EXAMPLES.get(f"{of}{name}"):
            command.epilog = f"Example: python -m harness {example}"
        for action in command._actions:
            if isinstance(action, argparse._SubParsersAction):
                _add_examples(action, f"{of}{name} ")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m harness", description=__doc__, allow_abbrev=False)
    parser.epilog = f"Example: python -m harness {_EXAMPLES['show']}"
    commands: argparse._SubParsersAction[argparse.ArgumentParser]
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)

    stored.add_to(commands)
    shown.add_to(commands)
    new_folder.add_to(commands)
    plan_command.add_to(commands)
    nulls_command.add_to(commands)
    hunt_command.add_to(commands)
    judge.add_to(commands)
    compare_command.add_to(commands)
    _add_examples(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
