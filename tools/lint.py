"""Every check of the project's texts, each run to its end; output is shown where one fails. `make lint` calls it."""

import subprocess
import sys
import time

from tools.project_files import ROOT, project_files

PYTHON = [sys.executable, "-m"]


def checks() -> dict[str, list[str]]:
    """The checks by name: what to run from the project's root."""
    notebooks = [str(path.relative_to(ROOT)) for path in project_files(suffix=".ipynb")]
    stripped = [*PYTHON, "nbstripout", "--verify", "--keep-id", *notebooks]
    return {
        "ruff check": [*PYTHON, "ruff", "check"],
        "ruff format": [*PYTHON, "ruff", "format", "--check"],
        "mypy": [*PYTHON, "mypy"],
        **({"nbstripout": stripped} if notebooks else {}),
        "notebooks": [*PYTHON, "tools.check_notebooks"],
        "links": [*PYTHON, "tools.check_links"],
        "repository": [*PYTHON, "tools.check_repo"],
    }


def passes(name: str, command: list[str]) -> bool:
    """Run one check and print how it ended."""
    began = time.monotonic()
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)
    verdict = "ok" if result.returncode == 0 else "FAILED"
    print(f"{name:<12} {verdict} ({time.monotonic() - began:.1f} s)", flush=True)
    if result.returncode != 0:
        print(result.stdout + result.stderr, flush=True)
    return result.returncode == 0


def main() -> int:
    """Exit code 1 if any check fails."""
    results = [passes(name, command) for name, command in checks().items()]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
