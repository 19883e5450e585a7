"""From submissions to accepted values and findings: choose what is in force, check the table, say what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.intake.checks import FUNCTIONS, reset_month, run_checks
from analysis.intake.findings import Finding, findings_frame
from analysis.intake.form_findings import FormFindings
from analysis.intake.observations import NEEDED
from analysis.intake.portions import compact, in_portions, joined
from analysis.intake.register import Register, accepted_before
from analysis.intake.submission import Submission
from analysis.intake.values import fill_zero_reports, values_table
from analysis.intake.versions import Key, by_key, choose, number_versions, refuse_copies, refuse_last_years
from analysis.settings import Settings


@dataclass
class Acceptance:
    """What came of all files: the checked values in force, and every finding."""

    submissions: list[Submission]
    values: pd.DataFrame
    findings: pd.DataFrame


def accept(
    submissions: Sequence[Submission],
    imported: pd.DataFrame,
    import_findings: Sequence[Finding],
    register: Register,
    gone: Sequence[Mapping[str, str]],
    settings: Settings,
) -> Acceptance:
    """Choose versions, check, and choose again while a returned form has a later one that answers it.

    ``gone`` are the register's rows whose files are no longer there.
    """
    groups = by_key(submissions)
    with_forms = {submission.school.school_id for submission in submissions if submission.school}
    own, others = in_portions(imported, with_forms)
    number_versions(groups, register.versions, register.last_versions)
    before = accepted_before(gone)
    refuse_last_years(groups)
    refuse_copies(submissions)
    asked: set[int] = set()
    while True:  # ends: every round puts a later form in force
        for key, group in groups.items():
            choose(group, asked, before.get(key, 0))
        values, findings = _check(submissions, own, settings)
        answered = _answered(groups, findings)
        if answered <= asked:
            break
        asked |= answered
    parts = []
    for portion in others:
        more, told = _check((), portion, settings)
        parts.append(compact(more[NEEDED]))
        findings = [*findings, *told]
    values = joined([compact(values[NEEDED]), *parts]) if parts else values
    everything = findings_frame([*findings, *import_findings])
    return Acceptance(list(submissions), values, everything)


def _answered(groups: Mapping[Key, list[Submission]], findings: Iterable[Finding]) -> set[int]:
    """Forms in force that were returned or asked about although another readable form came later."""
    open_places = {
        (finding.school_id, finding.period, finding.version)
        for finding in findings
        if finding.severity != "note" and finding.file
    }
    return {
        id(submission)
        for key, group in groups.items()
        for number, submission in enumerate(group)
        if submission.in_force
        and (*key, submission.version) in open_places
        and any(later.readable for later in group[number + 1 :])
    }


def _check(
    submissions: Sequence[Submission], imported: pd.DataFrame, settings: Settings
) -> tuple[pd.DataFrame, list[Finding]]:
    """The values in force after all checks, and the findings of all forms."""
    values = fill_zero_reports(values_table(submissions, settings), reset_month(settings))
    told = FormFindings(submissions, settings)
    told.add_remarks()
    told.add_absent()
    told.add_cells(values)
    former = values[~values["in_force"]]
    told.add_hits(former, _check_former(former, settings))
    table, doubles = join_imports(values[values["in_force"]], imported)
    told.add_doubles(doubles)
    checked, hits = run_checks(table, settings)
    told.add_hits(table, hits)
    return checked, told.findings


def _check_former(former: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Rules within one form, for forms that are no longer in force: their findings stay on record."""
    if former.empty:
        return pd.DataFrame()
    checks = [check for check in settings.checks if check.kind == "at_most" and check.severity == "error"]
    hits = [FUNCTIONS["at_most"](former, c, settings).assign(rule=c.code, severity=c.severity) for c in checks]
    return pd.concat(hits, ignore_index=True) if hits else pd.DataFrame()


def join_imports(forms: pd.DataFrame, imported: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row per school, period and measure: the form's value, else the imported one.

    Also returns the rows of forms whose value differs from an imported one, with it as ``imported``.
    """
    keys = ["school_id", "period", "measure"]
    both = forms.merge(imported[[*keys, "value"]], on=keys, suffixes=("", "_imported"))
    differing = both[both["value"].notna() & both["value_imported"].notna() & (both["value"] != both["value_imported"])]
    known = forms.assign(_rank=forms["value"].isna().astype(int) * 2)
    other = imported.assign(_rank=imported["value"].isna().astype(int) * 2 + 1)
    joined = pd.concat([known, other], ignore_index=True).sort_values("_rank", kind="stable")
    table = joined.drop_duplicates(keys).drop(columns="_rank").sort_values([*keys, "cell"], kind="stable")
    return table.reset_index(drop=True), differing.rename(columns={"value_imported": "imported"})
