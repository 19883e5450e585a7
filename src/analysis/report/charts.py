"""All charts of the reports: a function takes frames and labels and gives a :class:`Chart`; none of them calculates.

Every chart comes with an alt text of one Russian sentence with its numbers, and as text/html or application/x-typst.
"""

from analysis.report.charts_card import card_profile
from analysis.report.charts_change import slope_to_baseline
from analysis.report.charts_distribution import distribution
from analysis.report.charts_funnel import funnel_plot
from analysis.report.charts_heat import heat_table
from analysis.report.charts_indicators import bullet_bars, dot_plot
from analysis.report.charts_months import Break, run_chart
from analysis.report.charts_ranks import caterpillar
from analysis.report.charts_status import levels_bar, roadmap_status
from analysis.report.charts_submissions import submission_matrix
from analysis.report.charts_svg import Chart
from analysis.report.charts_words import Labels

__all__ = [
    "Break",
    "Chart",
    "Labels",
    "bullet_bars",
    "card_profile",
    "caterpillar",
    "distribution",
    "dot_plot",
    "funnel_plot",
    "heat_table",
    "levels_bar",
    "roadmap_status",
    "run_chart",
    "slope_to_baseline",
    "submission_matrix",
]
