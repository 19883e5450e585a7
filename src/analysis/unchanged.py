"""Is there anything to do? A report whose inputs and files are as recorded is left as it is."""

from __future__ import annotations

import dataclasses

from analysis.building import is_tidy, report_inputs
from analysis.intake.memory import saved_state
from analysis.report.manifest import is_intact, read_manifest
from analysis.requests import ReportRequest
from analysis.summary import ReportSummary, summarise


def unchanged_report(request: ReportRequest) -> ReportSummary | None:
    """The summary of the report in place if building it again would give the same bytes; None otherwise.

    What intake accepted must be whole too, since other commands read it; and what a stopped run has left is to be cleared.
    """
    folder = request.space.report_folder(request.period)
    manifest = {} if request.force else read_manifest(folder)
    if not manifest or manifest.get("failed") != [] or not saved_state(request.space.data) or not is_tidy(folder):
        return None
    inputs = report_inputs(request).as_json()
    if any(manifest.get(name) != value for name, value in inputs.items()):
        return None
    if not all(is_intact(folder, name, digest) for name, digest in manifest["outputs"].items()):
        return None
    summary = summarise(request, failures={})
    return dataclasses.replace(summary, unchanged_cards=summary.cards, unchanged=True)
