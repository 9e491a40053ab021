"""Equations as plain text: the TeX of a mechanism's description in letters that a terminal shows.

Only what the descriptions use is known; anything else is refused (ValueError), and a test reads all
of them. A fraction keeps its sides in brackets where they have more than one part, and what follows
it is multiplied with a dot, so that ``a / (b + c) · d`` has one reading.
"""

from __future__ import annotations

import re

SYMBOLS = {
    **dict(
        zip(("alpha", "beta", "gamma", "delta", "epsilon", "varepsilon"), "αβγδεε", strict=True)
    ),
    **dict(zip(("zeta", "eta", "theta", "iota", "kappa", "lambda", "mu"), "ζηθικλμ", strict=True)),
    **dict(zip(("nu", "xi", "pi", "rho", "varrho", "sigma", "tau"), "νξπρϱστ", strict=True)),
    **dict(zip(("phi", "varphi", "chi", "psi", "omega", "Pi", "Delta"), "φφχψωΠΔ", strict=True)),
    **dict(zip(("ell", "cdot", "ge", "le", "in", "to", "mapsto"), "ℓ·≥≤∈→↦", strict=True)),
    **dict(zip(("propto", "sim", "sum", "prod", ",", ";"), "∝~∑∏  ", strict=True)),
    **{name: name for name in ("exp", "ln", "min", "max")},
    **dict.fromkeys(("Big", "big", "textstyle", "!"), ""),
    **dict.fromkeys(("qquad", "quad", "\\"), "\n"),
}
"""Commands without an argument, and what they become; a wide space begins a new line."""

ACCENTS = {"bar": "\u0304", "hat": "\u0302", "dot": "\u0307"}
"""Commands that set a mark over a letter, and the mark that joins the letter before it."""

TEXTS = ("text", "mathrm", "mathbb")
"""Commands whose argument is text."""

TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\s+|.", re.DOTALL)
PLACE = re.compile(r"\\[A-Za-z]+|[A-Za-z0-9(]")
"""How an operand begins."""


def plain_equation(tex: str) -> str:
    """An equation as plain text, one line for each of those that wide spaces part.

    Raises:
        ValueError: for a command that is not known.
    """
    tokens = TOKEN.findall(tex.replace("&", ""))[::-1]
    text = re.sub(r"(?<=[(\[]) +| +(?=[)\]])", "", _until("", tokens))
    lines = text.split("\n")
    return "\n".join(" ".join(line.split()) for line in lines if line.strip())


def without_tex(markdown: str) -> str:
    """A description with equations between dollars as plain text: displayed ones indented."""

    def displayed(match: re.Match[str]) -> str:
        return "\n".join(f"    {line}" for line in plain_equation(match[1]).splitlines())

    text = re.sub(r"\$\$\n(.*?)\n\$\$", displayed, markdown, flags=re.DOTALL)
    return re.sub(r"\$([^$]+)\$", lambda match: plain_equation(match[1]), text)


def _until(end: str, tokens: list[str]) -> str:
    """All up to a closing token, or to the end; tokens lie in reverse order."""
    text = ""
    while tokens and tokens[-1] != end:
        text += _next(tokens)
    if tokens:
        tokens.pop()
    return text


def _next(tokens: list[str]) -> str:
    """The next token with its arguments."""
    token = tokens.pop()
    name = token[1:]
    if token.isspace():
        return " "
    if token == "{":
        return _until("}", tokens)
    if token in "^_":
        below = _argument(tokens)
        return token + (below if re.fullmatch(r"[\w*+']+", below) else f"({below})")
    if not token.startswith("\\"):
        return token
    if name == "frac":
        over, under = _bracketed(_argument(tokens)), _bracketed(_argument(tokens))
        return f"{over} / {under}" + _times(tokens)
    if name in TEXTS:
        return _argument(tokens)
    if name in ACCENTS:
        letter = _argument(tokens)
        return letter[0] + ACCENTS[name] + letter[1:]
    if name not in SYMBOLS:
        raise ValueError(f"the command {token} is not known as plain text")
    return SYMBOLS[name]


def _argument(tokens: list[str]) -> str:
    """The argument of a command: a group, or the next token."""
    while tokens[-1].isspace():
        tokens.pop()
    return _next(tokens).strip()


def _bracketed(side: str) -> str:
    """A side of a fraction, in brackets unless it is one letter or number with its indices."""
    return side if re.fullmatch(r"[\w*'\u0300-\u036f^]+(\([^()]*\))?", side) else f"({side})"


def _times(tokens: list[str]) -> str:
    """A dot where an operand follows a fraction."""
    ahead = [token for token in reversed(tokens) if not token.isspace()]
    skipped = ("\\,", "\\;", "\\!", "\\Big", "\\big")
    following = next((token for token in ahead if token not in skipped), "")
    binds = following.lstrip("\\") not in ("qquad", "quad", "\\", "cdot", "ge", "le", "in", "to")
    return " · " if PLACE.match(following) and binds else ""
