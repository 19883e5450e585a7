"""What kind of document a notebook becomes: its title, edition, letterhead and signature.

The notebook shows one `Document`; the exporters take it out of the outputs, build the first lines, the marks on every
page and the signature from it, and choose the layout by its kind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from analysis.report import inline
from analysis.report.numbers import format_date

DOCUMENT_MIME = "application/vnd.orientir.document+json"
EDITIONS: Mapping[str, str] = {
    "": "",
    "working": "Рабочие материалы",
    "meeting": "Для совещания руководителей",
    "public": "Публичная версия",
    "card": "Для руководителя учреждения",
}
DEMO_STAMP = "ДЕМОНСТРАЦИОННЫЕ ДАННЫЕ"
DEMO_NOTE = "Все сведения вымышлены и созданы для показа возможностей программы."


@dataclass(frozen=True)
class Document:
    """A report or a card.

    title, subtitle : the name of the document and the period it is about
    kind : `card` takes one page of A4; every other word is a report
    edition : working, meeting, public, card, or empty
    demo : stamp every page with «ДЕМОНСТРАЦИОННЫЕ ДАННЫЕ»
    draft : print «Проект», a blank date and a blank number
    header_lines : the letterhead, one line each (founder, institution)
    place : city, printed under the blank date
    date : ISO date of the report; date_text : the same as a phrase («по состоянию на …»), made from `date` when empty
    order_reference : the orders it rests on, one sentence
    running : what the foot of every page says; by default the subtitle, else the title
    signature_position, signature_name : who signs; the place of the signature stays empty
    executor : «отметка об исполнителе», bottom left of the last page
    """

    title: str
    subtitle: str = ""
    kind: str = "report"
    edition: str = ""
    demo: bool = False
    draft: bool = True
    header_lines: Sequence[str] = ()
    place: str = ""
    date: str = ""
    date_text: str = ""
    order_reference: str = ""
    running: str = ""
    signature_position: str = ""
    signature_name: str = ""
    executor: str = ""
    language: str = "ru"

    def __post_init__(self) -> None:
        if self.edition not in EDITIONS:
            known = ", ".join(filter(None, EDITIONS))
            raise ValueError(f"unknown edition {self.edition!r}; use one of {known}")

    @property
    def is_card(self) -> bool:
        return self.kind == "card"

    @property
    def edition_name(self) -> str:
        return EDITIONS[self.edition]

    @property
    def as_of(self) -> str:
        """«По состоянию на 20 июня 2022 г.», or empty."""
        return self.date_text or (f"По состоянию на {format_date(self.date)}" if self.date else "")

    @property
    def footer(self) -> str:
        return self.running or self.subtitle or self.title

    def to_json(self) -> dict[str, Any]:
        """The document as plain data, as notebooks keep it."""
        return asdict(self) | {"header_lines": list(self.header_lines)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Document:
        """The document kept in a notebook; keys of later versions are ignored."""
        known = {field.name for field in fields(cls)}
        return cls(**{key: item for key, item in data.items() if key in known})

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        subtitle = f"<p>{inline.escape(self.subtitle)}</p>" if self.subtitle else ""
        return {
            DOCUMENT_MIME: self.to_json(),
            "text/html": f"<h1>{inline.escape(self.title)}</h1>{subtitle}",
            "text/plain": " — ".join(filter(None, (self.title, self.subtitle))),
        }
