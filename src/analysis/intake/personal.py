"""Is there personal data in a file? The text itself is never passed on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from analysis.intake.book import Book, Cell, Sheet, address
from analysis.intake.form_texts import numbered_instructions
from analysis.intake.layout import MEASURE_SHEETS, PASSPORT_FIELDS, Mark
from analysis.intake.names import plain
from analysis.intake.privacy import has_diagnosis, people_in
from analysis.intake.reading import FormSpec, Remark, fold_label

_LIST = 2  # names beside the table that make a list
_EVIDENCE_LIST = 10  # names in the evidence of activities that make a list


@dataclass
class PersonalData:
    """``refuses``: the file is put aside whole; otherwise remarks about single cells."""

    refuses: bool = False
    remarks: list[Remark] = field(default_factory=list)


def personal_data(book: Book, kinds: Iterable[tuple[Sheet, str, Mark | None]], spec: FormSpec) -> PersonalData:
    """Look through every text that is not the form's own.

    A diagnosis, a list of names, or a name on a sheet of numbers refuses the file; a single name beside (somebody who
    filled the form, a teacher in a document's title) is asked to be removed. The reader of activities asks about its
    own cells.
    """
    own = _own_texts(spec)
    result = PersonalData()
    beside = in_evidence = 0
    for sheet, kind, _ in kinds:
        result.refuses |= has_diagnosis(sheet.name) or people_in(sheet.name) > 0
        for place, cell in sheet.cells.items():
            text = _text(cell, own)
            if not text or (kind and _names_the_school(sheet, place)):
                continue
            people = people_in(text)
            result.refuses |= has_diagnosis(text) or (people > 0 and kind in MEASURE_SHEETS)
            if people and kind != "activities":
                beside += people
                result.remarks.append(Remark("B36.staff", sheet.name, address(*place), "текст скрыт"))
            elif people:
                in_evidence += people
    result.refuses |= beside >= _LIST or in_evidence >= _EVIDENCE_LIST
    return result


def _text(cell: Cell, own: set[str]) -> str:
    text = str(cell.value) if cell.kind == "text" else ""
    return "" if len(text) < 5 or fold_label(text) in own else text


def _own_texts(spec: FormSpec) -> set[str]:
    texts = [measure.name for measure in spec.measures] + [name for _, name in spec.activities]
    texts += [*PASSPORT_FIELDS.values(), *numbered_instructions()]
    return {fold_label(text) for text in texts}


def _names_the_school(sheet: Sheet, place: tuple[int, int]) -> bool:
    """A school may bear a person's name: its title lines are not searched."""
    row, column = place
    if row <= 4 and column <= 2:
        return True
    left = (sheet.cells.get((row, c)) for c in range(1, column))
    return any(cell and plain(str(cell.value)) == "school_name" for cell in left)
