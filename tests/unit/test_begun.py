"""What a stopped run had finished is taken over by the next, and nothing else of it."""

import json

import pytest

from analysis import begun
from analysis.incremental import Memory, key_of

CARD, TABLE = key_of("card"), key_of("table")


@pytest.fixture
def stopped(tmp_path):
    """A folder being built: one finished card, and a page that was being written."""
    run = Memory(tmp_path / "none", tmp_path / "building")
    for name, content in (
        ("schools/s1/card.html", b"<p>"),
        ("schools/s1/card.pdf", b"%PDF"),
        ("public/report.html", b"<"),
    ):
        run.write(name, content)
    run.record("schools/s1", CARD, ["schools/s1/card.html", "schools/s1/card.pdf"])
    return tmp_path / "building", tmp_path / "begun"


def test_what_was_finished_is_taken_over_and_what_was_half_done_goes(stopped, tmp_path):
    build, store = stopped
    begun.keep_finished(build, store)
    assert not build.exists()
    memory = Memory(tmp_path / "none", tmp_path / "new", stopped=store)
    assert memory.take("schools/s1", CARD)
    assert not memory.take("public", key_of("public"))
    assert {path.name: path.read_bytes() for path in (tmp_path / "new").rglob("*.*") if path.is_file()} == {
        "card.html": b"<p>",
        "card.pdf": b"%PDF",
    }
    assert (memory.resumed, memory.kept) == ({"schools/s1"}, set())
    assert memory.made_from() == {"schools/s1": {"key": CARD, "files": ["schools/s1/card.html", "schools/s1/card.pdf"]}}
    assert not Memory(tmp_path / "none", tmp_path / "newer", force=True, stopped=store).take("schools/s1", CARD)


def test_two_stopped_runs_add_up(stopped, tmp_path):
    build, store = stopped
    begun.keep_finished(build, store)
    second = Memory(tmp_path / "none", build)
    second.write("tables/a.parquet", b"PAR1")
    second.record("1_intake", TABLE, ["tables/a.parquet"])
    begun.keep_finished(build, store)
    assert begun.finished(store, CARD) == {"schools/s1/card.html": b"<p>", "schools/s1/card.pdf": b"%PDF"}
    assert begun.finished(store, TABLE) == {"tables/a.parquet": b"PAR1"}


@pytest.mark.parametrize(
    "line", ["", "{", "[]", "null", '{"key": 1, "files": {}}', '{"key": "../..", "files": {"a": "b"}}']
)
def test_a_journal_cut_short_or_damaged_hides_nothing_else(stopped, line):
    build, store = stopped
    journal = build / begun.JOURNAL
    journal.write_text(f"{line}\n{journal.read_text(encoding='utf-8')}{line}", encoding="utf-8")
    begun.keep_finished(build, store)
    assert set(begun.finished(store, CARD) or {}) == {"schools/s1/card.html", "schools/s1/card.pdf"}
    assert [path.name for path in store.iterdir()] == [CARD]


def test_a_file_changed_after_its_line_was_written_is_not_kept(stopped):
    build, store = stopped
    (build / "schools/s1/card.pdf").write_bytes(b"%PD")
    begun.keep_finished(build, store)
    assert begun.finished(store, CARD) is None


def test_a_damaged_store_gives_nothing(stopped):
    build, store = stopped
    begun.keep_finished(build, store)
    (store / CARD / "schools/s1/card.pdf").write_bytes(b"")
    assert begun.finished(store, CARD) is None
    (store / CARD / ".files.json").write_text("[", encoding="utf-8")
    assert begun.finished(store, CARD) is None


def test_no_file_outside_the_store_is_taken(stopped, tmp_path):
    build, store = stopped
    begun.keep_finished(build, store)
    (tmp_path / "secret").write_bytes(b"secret")
    digest = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"
    (store / CARD / ".files.json").write_text(json.dumps({"../../secret": digest}), encoding="utf-8")
    assert begun.finished(store, CARD) is None
