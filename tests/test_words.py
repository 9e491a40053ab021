"""Documents, docstrings and data claim no more than the evidence carries."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = [
    file
    for pattern in ("*.md", "docs/*.md", "src/**/*.py", "src/**/*.toml", "src/**/*.j2")
    for file in sorted(ROOT.glob(pattern))
    if file.name not in ("CHANGELOG.md", "incidents.md")
]
"""All that readers see, but for the two pages that tell what was said wrongly."""

CLAIMS = (
    "nobody put in",
    "put in nowhere",
    "no parameter holds",
    "set beforehand",
    "written down before",
    "nothing compiles for a user",
)
"""What was said and is not so: values were set with published effects in view, and what is compared
was changed after results were seen.
"""


@pytest.mark.parametrize("claim", CLAIMS)
def test_no_file_says_more_than_is_shown(claim):
    said = [
        str(file.relative_to(ROOT))
        for file in FILES
        if claim in re.sub(r"[\s\"#]+", " ", file.read_text(encoding="utf-8")).lower()
    ]
    assert said == []


def test_readme_says_before_its_first_picture_that_the_fit_fails():
    head = (ROOT / "README.md").read_text(encoding="utf-8").split("![")[0]
    assert "fails its own test" in head and "2.1" in head and "1.5" in head


@pytest.mark.parametrize("page", ["README.md", "docs/forecasting.md", "docs/limits.md"])
def test_the_blind_test_is_told_whole(page):
    told = " ".join((ROOT / page).read_text(encoding="utf-8").split())
    whole = ("2021 to 2023", "149.1", "172.0", "151 to 155", "66 to 70 %", "91 %", "boosted trees")
    assert [part for part in whole if part not in told] == []
