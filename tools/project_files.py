"""The project's own files: what git tracks or would track; without git, everything but what is generated."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GENERATED = {".git", ".venv", "reports", "build", "dist", "__pycache__", ".ipynb_checkpoints"}


def project_files(root: Path = ROOT, suffix: str = "") -> list[Path]:
    """Files under `root` whose names end with `suffix`, sorted."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        check=False,
    )
    if listed.returncode == 0:
        names = listed.stdout.decode("utf-8").split("\0")
        paths = [root / name for name in names if name]
    else:
        paths = [path for path in root.rglob("*") if not GENERATED & set(path.relative_to(root).parts)]
    return sorted(path for path in paths if path.is_file() and path.name.endswith(suffix))


def report(problems: list[str]) -> int:
    """Print the problems, one a line; the exit code."""
    for problem in problems:
        print(problem)
    return 1 if problems else 0
