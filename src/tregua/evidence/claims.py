"""How each claim of the two articles stands to the world,
as a table that needs no reading of files.

The claims themselves ship in ``evidence/data/claims.csv``; a test checks that this table says the
same.
"""

from __future__ import annotations

from ..model.declarations import Stance

ARTICLES: dict[str, str] = {
    "A": (
        "article A on self-defence groups, troops and patronage (20 January 2014, "
        "updated 4 February 2014)"
    ),
    "B": "article B on prison escapes and the vetting of police (19 September 2012)",
}
"""The two articles that the claims paraphrase, by letter."""

PUBLISHED: dict[str, int] = {"A": 2014, "B": 2012}
"""Year of each article."""

CLAIM_ARTICLE: dict[str, str] = {
    f"C{number:02d}": "A" if number <= 41 else "B" for number in range(1, 60)
}
"""The article that makes each claim."""

CLAIM_STANCE: dict[str, Stance] = {
    "C01": "reported",
    "C02": "reported",
    "C03": "alleged",
    "C04": "alleged",
    "C05": "alleged",
    "C06": "alleged",
    "C07": "opinion",
    "C08": "reported",
    "C09": "opinion",
    "C10": "reported",
    "C11": "alleged",
    "C12": "reported",
    "C13": "reported",
    "C14": "official",
    "C15": "opinion",
    "C16": "reported",
    "C17": "opinion",
    "C18": "opinion",
    "C19": "official",
    "C20": "opinion",
    "C21": "opinion",
    "C22": "opinion",
    "C23": "reported",
    "C24": "alleged",
    "C25": "reported",
    "C26": "alleged",
    "C27": "alleged",
    "C28": "reported",
    "C29": "alleged",
    "C30": "alleged",
    "C31": "reported",
    "C32": "alleged",
    "C33": "alleged",
    "C34": "alleged",
    "C35": "alleged",
    "C36": "alleged",
    "C37": "alleged",
    "C38": "alleged",
    "C39": "opinion",
    "C40": "record",
    "C41": "record",
    "C42": "official",
    "C43": "reported",
    "C44": "official",
    "C45": "reported",
    "C46": "official",
    "C47": "official",
    "C48": "reported",
    "C49": "opinion",
    "C50": "reported",
    "C51": "reported",
    "C52": "official",
    "C53": "official",
    "C54": "official",
    "C55": "official",
    "C56": "official",
    "C57": "reported",
    "C58": "opinion",
    "C59": "opinion",
}
"""Stance of each claim."""
