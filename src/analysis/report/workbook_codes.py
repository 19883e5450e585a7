"""Sheets of the workbook that explain its columns and the codes that stand in them, in Russian."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from analysis.dictionary import TableEntry, text_table

_SIZES = {
    "cohen_h": "h Коэна: разность долей в угловой шкале; малая – от 0,2, средняя – от 0,5, большая – от 0,8",
    "hedges_gz": "g Хеджеса: средний сдвиг школ, делённый на разброс сдвигов",
    "cohen_dz": "d Коэна для пар: то же без поправки на малое число школ",
    "rank_biserial": "ранговая: доля школ с ростом минус доля со снижением, с весом сдвига",
    "ratio": "отношение значений двух периодов",
}
_TESTS = {
    "ratio_change": "t-критерий изменения отношения сумм, школы – единицы отбора",
    "permutation": "перестановочный критерий знаков по парам школ",
    "wilcoxon": "знаковые ранги Уилкоксона по парам школ",
    "paired_t": "парный t-критерий по школам",
    "newcombe_fisher": "интервал Ньюкомба и точный критерий Фишера (одна школа)",
    "poisson_exact": "точный пуассоновский критерий (одна школа)",
}
_LEVELS = {"city": "город", "group": "группа учреждений", "school": "учреждение"}
CODES: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("submissions", "status"): {
        "on_time": "в срок", "late": "с опозданием", "returned": "возвращена на исправление",
        "missing": "не представлена", "not_due": "не ожидается",
    },
    ("findings", "severity"): {"error": "вернуть", "query": "уточнить", "note": "к сведению"},
    ("indicators", "level"): _LEVELS,
    ("indicators", "status"): {
        "ok": "значение есть", "not_applicable": "не применимо: некого или нечего учитывать",
        "missing": "нет данных", "special_conditions": "особые условия: показано, но не распределяется",
    },
    ("changes", "level"): _LEVELS,
    ("changes", "method"): _TESTS,
    ("changes", "effect_name"): _SIZES,
    ("changes", "verdict"): {
        "up": "рост", "down": "снижение", "no_clear_change": "без явных изменений", "not_tested": "не проверялось",
    },
    ("comparisons", "test"): _TESTS,
    ("comparisons", "effect_name"): _SIZES,
    ("comparisons", "status"): {
        "ok": "проверено", "no_pairs": "нет школ с данными за оба периода", "one_pair": "такая школа одна",
        "all_zero": "ни у одной школы значение не изменилось", "too_few_pairs": "меньше шести школ с изменением",
    },
    ("sensitivity", "scenario"): {
        "weights": "другие веса показателей", "normalisation": "другая нормировка", "aggregation": "другой свод",
        "leave_one_out": "без одного показателя", "method": "веса, нормировка и свод вместе",
        "sampling": "случайные колебания", "all": "способ расчёта и случайные колебания вместе",
    },
    ("funnel", "band"): {
        "within": "в пределах случайных колебаний", "above_95": "выше предела 95 %", "below_95": "ниже предела 95 %",
        "above_998": "выше предела 99,8 %", "below_998": "ниже предела 99,8 %",
    },
    ("activities", "level"): _LEVELS,
}  # fmt: skip
CODES_SHEET = text_table(
    "codes", "Что значат коды в столбцах", "одна строка – код одного столбца",
    sheet="Лист", column="Столбец", code="Код", meaning="Значение",
)  # fmt: skip
COLUMNS_SHEET = text_table(
    "columns", "Что значат столбцы", "одна строка – столбец одного листа",
    sheet="Лист", column="Столбец", header="Заголовок", meaning="Значение",
)  # fmt: skip


def columns_frame(entries: Sequence[TableEntry]) -> pd.DataFrame:
    """The meaning of every column on the given sheets."""
    rows = [(entry.name, one.name, one.header, one.meaning) for entry in entries for one in entry.columns]
    return pd.DataFrame(rows, columns=[column.name for column in COLUMNS_SHEET.columns])


def codes_frame(entries: Sequence[TableEntry]) -> pd.DataFrame:
    """The meaning of every code that columns on the given sheets may hold."""
    shown = [(entry.name, column.name) for entry in entries for column in entry.columns]
    rows = [(*place, code, meaning) for place in shown for code, meaning in CODES.get(place, {}).items()]
    return pd.DataFrame(rows, columns=[column.name for column in CODES_SHEET.columns])
