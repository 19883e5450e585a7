"""The promises of output tables: what breaks one is named."""

import pandas as pd
import pytest

from analysis.dictionary import table_dictionary
from analysis.tableschemas import check_table, table_schema
from analysis.tablestore import TableError
from tools.write_tables import PAGE, page


def funnel(**changed):
    row = {
        "school_id": "s1",
        "indicator": "П04",
        "value": 50.0,
        "z": 0.1,
        "low95": 40.0,
        "high95": 60.0,
        "low998": 35.0,
        "high998": 65.0,
    }
    frame = pd.DataFrame([row | {"band": "inside"}]).assign(**changed)
    return frame.reindex(columns=[column.name for column in table_dictionary()["funnel"].columns])


def test_a_sound_table_passes():
    check_table("funnel", funnel())


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"low95": 70.0}, "low95 ≤ high95"),
        ({"value": "50"}, "is_numeric"),
    ],
)
def test_a_broken_promise_is_named(changed, said):
    with pytest.raises(TableError, match=said):
        check_table("funnel", funnel(**changed))


def test_a_second_row_of_the_same_key_is_refused():
    with pytest.raises(TableError, match="funnel"):
        check_table("funnel", pd.concat([funnel(), funnel()], ignore_index=True))


def test_an_unknown_or_missing_column_is_refused():
    with pytest.raises(TableError):
        check_table("funnel", funnel().assign(more=1))
    with pytest.raises(TableError):
        check_table("funnel", funnel().drop(columns="band"))


@pytest.mark.parametrize("name", sorted(table_dictionary()))
def test_every_contract_table_has_a_schema_of_its_columns(name):
    assert list(table_schema(name).columns) == [column.name for column in table_dictionary()[name].columns]


def test_the_dictionary_in_the_documents_is_the_one_in_force():
    assert PAGE.read_text(encoding="utf-8") == page(), "run: make docs"
