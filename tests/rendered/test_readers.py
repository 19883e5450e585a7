"""Four readers: what finished editions give away, alone and together, bounded by linear programming.

A document is made in a folder that holds nothing but its edition's own tables (``PREPARED_FILE``), so whatever stands in
it – text, picture, alternative text, PDF, Word, workbook – follows from them. That is asserted here, and then the bounds
are taken over these tables: more than any file prints. The city is small on purpose: in the demo city no public figure
is small. ``drills/disclose_editions.py`` repeats this over many cities.
"""

import re

import pandas as pd
import pytest

from analysis.documents import Document, build_document
from analysis.measures.disclosure import of_other_schools, protect
from analysis.measures.disclosure_breaches import breaches, breaches_to_head
from analysis.report.opening import report_of
from analysis.report.prepared import report_to_bytes
from analysis.report.word import pandoc_version
from analysis.settings import load_settings
from analysis.tablestore import load_tables
from tests.conftest import ROOT, analysis
from tests.rendered.edition_reader import contents, printed_in_page, sheets
from tests.rendered.small_city import OPENED, write_small_city
from tests.rendered.small_tables import PERIODS as TABLED
from tests.rendered.small_tables import tables_of_period
from tests.rendered.told import ROW, together

SETTINGS = load_settings(ROOT / "params")
PERIODS = ("2021H2", "2022")  # a half-year, and the year in which it is part
EDITIONS = ("meeting", "public")
NAMES = ("indicators", "indicator_history")
HEADS = ("s201", "s205", OPENED)


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    folder = tmp_path_factory.mktemp("readers")
    write_small_city(folder / "city", seed=7)
    for period in PERIODS:
        done = analysis("report", period, "--data", folder / "city", "--out", folder / "out", "--schools", "none")
        assert done.returncode == 0, done.stderr
    return folder / "out" / "city"


@pytest.fixture(scope="module")
def tables(reports):
    """The full tables of all reports of the city: of the finished ones as saved, of the others as their stages would."""
    made = {period: load_tables(reports / period / "tables") for period in PERIODS}
    data = reports.parent.parent / "city"
    return made | {key: tables_of_period(data, key, SETTINGS)[0] for key in TABLED if key not in made}


@pytest.fixture(scope="module")
def editions(tables):
    """What the documents of each edition are made from, by edition and period."""
    schools = tables[PERIODS[0]]["schools"]
    by = {"schools": schools, "settings": SETTINGS}
    privacy = SETTINGS.project.privacy
    found: dict[str, dict[str, dict[str, pd.DataFrame]]] = {edition: {} for edition in EDITIONS}
    for period, frames in tables.items():  # one after another both editions of the same tables: decided once
        for edition in EDITIONS:
            found[edition][period] = protect(frames, edition, privacy, **by).tables
    return found


@pytest.fixture(scope="module")
def truth(tables):
    """The true figures behind all reports, one row per level, unit, period and indicator."""
    return together(list(tables.values()), (*NAMES, "indicator_parts"))


@pytest.fixture(scope="module")
def told(editions):
    """Both editions of all reports in one hand: whoever has less of them knows less."""
    return together([frames for edition in EDITIONS for frames in editions[edition].values()], NAMES)


def schools_of(tables):
    return tables[PERIODS[0]]["schools"]


def test_no_hidden_count_can_be_worked_out(tables, truth, told):
    assert told["indicators"]["suppressed"].notna().sum() >= 100
    found = breaches(truth, told, schools=schools_of(tables), settings=SETTINGS)
    assert found.empty, found.to_string()


@pytest.mark.parametrize("head", HEADS)
def test_no_head_can_work_out_another_schools_count(tables, truth, told, head):
    """The head has the cards of all periods: every figure of the own school."""
    found = breaches_to_head(truth, told, head, schools=schools_of(tables), settings=SETTINGS)
    assert found.empty, found.to_string()


def test_a_card_says_no_more_of_others_than_the_meeting_sees(made):
    """Of the demo city: in the small one no school is ranked."""
    full, privacy = load_tables(made.reports / "2022H1" / "tables"), SETTINGS.project.privacy
    by = {"schools": full["schools"], "settings": SETTINGS}
    hidden = protect(full, "meeting", privacy, **by).tables["group_medians"]["median"].isna()
    assert 0 < hidden.sum() < len(hidden)
    others = of_other_schools(full, privacy, **by)
    assert others["group_medians"]["median"].isna().equals(hidden)
    places = others["places"].merge(full["rankings"][["school_id", "rank"]], on="school_id")
    assert places["rank"].between(places["place_low"], places["place_high"]).all()
    assert 0 < (places["place_low"] < places["place_high"]).sum() < len(places)


@pytest.mark.parametrize("period", TABLED)
def test_the_public_edition_prints_and_tells_nothing_that_the_meetings_hides(editions, period):
    public, meeting = editions["public"][period], editions["meeting"][period]
    for name in {"indicators", "changes", "comparisons", "group_medians", "level_counts"} & set(public):
        keys = [one for one in (*ROW, "baseline", "test", "group", "attainment_level") if one in public[name]]
        both = public[name].merge(meeting[name], on=keys, suffixes=("", "_meeting"), validate="1:1")
        assert len(both) == len(public[name])
        for column in public[name].select_dtypes("number"):
            assert not (both[column].notna() & both[f"{column}_meeting"].isna()).any(), f"{name}.{column}"
        words = ("менее 5", "остальных менее 5", "малый знаменатель")
        tells = both["suppressed"].isin(words)
        assert (both.loc[tells, "suppressed"] == both.loc[tells, "suppressed_meeting"]).all()


#: Every numeric column that a document may be drawn from, and why it tells nothing about a hidden count: it stands in
#: the bounds; it is missing wherever the figures it rests on are hidden; it counts schools, forms and events; or it is
#: a place, which :mod:`disclosure_rankings` lets stand only where the hidden figures may be what they have to
#: (see ``test_witness``).
BOUNDED = {"numerator", "denominator", "value", "baseline_value", "change", "target", "attainment"}
MISSING = {"ci_low", "ci_high", "p_value", "p_adjusted", "effect", "estimate", "n_up", "n_down", "n_same", "score",
           "score_low", "score_high", "z", "low95", "high95", "low998", "high998", "before", "after",
           "difference_in_differences", "median", "rank_mean", "rank_median", "rank_q05", "rank_q95",
           "previous_rank"}  # fmt: skip
NOT_PEOPLE = {"n_schools", "n_pairs", "n_with", "n_without", "n_valid", "n_ranked", "n", "n_events", "n_errors",
              "n_queries", "days_late", "version"}  # fmt: skip
PLACES = {"rank", "rank_low", "rank_high", "rank_low_joint", "rank_high_joint", "step"}
HELPERS = {"coverage", "activity_counts", "schools", "submissions", "findings", "measures", "recommendations"}


def test_every_figure_an_edition_is_drawn_from_is_accounted_for(editions):
    known = BOUNDED | MISSING | NOT_PEOPLE | PLACES
    for frames in (editions["meeting"][period] for period in PERIODS):
        found = {
            f"{name}.{column}"
            for name, frame in frames.items()
            if name not in HELPERS
            for column in frame.select_dtypes("number")
            if column not in known
        }
        assert not found


@pytest.mark.parametrize("period", PERIODS)
def test_figures_that_rest_on_hidden_ones_are_missing(editions, period):
    meeting = editions["meeting"][period]
    rows = meeting["indicators"]
    hidden = rows[(rows["level"] == "school") & rows["value"].isna() & rows["suppressed"].notna()]
    assert len(hidden) > 20
    schools = set(hidden[["unit_id", "period", "indicator"]].itertuples(index=False, name=None))
    parts = {one[1:] for one in schools}
    for name, unit, period_of in (("indicators", "unit_id", "period"), ("changes", "unit_id", "period"),
                                  ("changes", "unit_id", "baseline"), ("funnel", "school_id", None)):  # fmt: skip
        frame = meeting[name]
        when = frame[period_of] if period_of else pd.Series(period, index=frame.index)
        at = [key in schools for key in zip(frame[unit], when, frame["indicator"], strict=True)]
        columns = [one for one in ("ci_low", "ci_high", "p_value", "p_adjusted", "effect", "z", "change", "attainment")
                   if one in frame]  # fmt: skip
        columns = [one for one in columns if (name, one) != ("changes", "attainment")]
        assert frame.loc[at, columns].isna().all(axis=None), name
    tests = meeting["comparisons"]
    for when in ("period", "baseline"):
        at = [key in parts for key in zip(tests[when], tests["indicator"], strict=True)]
        spread = ["ci_low", "ci_high", "p_value", "effect", "n_up", "n_down", "n_same"]
        assert tests.loc[at, spread].isna().all(axis=None)
    touched = meeting["rankings"]["score"].isna()
    assert meeting["rankings"].loc[touched, ["score_low", "score_high"]].isna().all(axis=None)
    assert meeting["rankings"]["previous_rank"].isna().all()


def test_documents_follow_from_their_editions_own_tables(reports, tables, editions):
    """Made again from these tables alone, every file of the edition has the same bytes."""
    period = SETTINGS.parse_period("2022")
    report = report_of(tables["2022"], SETTINGS, period, period.year_before(), "meeting")
    again = dict(report.tables)
    assert all(again[name].equals(frame) for name, frame in editions["meeting"]["2022"].items())
    document = Document(
        name="meeting", notebook="final_report.ipynb", source=(ROOT / "notebooks" / "final_report.ipynb").read_bytes(),
        slice=report_to_bytes(report), executed="executed.ipynb", html="report.html", pdf="report.pdf",
        parameters={"period": "2022", "baseline": "2021", "edition": "meeting"}, kept_as="kept.ipynb",
        workbook="results.xlsx", docx="report.docx" if pandoc_version() else "",
    )  # fmt: skip
    files = build_document(document).files
    for name in filter(None, ("report.html", "report.pdf", "results.xlsx", document.docx)):
        assert files[name] == (reports / "2022" / "meeting" / name).read_bytes(), name


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("period", PERIODS)
def test_the_page_prints_what_the_workbook_does_and_nothing_it_hides(reports, truth, edition, period):
    page = printed_in_page(reports / period / edition, period)
    book = sheets(reports / period / edition)["indicators"].drop_duplicates(ROW).set_index(ROW)
    both = page.set_index(ROW).join(book[["value"]].add_suffix("_book"), how="inner")
    assert len(both) >= 10
    assert ((both["value"] - both["value_book"]).abs() <= 0.05 + 1e-9).all()
    near = page.set_index(ROW).join(truth["indicators"].set_index(ROW)[["value"]].add_suffix("_true"))
    assert ((near["value"] - near["value_true"]).abs() <= 0.05 + 1e-9).all(), "the reader misread a table"


@pytest.mark.parametrize("period", PERIODS)
def test_public_files_name_no_school(reports, tables, period):
    schools = schools_of(tables)
    for name, text in contents(reports / period / "public").items():
        for school in (*schools["school_id"], *schools["name"]):
            assert school not in text, f"{school} in {name}"


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("period", PERIODS)
def test_no_file_holds_a_hidden_figure_in_full(reports, edition, period):
    folder = reports / period
    raw = pd.read_parquet(folder / "tables" / "indicators.parquet")
    shown = sheets(folder / edition)["indicators"]
    printed = pd.MultiIndex.from_frame(shown.loc[shown["value"].notna(), ROW])
    hidden = raw[raw["value"].notna() & ~pd.MultiIndex.from_frame(raw[ROW]).isin(printed)]
    open_ = {in_full(value) for frame in sheets(folder / edition).values() for value in numbers_of(frame)}
    secrets = {in_full(value) for value in hidden["value"] if value != round(value, 4)} - open_
    assert len(secrets) > 5
    for name, text in contents(folder / edition).items():
        found = [one for one in secrets if re.search(rf"(?<![\d.]){re.escape(one)}", text)]
        assert not found, name


def in_full(value):
    """A number as programs write it, to ten digits: enough to know it by, whatever follows."""
    return repr(float(value))[:11]


def numbers_of(frame):
    values = frame.select_dtypes("number").to_numpy(float).ravel()
    return values[~pd.isna(values)]


def test_the_meetings_word_file_and_workbooks_are_there(reports):
    for period in PERIODS:
        small, whole = reports / period / "public" / "results.xlsx", reports / period / "results.xlsx"
        assert small.stat().st_size < whole.stat().st_size
        assert (reports / period / "meeting" / "report.docx").exists() == bool(pandoc_version())
        assert not (reports / period / "public" / "report.docx").exists()
