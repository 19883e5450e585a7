"""Places, levels, steps, verdicts, p-values: other counts that would have led to the same editions, see ``witness``.

One report of a city with ranked schools; ``drills/disclose_editions.py`` asks about all reports and all counts.
"""

from dataclasses import replace

import pytest

from analysis.intake.run import run_intake
from analysis.measures.disclosure import protect
from analysis.settings import load_settings
from tests.conftest import ROOT
from tests.rendered.small_city import write_small_city
from tests.rendered.small_tables import City
from tests.rendered.told import together
from tests.rendered.witness import KEYS, differences, few_draws, moved, questions, unproved

PERIOD = "2022"
NAMES = ("indicators", "indicator_history")
ASKED = 16


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    settings = few_draws(load_settings(ROOT / "params"))
    folder = tmp_path_factory.mktemp("witness") / "city"
    write_small_city(folder, seed=7, ranked=True)
    run_intake(folder, settings, jobs=1)
    return City.of(folder, settings, ranked=True)


@pytest.fixture(scope="module")
def true(city):
    return city.tables(PERIOD, city.observations)


@pytest.fixture(scope="module")
def editions(city, true):
    by = {"schools": city.schools, "settings": city.settings}
    return [protect(true, edition, city.settings.project.privacy, **by).tables for edition in ("meeting", "public")]


@pytest.fixture(scope="module")
def asked(city, true, editions):
    """Every so many of the questions."""
    found = questions(together([true], (*NAMES, "indicator_parts")), together(editions, NAMES), city)
    assert len(found.goals) > 4 * ASKED
    return replace(found, goals=found.goals[:: len(found.goals) // ASKED])


def test_hidden_counts_could_be_one_or_four_and_every_figure_would_be_the_same(city, true, editions, asked):
    assert true["rankings"]["ranked"].sum() >= 8
    assert set(KEYS) <= set(editions[0])

    def replay(observations):
        other = city.tables(PERIOD, observations)
        return [one for edition in editions for one in differences(edition, true, other)]

    failed = unproved(asked, replay, city, together=ASKED)
    assert not failed, failed


def test_a_figure_that_rests_on_hidden_counts_would_be_found(city, true, editions, asked):
    """The same counts moved, but tables as they are without protection of what is no count."""
    goals = [(goal[2], end) for goal, end in asked.goals[::4]]
    counts = asked.system.nearest(goals, asked.true)
    other = city.tables(PERIOD, moved(city.observations, counts, asked.true))
    meeting = editions[0]
    for name, column in (("rankings", "score_low"), ("changes", "p_adjusted"), ("comparisons", "p_value"),
                         ("sensitivity", "rank_mean"), ("funnel", "z"), ("indicators", "ci_high")):  # fmt: skip
        bare = meeting[name].assign(**{column: true[name][column].reset_index(drop=True)})
        assert any(f" {column} " in one for one in differences({name: bare}, true, other)), (name, column)
