"""«Ориентир»: from schools' forms to reports.

>>> import analysis
>>> period = analysis.load("2022H1")  # doctest: +SKIP
>>> period.indicators, period.plot.targets()  # doctest: +SKIP

Importing the package costs nothing: pandas comes with the first table.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.finished import FinishedPeriod

# openpyxl picks its serialiser by whether lxml happens to be installed, and the two write other bytes. It looks once,
# when it is first imported; everything of ours that imports it comes through here first.
os.environ["OPENPYXL_LXML"] = "False"

__all__ = ["load"]


def load(period: str, data: str = "", *, params: str = "", out: str = "") -> FinishedPeriod:
    """Open a period whose report has been made: its tables as frames, its charts under ``plot``.

    period : as commands write it: ``2022-03``, ``2022H1``, ``2022``, ``2021-2025``
    data : a folder's name under ``data/`` or a path; empty is the one of ``params/project.yaml``
    params, out : folders in place of ``params/`` and ``reports/``

    Raises RequestError when there is no report, PeriodError for a period that is none, SettingsError for bad params.
    """
    from analysis.finished import open_finished

    return open_finished(period, data, params=params, out=out)
