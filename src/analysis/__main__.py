"""``python -m analysis``: the twin of make on every system."""

import sys
from typing import NoReturn


def main() -> None:
    """Run a command; where a package is missing say so in one line, and let `doctor` name the rest."""
    try:
        from analysis.cli import main as run
    except ModuleNotFoundError as error:
        _without_packages(error)
    run()


def _without_packages(error: ModuleNotFoundError) -> NoReturn:
    from analysis.doctor import SET_UP, examine

    if sys.argv[1:2] == ["doctor"]:
        for line in examine():
            print(line)
        sys.exit(1)
    print(f"Не установлен пакет {error.name}. {SET_UP}.", file=sys.stderr)
    sys.exit(3)


if __name__ == "__main__":
    main()
