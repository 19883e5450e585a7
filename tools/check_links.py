"""Links and pictures in Markdown files lead somewhere: the file is there, and so is the heading.

Addresses with a scheme are not fetched.
"""

import re
import sys
from pathlib import Path
from urllib.parse import unquote

from tools.project_files import ROOT, project_files, report

FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"\[[^\]]*\]\(\s*<?([^)<>\s]+)>?(?:\s+\"[^\"]*\")?\s*\)|(?:src|href)=\"([^\"]+)\"")
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
ANCHOR = re.compile(r"<a\s+(?:id|name)=\"([^\"]+)\"")
SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def anchors(text: str) -> set[str]:
    """Names that a link can point to: headings as GitHub and GitLab name them, and explicit anchors."""
    found = set(ANCHOR.findall(text))
    for heading in HEADING.findall(FENCE.sub("", text)):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        name = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        number = sum(other == name or re.fullmatch(re.escape(name) + r"-\d+", other) is not None for other in found)
        found.add(f"{name}-{number}" if number else name)
    return found


def links(text: str) -> list[str]:
    """Targets of the inline links and pictures, code left out."""
    prose = CODE.sub("", FENCE.sub("", text))
    return [first or second for first, second in LINK.findall(prose)]


def broken_links(page: Path) -> list[str]:
    """One sentence for each link of `page` that leads nowhere."""
    problems = []
    for link in links(page.read_text(encoding="utf-8")):
        if SCHEME.match(link):
            continue
        place, _, anchor = unquote(link).partition("#")
        target = page.parent / place if place else page
        if not target.exists():
            problems.append(f"{page.relative_to(ROOT)}: no such file: {link}")
        elif anchor and target.suffix == ".md" and anchor not in anchors(target.read_text(encoding="utf-8")):
            problems.append(f"{page.relative_to(ROOT)}: no such heading: {link}")
    return problems


def main() -> int:
    """Exit code 1 if any link is broken."""
    return report([problem for page in project_files(suffix=".md") for problem in broken_links(page)])


if __name__ == "__main__":
    sys.exit(main())
