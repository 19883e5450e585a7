"""The headings of one document as it is written: their levels, anchors and the list of contents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from analysis.report.inline import Inline, to_plain


@dataclass(frozen=True)
class Entry:
    """A heading in the contents: its level (2 = section), anchor and text."""

    level: int
    anchor: str
    text: str


@dataclass
class Outline:
    """Collects headings in order.

    Levels are pulled together so that none is skipped (PDF/UA-1 and screen readers require it), and a first-level
    heading at the start repeats the document's title for people in JupyterLab, so it is left out.
    """

    title: str = ""
    entries: list[Entry] = field(default_factory=list)
    _started: bool = False

    def enter(self, level: int, text: Inline) -> Entry | None:
        """The heading's place in the document, or None when it is not to be shown."""
        first, self._started = not self._started, True
        if level == 1 and first:
            return None
        deepest = self.entries[-1].level + 1 if self.entries else 2
        entry = Entry(min(max(level, 2), deepest), f"s{len(self.entries) + 1}", to_plain(text))
        self.entries.append(entry)
        return entry

    @property
    def contents(self) -> Sequence[Entry]:
        """Sections and their parts."""
        return [entry for entry in self.entries if entry.level <= 3]
