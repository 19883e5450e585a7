"""Random cities: what an edition prints never narrows a small count, checked by linear programming."""

from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analysis.measures.disclosure import protect, reason_text
from analysis.measures.disclosure_audit import feasible_intervals
from analysis.measures.disclosure_breaches import audit, breaches
from analysis.measures.disclosure_counts import Limits
from analysis.measures.disclosure_rules import Rule
from tests.unit.measures.disclosure_kit import AT, SETTINGS, random_city

CITY = {"seed": st.integers(0, 10_000), "size": st.integers(1, 8), "small": st.booleans()}
PRIVACY = SETTINGS.project.privacy


def protected(tables, schools, edition, own_school=None):
    return protect(tables, edition, PRIVACY, schools=schools, settings=SETTINGS, own_school=own_school).tables


def texts(tables):
    """Every byte a file made of the tables could hold."""
    return "\n".join(frame.to_csv() + str(frame.attrs) for frame in tables.values())


@settings(max_examples=3, deadline=None, derandomize=True)
@given(**CITY)
@example(seed=2046, size=2, small=False)  # the city's change is that of one of two schools
def test_meeting_keeps_one_to_four_possible(seed, size, small):
    tables, schools = random_city(seed, size, small)
    audit(tables, protected(tables, schools, "meeting"), schools=schools, settings=SETTINGS)


@settings(max_examples=3, deadline=None, derandomize=True)
@given(**CITY)
def test_public_has_no_schools_and_keeps_one_to_four_possible(seed, size, small):
    tables, schools = random_city(seed, size, small)
    edition = protected(tables, schools, "public")
    assert not any(school in texts(edition) for school in schools["school_id"])
    assert "school" not in set(edition["indicators"]["level"])
    audit(tables, edition, schools=schools, settings=SETTINGS)


@settings(max_examples=3, deadline=None, derandomize=True)
@given(**CITY, which=st.integers(0, 100))
def test_card_shows_own_figures_and_keeps_others_possible(seed, size, small, which):
    tables, schools = random_city(seed, size, small)
    own = schools["school_id"][which % size]
    edition = protected(tables, schools, "card", own)
    assert not any(school in texts(edition) for school in schools["school_id"] if school != own)
    table, raw = edition["indicators"], tables["indicators"]
    of_own = table[table["unit_id"] == own].set_index(AT).drop(columns="suppressed")
    pd.testing.assert_frame_equal(of_own, raw[raw["unit_id"] == own].set_index(AT), check_dtype=False)
    audit(tables, edition, schools=schools, settings=SETTINGS, own_school=own)


@settings(max_examples=3, deadline=None, derandomize=True)
@given(**CITY, which=st.integers(0, 100))
def test_a_school_head_in_the_meeting_learns_nothing_more(seed, size, small, which):
    tables, schools = random_city(seed, size, small)
    edition = protected(tables, schools, "meeting")
    own = schools["school_id"][which % size]
    raw, table = tables["indicators"].set_index(AT), edition["indicators"].set_index(AT)
    mine = table.index.get_level_values("unit_id") == own
    figures = ["numerator", "denominator", "value", "attainment"]
    table.loc[mine, figures] = raw.loc[table.index[mine], figures]
    table.loc[mine, "suppressed"] = None
    # that a total «менее 5» holds the own pupils is no secret the edition could keep
    labels = [reason_text(rule, Limits()) for rule in (Rule.FEW, Rule.FEW_REST, Rule.SMALL_DENOMINATOR)]
    told = (table.index.get_level_values("level") != "school") & table["suppressed"].isin(labels)
    table.loc[told, "suppressed"] = reason_text(Rule.SECONDARY, Limits())
    intervals = feasible_intervals({"indicators": table.reset_index()}, schools=schools, settings=SETTINGS)
    others = intervals[
        (intervals["level"] == "school") & (intervals["unit_id"] != own) & (intervals["count"] == "numerator")
    ]
    truth = others.join(raw[["numerator"]], on=AT)
    few = truth[truth["numerator"].between(1, 4)]
    assert (few["low"] <= 1 + 1e-6).all()
    assert (few["high"] >= 4 - 1e-6).all()


@settings(max_examples=3, deadline=None, derandomize=True)
@given(**CITY, edition=st.sampled_from(["working", "meeting", "public", "card"]))
def test_protecting_again_changes_nothing(seed, size, small, edition):
    tables, schools = random_city(seed, size, small)
    own = schools["school_id"][0]
    once = protected(tables, schools, edition, own)
    twice = protected(once, schools, edition, own)
    for name, frame in once.items():
        pd.testing.assert_frame_equal(frame, twice[name])


@settings(max_examples=3, deadline=None, derandomize=True)
@given(**CITY, edition=st.sampled_from(["meeting", "public", "card"]))
def test_the_order_of_rows_does_not_matter(seed, size, small, edition):
    tables, schools = random_city(seed, size, small)
    rng = np.random.default_rng(seed)
    shuffled = {name: frame.sample(frac=1, random_state=rng) for name, frame in tables.items()}
    own = schools["school_id"][0]
    straight = protected(tables, schools, edition, own)
    mixed = protected(shuffled, schools.sample(frac=1, random_state=rng), edition, own)
    for name, frame in straight.items():
        by = [column for column in (*AT, "baseline") if column in frame.columns]
        pd.testing.assert_frame_equal(
            frame.sort_values(by, ignore_index=True), mixed[name].sort_values(by, ignore_index=True)
        )


def test_the_input_is_not_changed():
    tables, schools = random_city(5, 9, small=True)
    before = {name: frame.copy() for name, frame in tables.items()}
    for edition in ("working", "meeting", "public", "card"):
        protected(tables, schools, edition, "s101")
    for name, frame in before.items():
        pd.testing.assert_frame_equal(tables[name], frame)


def test_working_edition_has_every_figure_and_says_what_is_small():
    tables, schools = random_city(5, 9, small=True)
    edition = protected(tables, schools, "working")
    table = edition["indicators"]
    pd.testing.assert_frame_equal(table.drop(columns=["suppressed", "small"]), tables["indicators"])
    assert table["suppressed"].isna().all()
    few = table[(table["indicator"] == "П04") & table["numerator"].between(1, 4) & (table["denominator"] >= 10)]
    assert len(few)
    assert set(few["small"]) == {"менее 5"}
    # an edition made from the working one equals one made from the raw tables
    for name, frame in protected(edition, schools, "meeting").items():
        pd.testing.assert_frame_equal(frame, protected(tables, schools, "meeting")[name])


def test_hidden_figures_are_gone_from_a_written_file():
    tables, schools = random_city(11, 9, small=False)
    table = tables["indicators"]
    marked = table["numerator"].between(1, 4) & (table["indicator"] == "П13") & (table["level"] == "school")
    assert marked.any()
    tables["indicators"] = table.assign(value=table["value"].mask(marked, 123456.789))
    buffer = BytesIO()
    protected(tables, schools, "meeting")["indicators"].to_parquet(buffer)
    assert not pd.read_parquet(buffer)["value"].eq(123456.789).any()


@pytest.mark.parametrize("hidden", ["nothing", "only small counts"])
def test_the_audit_finds_what_naive_suppression_gives_away(hidden):
    tables, schools = random_city(3, 9, small=False, missing=0)
    table = tables["indicators"].assign(suppressed=None)
    table["suppressed"] = table["suppressed"].astype(object)
    if hidden == "only small counts":
        small = table["numerator"].between(1, 4) & table["indicator"].isin(["П13"]) & (table["level"] == "school")
        table.loc[small, ["numerator", "value", "attainment", "ci_low", "ci_high"]] = np.nan
        table.loc[small, "suppressed"] = "менее 5"
    found = breaches(tables, {"indicators": table}, schools=schools, settings=SETTINGS)
    assert "printed" in set(found["breach"])
    of_winners = found[(found["indicator"] == "П13") & (found["level"] == "school")]
    assert set(of_winners["breach"]) == ({"printed"} if hidden == "nothing" else {"narrow"})
    with pytest.raises(AssertionError, match="breaches of disclosure control"):
        audit(tables, {"indicators": table}, schools=schools, settings=SETTINGS)


def test_rounded_values_bound_a_count_and_exact_ones_give_it_away():
    tables, schools = random_city(3, 6, small=False, missing=0)
    raw = tables["indicators"]
    table = protected({"indicators": raw}, schools, "meeting")["indicators"]
    hidden = table["numerator"].isna() & (table["indicator"] == "П13") & (table["level"] == "school")
    first = table[hidden].iloc[0]
    truth = raw.set_index(AT).loc[tuple(first[AT]), "numerator"]
    widths = {}
    for decimals, values in ((1, raw["value"].round(1)), (None, raw["value"])):
        leaking = table.assign(value=table["value"].where(~hidden, values))
        found = feasible_intervals({"indicators": leaking}, schools=schools, settings=SETTINGS, rounding=decimals)
        row = found.set_index([*AT, "count"]).loc[(*first[AT], "numerator")]
        assert row["low"] - 1e-6 <= truth <= row["high"] + 1e-6
        widths[decimals] = row["high"] - row["low"]
    assert 0.05 < widths[1] <= 2 * 0.05 * first["denominator"] / 100 + 1e-6
    assert widths[None] == pytest.approx(0, abs=1e-6)
