"""Places of schools: methods and tables. The work is in the modules imported here."""

from analysis.measures.composite import composite
from analysis.measures.funnel import funnel
from analysis.measures.rank_indicator import rank_indicator
from analysis.measures.rank_intervals import rank_intervals
from analysis.measures.ranking_tables import indicator_ranks_by_school, rankings_and_steps, rankings_by_school
from analysis.measures.ranking_views import funnel_by_school_indicator, sensitivity_by_school
from analysis.measures.sensitivity import ranking_sensitivity
from analysis.measures.shrinkage import shrink

__all__ = [
    "composite",
    "funnel",
    "funnel_by_school_indicator",
    "indicator_ranks_by_school",
    "rank_indicator",
    "rank_intervals",
    "ranking_sensitivity",
    "rankings_and_steps",
    "rankings_by_school",
    "sensitivity_by_school",
    "shrink",
]
