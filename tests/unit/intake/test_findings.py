"""Findings read as sentences; nothing private and nothing executable leaves in them."""

from __future__ import annotations

from datetime import date

import pytest

from analysis.intake.findings import (
    CONTRACT_COLUMNS,
    contract_findings,
    correction_due,
    findings_frame,
    findings_of_period,
    make_finding,
    sentence,
)
from analysis.intake.privacy import has_diagnosis, people_in
from analysis.intake.register import escape, unescape
from analysis.intake.rules import RULES
from tests.unit.intake.kit import month, settings


def test_a_sentence_says_where_what_and_until_when():
    finding = make_finding(
        "B05", file="forma.xlsx", sheet="Месяц", cell="D12", found="12,5", until="2022-06-24", school_id="s1"
    )
    assert sentence(finding) == (
        "Файл «forma.xlsx», лист «Месяц», ячейка D12: указано «12,5», ожидается целое число от 0. "
        "Дробного количества не бывает: укажите целое число – до 24.06.2022."
    )


def test_every_rule_of_the_catalogue_is_complete():
    for variant, rule in RULES.items():
        assert rule.severity in ("error", "query", "note"), variant
        assert rule.expected and rule.action and rule.action[0].isupper(), variant
        assert not rule.action.endswith("."), variant
    numbers = {int(variant[1:3]) for variant in RULES}
    # rows of the table of bad inputs that have rules of their own here; the rest are E6, E2–E4, W6, and escaping
    assert set(range(1, 41)) - numbers == {29, 30, 38, 39}


def test_terms_fall_on_working_days_and_never_before_the_form_is_due():
    assert correction_due("2022-06-15T10:00", month("2022-06")) == date(2022, 6, 20)
    assert correction_due("2022-06-21T10:00", month("2022-06")) == date(2022, 6, 24)
    assert correction_due("2022-06-22T10:00", month("2022-06")) == date(2022, 6, 27)  # Saturday → Monday
    assert correction_due("2022-01-01T10:00", None) == date(2022, 1, 10)  # New Year's holidays


def test_contract_columns_and_period():
    rows = [
        make_finding(
            "B05", file="a", school_id="s1", period="2022-03", until="2022-03-24", received_at="2022-03-20T10:00"
        ),
        make_finding("B05", file="b", school_id="s1", period="2022-03", state="closed"),
        make_finding("B05", file="c", school_id="s1", period="2022-04"),
        make_finding("B46", file="d", received_at="2022-03-01T10:00"),
    ]
    frame = findings_frame(rows)
    table = contract_findings(frame)
    assert list(table.columns) == CONTRACT_COLUMNS
    assert table["file"].tolist() == ["d", "a", "c"]
    assert table.loc[1, "action"].endswith("– до 24.03.2022")
    assert findings_of_period(frame, frame, month("2022-03"))["file"].tolist() == ["d", "a"]
    assert findings_of_period(frame, frame, settings().parse_period("2022H1"))["file"].tolist() == ["d", "a", "c"]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Иванов Иван Иванович", 1),
        ("Иванову Ивану Ивановичу и Петровой Марии Сергеевне", 2),
        ("Петрова А.В.", 1),
        ("А. В. Петрова", 1),
        ("Иванов П., Сидорова А.", 2),
        ("Кузнецов Олег", 1),
        ("Анна Сидорова", 1),
        ("Лицей имени Королёва С.П.", 0),
        ("Единый День", 0),
        ("Билет в Будущее", 0),
        ("Белгородский Индустриальный колледж", 0),
        ("приказ № 5 от 12.03.2022", 0),
        ("СОШ № 101 г. Белгорода", 0),
    ],
)
def test_names_of_people(text, count):
    assert people_in(text) == count


@pytest.mark.parametrize(
    ("text", "found"),
    [("ДЦП", True), ("диагноз: аутизм", True), ("F84.0", True), ("обучающиеся с ОВЗ", False), ("дети-инвалиды", False),
     ("ячейка F84", False), ("Участники чемпионата «Абилимпикс»", False)],
)  # fmt: skip
def test_diagnoses(text, found):
    assert has_diagnosis(text) is found


@pytest.mark.parametrize("text", ["=1+1", "+7", "-x", "@a", "'quoted", "plain", "", "\tx"])
def test_escaping_is_undone(text):
    assert unescape(escape(text)) == text
    assert not escape(text).startswith(("=", "+", "-", "@", "\t"))
