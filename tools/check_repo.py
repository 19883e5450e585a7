"""Nothing in the repository ties it to one machine or registry: no index address, no absolute path, no other encoding.

Modules stay under 300 lines, so that one can be read in one sitting.
"""

import re
import sys
from pathlib import Path

from tools.project_files import ROOT, project_files, report

# Written in pieces, or this file would find itself.
REGISTRIES = (
    "py" + "pi.org",
    "python" + "hosted",
    "registry." + "npmjs",
    "deb." + "debian.org",
    "conda." + "anaconda.org",
)
INDEX_OPTION = re.compile(r"^\s*(--(extra-)?index-url|--find-links|-i\s|-f\s)", re.MULTILINE)
MACHINE_PATH = re.compile(r"(?<![\w.:/)}\]-])(?:/(?:home|Users|root|work|opt|mnt)/\w|[A-Za-z]:\\\w+\\)")
TEXT = {
    ".py",
    ".md",
    ".toml",
    ".lock",
    ".yaml",
    ".yml",
    ".cfg",
    ".ipynb",
    ".j2",
    ".typ",
    ".css",
    ".js",
    ".csv",
    ".txt",
    "",
}
LONGEST_MODULE = 300


def text_problems(text: str) -> list[str]:
    """What in a file's text ties it to one machine or registry."""
    problems = [f"line {number} names a registry" for number in _lines_with(text, REGISTRIES)]
    if INDEX_OPTION.search(text):
        problems.append("sets a package index")
    for found in MACHINE_PATH.finditer(text):
        problems.append(f"line {text.count(chr(10), 0, found.start()) + 1} holds an absolute path: {found.group()}…")
    return problems


def _lines_with(text: str, words: tuple[str, ...]) -> list[int]:
    return [number for number, line in enumerate(text.splitlines(), 1) if any(word in line for word in words)]


def file_problems(path: Path) -> list[str]:
    """One sentence for each problem of the file at `path`."""
    name = path.relative_to(ROOT).as_posix()
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return [f"{name}: is not UTF-8"]
    problems = text_problems(text)
    if path.suffix == ".py" and name.startswith("src/") and text.count("\n") > LONGEST_MODULE:
        problems.append(f"has over {LONGEST_MODULE} lines: split it by job")
    return [f"{name}: {problem}" for problem in problems]


def main() -> int:
    """Exit code 1 if any text file has a problem."""
    texts = [path for path in project_files() if path.suffix in TEXT]
    return report([problem for path in texts for problem in file_problems(path)])


if __name__ == "__main__":
    sys.exit(main())
