"""What is taken over from the report in place, and what never is."""

import json

import numpy as np
import pandas as pd
import pytest

from analysis.incremental import Memory, key_of
from analysis.report.manifest import Inputs, outputs_of, read_manifest, write_manifest

INPUTS = Inputs({"period": "2022H1"}, {"pandas": "3"}, "code", {"data": {}})


@pytest.fixture
def report(tmp_path):
    """A report in place with one card, and the folder of the next one."""
    first = Memory(tmp_path / "none", tmp_path / "old")
    first.write("schools/s1/card.html", b"<p>card</p>")
    first.write("schools/s1/card.pdf", b"%PDF")
    first.record("schools/s1", "key", ["schools/s1/card.pdf", "schools/s1/card.html"])
    write_manifest(tmp_path / "old", INPUTS, first.made_from())
    return tmp_path / "old", tmp_path / "new"


def test_the_same_key_takes_the_files_over(report):
    memory = Memory(*report)
    assert memory.take("schools/s1", "key")
    assert (report[1] / "schools/s1/card.html").read_bytes() == b"<p>card</p>"
    assert memory.kept == {"schools/s1"}
    write_manifest(report[1], INPUTS, memory.made_from())
    assert (report[1] / "manifest.json").read_bytes() == (report[0] / "manifest.json").read_bytes()


@pytest.mark.parametrize(
    ("name", "key", "force"),
    [("schools/s1", "other", False), ("schools/s2", "key", False), ("schools/s1", "key", True)],
)
def test_another_key_an_unknown_name_or_force_takes_nothing(report, name, key, force):
    memory = Memory(*report, force=force)
    assert not memory.take(name, key)
    assert not report[1].exists()
    assert not memory.made_from()


@pytest.mark.parametrize("damage", [lambda path: path.write_bytes(b"edited"), lambda path: path.unlink()])
def test_one_damaged_file_is_enough(report, damage):
    damage(report[0] / "schools/s1/card.pdf")
    assert not Memory(*report).take("schools/s1", "key")


def test_no_file_outside_the_report_is_taken(report, tmp_path):
    (tmp_path / "secret").write_bytes(b"secret")
    manifest = json.loads((report[0] / "manifest.json").read_text())
    for outside in ("../secret", str(tmp_path / "secret")):
        manifest["made_from"]["schools/s1"]["files"] = [outside]
        manifest["outputs"][outside] = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"
        (report[0] / "manifest.json").write_text(json.dumps(manifest))
        assert not Memory(*report).take("schools/s1", "key")


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"manifest": 1}', '{"manifest": 2, "made_from": [], "outputs": {}}',
             '{"manifest": 2, "made_from": {"a": {"key": 1, "files": []}}, "outputs": {}}']
)  # fmt: skip
def test_a_damaged_or_older_manifest_is_no_manifest(report, text):
    (report[0] / "manifest.json").write_text(text)
    assert read_manifest(report[0]) == {}
    assert not Memory(*report).take("schools/s1", "key")


def test_scratch_files_and_the_log_are_no_outputs(report):
    for name in (".orientir.json", "run.log"):
        (report[0] / name).write_text("x")
    assert set(outputs_of(report[0])) == {"schools/s1/card.html", "schools/s1/card.pdf"}


def test_a_key_tells_inputs_apart_but_not_their_order():
    assert key_of({"a": 1, "b": 2}, "x") == key_of({"b": 2, "a": 1}, "x")
    assert len({key_of("ab", "c"), key_of("a", "bc"), key_of(["a", "bc"]), key_of("a", "bc", "")}) == 4


def sliced(**columns):
    from analysis.periods import parse_period
    from analysis.report.opening import PeriodReport

    table = pd.DataFrame(columns)
    return PeriodReport(None, parse_period("2022H1"), parse_period("2021H1"), "card", {"t": table}, "s1")  # type: ignore[arg-type]


def test_the_digest_of_a_slice_sees_every_difference():
    from analysis.slices import digest_of

    values = [
        [1.0, 2.0], [1.0, np.nextafter(2.0, 3)], [1, 2], [1.0, np.nan], [1.0, None], ["1.0", "2.0"], [1.0, "nan"],
        [1.0, "2.0\t3"], [2.0, 1.0],
    ]  # fmt: skip
    digests = {digest_of(sliced(value=pd.Series(one, dtype=object))) for one in values}
    assert len(digests) == len(values)
    assert digest_of(sliced(value=[1.0, 2.0])) == digest_of(sliced(value=[1.0, 2.0]))
    assert digest_of(sliced(value=[1.0])) != digest_of(sliced(other=[1.0]))
    assert digest_of(sliced(a=["x\ty"], b=["z"])) != digest_of(sliced(a=["x"], b=["y\tz"]))
