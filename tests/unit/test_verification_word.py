"""A report made with pandoc is verified where there is none, without the one file that only pandoc can make."""

import json

import pytest

from analysis import verification
from analysis.report.manifest import MANIFEST

INDEX = '<li>Совещание: <a href="m/report.pdf">PDF</a>{}</li>\n'
WORD = ', <a href="meeting/report.docx">Word<span class="vh">, Для совещания</span></a>'


def folder(path, with_word, page=b"<p>1</p>"):
    (path / "meeting").mkdir(parents=True)
    (path / "meeting" / "report.html").write_bytes(page)
    (path / "index.html").write_text(INDEX.format(WORD if with_word else ""), encoding="utf-8")
    files = ["meeting/report.html", *(["meeting/report.docx"] if with_word else [])]
    if with_word:
        (path / "meeting" / "report.docx").write_bytes(b"PK")
    manifest = {
        "pandoc": "pandoc 3" if with_word else "",
        "made_from": {"meeting": {"key": str(with_word), "files": files}},
        "outputs": {**dict.fromkeys(files, "digest"), "index.html": str(with_word)},
    }
    (path / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    return path


@pytest.fixture
def no_pandoc(monkeypatch):
    monkeypatch.setattr(verification, "pandoc_version", lambda: "")


def test_only_the_word_file_may_be_missing(tmp_path, no_pandoc):
    built, again = folder(tmp_path / "a", with_word=True), folder(tmp_path / "b", with_word=False)
    assert verification._different(built, again) == set()
    (again / "meeting" / "report.html").write_bytes(b"<p>2</p>")
    assert verification._different(built, again) == {"meeting/report.html"}


def test_with_the_same_pandoc_the_word_file_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(verification, "pandoc_version", lambda: "pandoc 3")
    built, again = folder(tmp_path / "a", with_word=True), folder(tmp_path / "b", with_word=True)
    (again / "meeting" / "report.docx").write_bytes(b"PK2")
    assert verification._different(built, again) == {"meeting/report.docx"}
