"""What can be taken away from the lab: scenario file, data, figures and report."""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile

import numpy as np
import pytest

pytest.importorskip("nicegui")

from stand_in import PACKAGE
from tregua.lab.answers.answer import headline_text
from tregua.lab.answers.bundle import (
    Result,
    data_zip,
    figure,
    record_of,
    report,
    result_of,
    scenario_file,
)
from tregua.lab.package import Package
from tregua.lab.web.uploads import read_upload
from tregua.lab.words import sayer
from tregua.lab.work.headline import headline, kinds
from tregua.results.provenance import inputs_hash


def test_a_scenario_file_from_the_lab_is_read_back_as_the_same_package(shared, say):
    text = scenario_file(shared, PACKAGE, say)
    record = read_upload("tregua-lab.toml", text.encode(), shared)
    mine = next(policy for policy in record.policies if policy.name == "from-the-lab")
    assert record.same and mine.package.settings == PACKAGE.settings and not mine.left_out
    before, shared.text = shared.text, text
    try:
        again = read_upload("x.toml", scenario_file(shared, PACKAGE, say).encode(), shared)
    finally:
        shared.text = before
    assert "from-the-lab-2" in {policy.name for policy in again.policies}


@pytest.fixture(scope="module")
def result(shared, futures) -> Result:
    return result_of(shared, PACKAGE, futures)


def test_data_are_the_numbers_of_the_futures_with_a_dictionary(result, shared, futures, say):
    data = data_zip(result, shared, say)
    assert data == data_zip(result, shared, say), "the same result gives the same bytes"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = set(archive.namelist())
        pairs = archive.read("pairs.csv").decode().splitlines()
        states = [
            line.split(",") for line in archive.read("territories.csv").decode().splitlines()[1:]
        ]
        told = json.loads(archive.read("manifest.json"))
        dictionary = archive.read("README.txt").decode()
    assert names == {
        "pairs.csv",
        "territories.csv",
        "summary.json",
        "manifest.json",
        "scenario.toml",
        "README.txt",
    }
    assert len(pairs) == 1 + futures.pairs * len(futures.years) * len(kinds(futures))
    killed = dict.fromkeys(kinds(futures), 0.0)
    for _, _, kind, before, _ in (line.split(",") for line in pairs[1:]):
        killed[kind] += float(before)
    assert killed["civilian"] == pytest.approx(
        killed["civilian_tied"] + killed["civilian_background"]
    )
    assert sum(float(row[3]) for row in states) == pytest.approx(futures.changed.sum())
    assert told["run_id"] == result.run_id and Package.from_code(told["code"]) == PACKAGE
    assert told["posterior"] == {
        "name": "mexico",
        "sha256": shared.posterior.digest,
        "draws": shared.posterior.size,
    }
    assert told["inputs_sha256"] == inputs_hash(shared.scenario, shared.present.plan, shared.draws)
    assert (
        told["inputs"]["parameters"].keys() == shared.scenario.model.parameters.keys()
        and told["precision"] == told["inputs"]["precision"]
    )
    assert told["versions"]["numpy"] == np.__version__ and len(
        told["policies"][0]["modifiers"]
    ) >= len(PACKAGE.settings)
    assert record_of(result, shared).items() <= told.items()
    assert all(
        column in dictionary for column in (*pairs[0].split(","), "territory", result.run_id)
    )


@pytest.mark.parametrize("name", ["fan", "map"])
def test_figures_carry_the_run_id_and_are_the_same_each_time(result, shared, name):
    say = sayer("es")
    first = figure(result, shared, say, name, "svg")
    assert result.run_id.encode() in first and first == figure(result, shared, say, name, "svg")
    words = " ".join(re.sub(r"<[^>]+>", " ", first.decode()).split())
    assert say("take.bands_fit", draws=shared.posterior.size) in words, "what the bands hold"
    assert figure(result, shared, say, name, "png").startswith(b"\x89PNG")


def test_the_report_needs_nothing_else_and_runs_nothing(result, shared, say):
    page = report(result, shared, say, "es")
    assert "<script" not in page and not re.search(r'(?:src|href)="(?!data:)', page)
    assert result.run_id in page and "&lt;b&gt;" in page and "<b>" not in page
    assert headline_text(headline(result.futures), say) in page.replace("&#43;", "+")
    assert base64.b64decode(re.search(r"base64,([^\"]+)", page)[1]).startswith(b"<?xml")
