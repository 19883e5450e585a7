"""``run.log``: what was done in which order, for a person; the only output that is not compared."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path


class RunLog:
    """Lines with the time of day, appended as things happen."""

    def __init__(self, folder: Path) -> None:
        """Start ``run.log`` in a folder."""
        self.path = folder / "run.log"

    def write(self, *lines: str) -> None:
        """Append lines."""
        stamp = datetime.now().strftime("%Y-%m-%d %H:%M:%S")
        with self.path.open("a", encoding="utf-8") as stream:
            stream.writelines(f"{stamp}  {line}\n" for line in lines)
