"""``python -m analysis``: the twin of make on every system."""

from analysis.cli import main

if __name__ == "__main__":
    main()
