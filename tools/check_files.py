"""Checks on files that are about to be committed; see .pre-commit-config.yaml.

python tools/check_files.py size FILE ...    fail for files of more than 500 kB
python tools/check_files.py end FILE ...     let text files end with exactly one newline; fail where one did not
"""

import sys
from pathlib import Path

MOST_BYTES = 500_000


def too_large(path: Path) -> str | None:
    """What is wrong with the file's size, if anything is."""
    size = path.stat().st_size
    return f"{path} has {size:,} bytes, more than {MOST_BYTES:,}" if size > MOST_BYTES else None


def mend_end(path: Path) -> str | None:
    """Rewrite a text file that does not end with exactly one newline, and say so."""
    content = path.read_bytes()
    ended = content.rstrip(b"\r\n") + b"\n" if content.rstrip(b"\r\n") else b""
    if b"\0" in content or content in (ended, ended[:-1] + b"\r\n"):
        return None
    path.write_bytes(ended)
    return f"{path} now ends with one newline"


def main(arguments: list[str]) -> int:
    """1 if any file had something wrong with it."""
    check = {"size": too_large, "end": mend_end}[arguments[0]]
    wrong = [said for name in arguments[1:] if Path(name).is_file() and (said := check(Path(name)))]
    sys.stdout.writelines(f"{said}\n" for said in wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
