"""``report.docx``: an edition's page as a document that people edit in Word, through pandoc where it is installed.

pandoc makes the text, tables and pictures; our own styles, page and headers take the place of its own, so that the
look does not depend on its version.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Mapping
from datetime import UTC
from functools import cache
from io import BytesIO
from pathlib import Path

from analysis.files import pack
from analysis.report.document import DEMO_STAMP
from analysis.report.inline import escape
from analysis.report.word_source import page_for_word
from analysis.report.word_tables import cell_styles, with_fitted_tables
from analysis.xlsxfile import FIXED_TIME

NO_PANDOC = "report.docx не построен: программа pandoc не найдена (https://pandoc.org, устанавливается отдельно)"
STYLES = Path(__file__).parent / "templates" / "orientir_word" / "styles.xml"
_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_HEADERS = {"header1.xml": "default", "header2.xml": "first"}
_LIST_ITEM = re.compile(r"<w:pPr>(?:(?!</w:pPr>).)*<w:numPr>(?:(?!</w:pPr>).)*</w:pPr>", re.DOTALL)
_SECONDS = 120


class WordError(RuntimeError):
    """pandoc did not make the document; the message is Russian."""


@cache
def pandoc_version() -> str:
    """The version of pandoc, empty when there is none."""
    program = shutil.which("pandoc")
    if program is None:
        return ""
    asked = subprocess.run([program, "--version"], capture_output=True, text=True, check=False, timeout=_SECONDS)  # noqa: S603
    return asked.stdout.partition("\n")[0].strip()


def docx_of(html: str) -> bytes:
    """The page of a report as .docx: same page and pandoc, same bytes. Raises WordError."""
    made = _by_pandoc(*page_for_word(html))
    with zipfile.ZipFile(BytesIO(made)) as archive:
        parts = {name: archive.read(name) for name in sorted(archive.namelist())}
    parts["docProps/core.xml"] = _titled(parts["docProps/core.xml"], html)
    return pack(_in_our_style(parts, demo=DEMO_STAMP in html))


def _by_pandoc(page: str, pictures: Mapping[str, bytes]) -> bytes:
    command = ["pandoc", "--from=html", "--to=docx", "--metadata=lang:ru", "--output=-"]
    environment = os.environ | {"SOURCE_DATE_EPOCH": str(int(FIXED_TIME.replace(tzinfo=UTC).timestamp()))}
    with tempfile.TemporaryDirectory(prefix="orientir-word-") as folder:
        for name, content in pictures.items():
            Path(folder, name).write_bytes(content)
        try:
            done = subprocess.run(  # noqa: S603
                command,
                input=page.encode(),
                capture_output=True,
                env=environment,
                check=True,
                timeout=_SECONDS,
                cwd=folder,
            )
        except (OSError, subprocess.SubprocessError) as error:
            said = getattr(error, "stderr", b"") or b""
            why = said.decode(errors="replace").strip() or str(error)
            raise WordError(f"report.docx не построен: pandoc сообщил «{why[:300]}».") from error
    return done.stdout


def _titled(core: bytes, html: str) -> bytes:
    """The properties with the page's title, for the list of files and for screen readers."""
    title = re.search(r"<title>(.*?)</title>", html, re.DOTALL)
    named = f"<dc:title>{title[1].strip() if title else ''}</dc:title>".encode()
    return re.sub(rb"<dc:title>.*?</dc:title>|<dc:title\s*/>", lambda _: named, core, flags=re.DOTALL)


def _in_our_style(parts: dict[str, bytes], demo: bool) -> dict[str, bytes]:
    """Our styles, A4 with margins, page numbers from the second page on, the demo stamp on every page."""
    stamp = f'<w:r><w:rPr><w:b/><w:color w:val="B00020"/></w:rPr><w:t>{escape(DEMO_STAMP)}</w:t></w:r>' if demo else ""
    number = '<w:fldSimple w:instr=" PAGE "><w:r><w:t>2</w:t></w:r></w:fldSimple>'
    gap = '<w:r><w:t xml:space="preserve">   </w:t></w:r>' if demo else ""
    headers = {"header1.xml": number + gap + stamp, "header2.xml": stamp}
    for name, content in headers.items():
        text = f'<w:hdr {_W}><w:p><w:pPr><w:pStyle w:val="Header"/></w:pPr>{content}</w:p></w:hdr>'
        parts[f"word/{name}"] = _xml(text)
    parts["word/styles.xml"] = STYLES.read_bytes().replace(b"</w:styles>", cell_styles().encode() + b"</w:styles>")
    edits = {
        "[Content_Types].xml": ("</Types>", "".join(map(_content_type, headers)) + "</Types>"),
        "word/_rels/document.xml.rels": ("</Relationships>", "".join(map(_relation, headers)) + "</Relationships>"),
    }
    for name, (old, new) in edits.items():
        parts[name] = parts[name].replace(old.encode(), new.encode())
    parts["word/document.xml"] = _page(parts["word/document.xml"].decode()).encode()
    return parts


def _page(document: str) -> str:
    references = "".join(f'<w:headerReference w:type="{kind}" r:id="{_id(name)}"/>' for name, kind in _HEADERS.items())
    section = (
        f'<w:sectPr>{references}<w:pgSz w:w="11906" w:h="16838"/>'
        '<w:pgMar w:top="1134" w:right="850" w:bottom="1134" w:left="1134" w:header="567" w:footer="567" w:gutter="0"/>'
        "<w:titlePg/></w:sectPr>"
    )
    with_page = re.sub(r"<w:sectPr\s*/>|<w:sectPr>.*?</w:sectPr>", section, document, flags=re.DOTALL)
    # lists in the size of the text; tables in their own, as wide as the page
    lists = _LIST_ITEM.sub(lambda item: item[0].replace('"Compact"', '"BodyText"'), with_page)
    return with_fitted_tables(re.sub(r"<w:tblW [^>]*/>", '<w:tblW w:type="pct" w:w="5000"/>', lists))


def _content_type(header: str) -> str:
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.header+xml"
    return f'<Override PartName="/word/{header}" ContentType="{kind}"/>'


def _relation(header: str) -> str:
    return f'<Relationship Id="{_id(header)}" Type="{_RELATIONS}/header" Target="{header}"/>'


def _id(header: str) -> str:
    return f"our{header.partition('.')[0]}"


def _xml(text: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n{text}'.encode()
