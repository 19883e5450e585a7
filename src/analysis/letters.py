"""Covering letters and reminders: templates from ``letters.yaml`` with the words of one school put in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

from pydantic import Field, field_validator

from analysis.params.strict import Strict
from analysis.report.document import DEMO_NOTE, DEMO_STAMP
from analysis.settings import Settings
from analysis.yamlfile import SettingsError, load_model

LETTERS = "letters.yaml"
_EVERYWHERE = frozenset({"школа", "учреждение", "отдел", "исполнитель", "исполнитель_должность"})
_WORDS = {"parcel": _EVERYWHERE | {"период", "вложения"}, "reminder": _EVERYWHERE | {"срок", "долг", "замечания"}}


class _Words(Template):
    """``$школа``: names in Cyrillic too; nothing is looked up or run, text is put in as it is."""

    idpattern = r"(?a:[_a-z])[_a-z]*|[а-яё_]+"
    flags = re.IGNORECASE


class LetterTemplate(Strict):
    """Subject and text of one kind of letter."""

    subject: str = Field(min_length=1)
    text: str = Field(min_length=1)

    @field_validator("subject", "text")
    @classmethod
    def _is_template(cls, value: str) -> str:
        if not _Words(value).is_valid():
            raise ValueError("знак $ без слова после него; для самого знака напишите $$")
        return value

    def words(self) -> set[str]:
        """The names that the template asks for."""
        return {name for text in (self.subject, self.text) for name in _Words(text).get_identifiers()}


class Letters(Strict):
    """The whole of ``letters.yaml``."""

    per_minute: int = Field(20, ge=1, le=600)
    parcel: LetterTemplate
    reminder: LetterTemplate


@dataclass(frozen=True)
class Letter:
    """A letter to one school: ``subject`` is one line."""

    subject: str
    text: str


def load_letters(folder: Path) -> Letters:
    """Read ``letters.yaml`` of a params folder. Raises SettingsError, also for a word that is never put in."""
    letters = load_model(folder / LETTERS, Letters)
    for kind, known in _WORDS.items():
        unknown = sorted(getattr(letters, kind).words() - known)
        if unknown:
            raise SettingsError(
                f"{LETTERS}, {kind}: слово «${unknown[0]}» неизвестно. Допустимы: "
                f"{', '.join('$' + word for word in sorted(known))}."
            )
    return letters


def write_letter(
    template: LetterTemplate, school: str, words: Mapping[str, str], settings: Settings, demo: bool
) -> Letter:
    """The letter to one school; ``words`` are those of the kind of letter."""
    institution = settings.project.institution
    common = {
        "школа": one_line(school),
        "учреждение": institution.short_name,
        "отдел": institution.department,
        "исполнитель": institution.executor_name,
        "исполнитель_должность": institution.executor_position,
    }
    text = _Words(template.text).substitute(common | dict(words))
    subject = one_line(_Words(template.subject).substitute(common | dict(words)))
    if demo:
        text = f"{DEMO_STAMP}\n{DEMO_NOTE}\n\n{text}"
    return Letter(subject, _tidy(text))


def one_line(text: str) -> str:
    """Text for a header: no line breaks, no control or invisible direction marks."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _tidy(text: str) -> str:
    """An empty word leaves no comma before nothing, no blank at an edge and no gap of several lines."""
    lines = (re.sub(r"(, | )$", "", line).strip(" ") for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"
