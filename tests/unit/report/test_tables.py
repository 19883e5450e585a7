from __future__ import annotations

from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from analysis.report.tables import Cell, Column, Signal, Table
from analysis.report.tables_width import LEAST_TEXT, SMALLEST, TEXT_WIDTH, column_widths, text_width, unbroken_word

STATES = {"on_time": Signal("в срок", "good"), "late": Signal("с опозданием", "warn")}
FRAME = pd.DataFrame(
    {
        "school": ["СОШ № 101", "СОШ № 102", "СОШ № 103"],
        "group": ["А", "А", "Б"],
        "share": [45.25, np.nan, 100.0],
        "pupils": [1234.0, np.nan, 7],
        "change": [4.2, -6.15, 0.0],
        "due": ["2022-06-20", None, "2022-12-20"],
        "place": [1.0, 2.0, np.nan],
        "state": ["on_time", "late", None],
    }
)
COLUMNS = [
    Column("school", "Учреждение"),
    Column("share", "Доля", "percent"),
    Column("pupils", "Обучающихся", "int"),
    Column("change", "Изменение", "pp"),
    Column("due", "Срок", "date"),
    Column("place", "Место", "place"),
    Column("state", "Форма", "status"),
]


def table(**options) -> Table:
    settings = {"caption": "Школы", "row_header": "school", "signals": {"state": STATES}}
    return Table(FRAME, COLUMNS, **settings | options)


class Reader(HTMLParser):
    """Cells of a table as (tag, attributes, text)."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.cells: list[tuple[str, dict[str, str | None], str]] = []
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag in ("td", "th"):
            self.cells.append((tag, dict(attrs), ""))

    def handle_data(self, data):
        if self.cells and self.tags[-1] in ("td", "th", "span"):
            tag, attrs, text = self.cells[-1]
            self.cells[-1] = tag, attrs, text + data


def test_values_are_written_in_russian():
    text = [[cell.text.replace("\u00a0", " ") for cell in row] for group in table().groups for row in group.rows]
    assert text[0] == ["СОШ № 101", "45,3 %", "1 234", "+4,2 п.п.", "20.06.2022", "1", "в срок"]
    assert text[1] == ["СОШ № 102", "—", "—", "−6,2 п.п.", "—", "2", "с опозданием"]
    assert text[2][-2:] == ["—", "—"]


def test_html_has_a_caption_scopes_and_a_focusable_region():
    written = table().html()
    cells = Reader(written).cells
    heads = [attrs["scope"] for tag, attrs, _ in cells if tag == "th"]
    assert heads == ["col"] * 7 + ["row"] * 3
    assert "<caption><span>Школы</span></caption>" in written
    assert 'role="region" aria-label="Школы" tabindex="0"' in written


def test_missing_and_states_do_not_rest_on_a_sign_alone():
    cells = [text for tag, _, text in Reader(table().html()).cells if tag == "td"]
    assert "—нет данных" in cells
    assert any(text.strip().endswith("в срок") for text in cells)


def test_groups_head_runs_of_rows():
    grouped = table(group_by="group")
    assert [(group.heading, len(group.rows)) for group in grouped.groups] == [("А", 2), ("Б", 1)]
    written = grouped.html()
    assert written.count("<tbody>") == 2
    assert '<th scope="rowgroup" colspan="7">А</th>' in written
    assert 'group(7, "Б")' in grouped.typst()


def test_sort_keys_are_numbers_dates_and_the_order_of_states():
    attrs = [a for tag, a, _ in Reader(table(sortable=True).html()).cells if tag == "td"]
    assert [a.get("data-v") for a in attrs[:6]] == ["45.25", "1234.0", "4.2", "2022-06-20", "1.0", "0"]
    assert "data-missing" in attrs[6]
    assert "data-v" not in table().html()


def test_suppressed_text_in_a_column_of_numbers_stands_as_it_is():
    frame = pd.DataFrame({"n": ["менее 5", 12, None]})
    rows = Table(frame, [Column("n", "Число", "int")], "").groups[0].rows
    assert [row[0].text for row in rows] == ["менее 5", "12", "—"]


def test_a_signal_beside_a_number_is_named_and_explained_below():
    columns = [COLUMNS[0], Column("share", "Доля", "percent", signal_from="state")]
    shown = Table(FRAME, columns, "", signals={"state": STATES})
    assert [signal.label for signal in shown.legend] == ["в срок", "с опозданием"]
    assert '<span class="vh"> в срок</span>' in shown.html()
    assert 'legend: (("good", "в срок"), ("warn", "с опозданием"), )' in shown.typst()
    assert table().legend == []


def test_cells_formatted_by_the_caller():
    frame = pd.DataFrame({"x": [Cell("12 из 46", sort=12.0, signal=STATES["late"]), Cell("нет")]})
    written = Table(frame, [Column("x", "Значение", align="end")], "", sortable=True).html()
    assert 'data-v="12.0"' in written and "12 из 46" in written and "с опозданием" in written


def test_headers_over_several_columns():
    columns = [
        COLUMNS[0],
        Column("share", "2022", "percent", span="Доля"),
        Column("change", "к 2021", "pp", span="Доля"),
    ]
    shown = Table(FRAME, columns, "")
    assert '<th scope="colgroup" colspan="2" class="c">Доля</th>' in shown.html()
    assert '<th scope="col" rowspan="2">Учреждение</th>' in shown.html()
    assert "head-rows: 2" in shown.typst()


def test_typst_holds_every_text_as_a_literal():
    hostile = '"]#panic("x")\\'
    frame = pd.DataFrame({"x": [hostile]})
    written = Table(frame, [Column("x", hostile)], hostile, hostile).typst()
    assert written.count('\\"]#panic(\\"x\\")\\\\') == 4


def test_an_empty_table_says_so():
    empty = Table(FRAME.iloc[:0], COLUMNS, "Школы", signals={"state": STATES})
    assert '<td colspan="7" class="c">нет данных</td>' in empty.html()
    assert "нет данных" in empty.typst()
    assert empty.plain().startswith("Школы")


def test_plain_text_is_aligned():
    lines = table(note="Примечание").plain().splitlines()
    assert lines[0] == "Школы" and lines[-1] == "Примечание"
    assert lines[1].index("Доля") == lines[2].index("45,3")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"columns": [Column("absent", "?")]}, "'absent'"),
        ({"group_by": "absent"}, "'absent'"),
        ({"row_header": "group"}, "row header"),
    ],
)
def test_unknown_columns_are_refused(options, message):
    settings = {"columns": COLUMNS, "caption": "", "signals": {"state": STATES}}
    with pytest.raises(ValueError, match=message):
        Table(FRAME, **settings | options)


def test_a_state_without_a_signal_is_refused():
    with pytest.raises(ValueError, match="no signal for 'late'"):
        table(signals={"state": {"on_time": STATES["on_time"]}}).html()


def test_unknown_words_are_refused():
    with pytest.raises(ValueError, match="kind of column"):
        Column("x", "x", kind="money")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="tone"):
        Signal("x", "red")  # type: ignore[arg-type]


def test_bundle_holds_three_forms_and_repeats_itself():
    first, second = table()._repr_mimebundle_(), table()._repr_mimebundle_()
    assert set(first) == {"text/html", "application/x-typst", "text/plain"}
    assert first == second


def test_widths_leave_room_for_long_text():
    frame = pd.DataFrame({"a": ["слово " * 40], "b": ["текст " * 9], "n": [1.5]})
    columns = [Column("a", "Длинный"), Column("b", "Короче"), Column("n", "Число", "number")]
    widths, scale = column_widths(Table(frame, columns, ""))
    assert scale == 1.0
    assert widths[0] == "1fr" and widths[1].endswith("em") and widths[2].endswith("em")
    shorter, number = float(widths[1][:-2]), float(widths[2][:-2])
    assert 7 < shorter < TEXT_WIDTH - number - shorter


def test_words_of_a_table_that_fits_stay_whole():
    texts = ["Усилить профориентационную работу с обучающимися и родителями"] * 2
    frame = pd.DataFrame({"a": texts, "b": texts, "c": texts, "n": [1.5, 2.5]})
    columns = [*(Column(name, "Текст") for name in "abc"), Column("n", "Число", "number")]
    made = Table(frame, columns, "")
    widths, scale = column_widths(made)
    longest = text_width("профориентационную")
    assert all(float(width[:-2]) > longest for width in widths[:3] if width.endswith("em")) and scale > SMALLEST
    assert unbroken_word(made) >= len("профориентационную")
    assert unbroken_word(Table(pd.concat([frame] * 4, axis=1).set_axis(list("abcdefghijklmnop"), axis=1),
                               [Column(name, "Текст") for name in "abcdefghijklmnop"], "")) < 10  # fmt: skip


def test_a_table_of_many_columns_shrinks_its_type():
    frame = pd.DataFrame({str(n): [123456.7] for n in range(11)})
    _, scale = column_widths(Table(frame, [Column(str(n), "Заголовок", "number") for n in range(11)], ""))
    assert 0.7 < scale < 1.0


def test_text_width_is_near_the_truth():
    assert text_width("0000") == pytest.approx(4 * 0.545, rel=0.02)
    assert LEAST_TEXT < TEXT_WIDTH
