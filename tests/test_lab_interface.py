"""The lab's interface: packages run and told, scenario files read as data, and nothing of one
visitor visible to another.
"""

import time

import pytest

from lab_fakes import FakeEngine, client_of, fake_lab, futures, let_in, package, until
from tregua.errors import TreguaError
from tregua.lab.web.server import make_app
from tregua.lab.web.uploads import MOST_BYTES, read_upload
from tregua.results.tables import bands

PLAIN = {
    "package": {"settings": [{"handle": "arrests.effort", "value": 2.0, "start": "2022-01-01"}]},
    "pairs": 64,
}


@pytest.fixture
def lab():
    """A lab of which only the model is made up, with the gate of its engine open."""
    engine = FakeEngine()
    engine.gate.set()
    shared, access = fake_lab(engine)
    shared.start()
    yield shared, make_app(shared, access, None), access
    assert shared.stop(5.0)


@pytest.fixture
def shut_lab():
    """The same with the gate shut: what is run does not end."""
    engine = FakeEngine()
    shared, access = fake_lab(engine)
    shared.start()
    yield shared, make_app(shared, access, None), access
    assert shared.stop(5.0)


def test_a_package_is_run_and_told_with_its_headline(lab):
    _, app, access = lab
    client = let_in(app, access)
    begun = client.post("/api/packages", json=PLAIN)
    assert begun.status_code == 202, begun.text
    done = client.get(f"/api/jobs/{begun.json()['id']}", params={"wait": 10}).json()
    assert (done["state"], done["done"], done["wanted"]) == ("done", 64, 64)
    summary = done["summary"]
    assert summary["pairs"] == 64
    assert [row["year"] for row in summary["years"]] == list(range(2021, 2027))
    assert summary["years"][0]["baseline"] == {
        name: float(edge)
        for name, edge in bands(futures(range(4), 1.0).baseline[:, 0].sum(axis=(1, 2))).items()
    }
    assert summary["headlines"][0]["fewer"] == 1.0
    assert summary["headlines"][0]["middle"] == pytest.approx([-0.1, -0.1])
    assert {row["territory"] for row in summary["territories"]} == {"Sonora", "Sinaloa", "Durango"}
    setting = {
        **PLAIN["package"]["settings"][0],
        "ramp_weeks": 0,
        "end": None,
        "territories": [],
    }
    assert client.get(f"/api/packages/{summary['code']}").json() == {
        "settings": [setting],
        "name": "",
    }
    again = client.post("/api/packages", json=PLAIN).json()
    assert (again["state"], again["summary"]["run_id"]) == ("done", summary["run_id"]), (
        "what is known is not run again"
    )


def test_nothing_of_one_visitor_is_visible_to_another(shut_lab):
    shared, app, access = shut_lab
    one, other = let_in(app, access), let_in(app, access)
    name = one.post("/api/packages", json=PLAIN).json()["id"]
    for answer in (
        other.get(f"/api/jobs/{name}"),
        other.delete(f"/api/jobs/{name}"),
        one.get("/api/jobs/guess"),
    ):
        assert answer.status_code == 404
        assert answer.json()["error"]["code"] == "TR3012"
    assert one.get(f"/api/jobs/{name}").json()["state"] in {"queued", "running"}
    assert other.post("/api/packages", json=PLAIN).json()["id"] != name
    assert one.get(f"/api/jobs/{name}").json()["state"] != "cancelled", (
        "a package of one does not cancel another's"
    )
    assert len(shared.visits) == 2


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({**PLAIN, "pairs": 0}, "TR3016"),
        ({**PLAIN, "pairs": 10**9}, "TR3011"),
        ({**PLAIN, "more": 1}, "TR3016"),
        (
            {
                "package": {
                    "settings": [
                        {"handle": "arrests.effort", "value": "NaN", "start": "2022-01-01"}
                    ]
                }
            },
            "TR3016",
        ),
        (
            {
                "package": {
                    "settings": [{"handle": "arrests.effort", "value": 1e9, "start": "2022-01-01"}]
                }
            },
            "TR3021",
        ),
        (
            {"package": {"settings": [{"handle": "no.such", "value": 1, "start": "2022-01-01"}]}},
            "TR3020",
        ),
        ({"package": {"settings": PLAIN["package"]["settings"] * 2}}, "TR3016"),
        ({"package": {"name": "x" * 100}}, "TR3016"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_code(lab, sent, code):
    _, app, access = lab
    answer = let_in(app, access).post("/api/packages", json=sent)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == code


def test_an_address_that_is_none_of_the_interface_is_no_page(lab):
    _, app, access = lab
    client = let_in(app, access)
    assert client.get("/api/nothing").json()["error"]["code"] == "TR3016"
    assert client.get("/api/packages/1no-code").json()["error"]["code"] == "TR3002"
    assert client.get("/docs").status_code == 404, (
        "the library's page of the interface loads scripts from elsewhere"
    )
    described = client.get("/api/openapi.json").json()
    assert {"/api/handles", "/api/packages", "/api/jobs/{name}", "/api/scenarios"} <= set(
        described["paths"]
    )
    assert {h["key"] for h in client.get("/api/handles").json()} >= {
        "arrests.effort",
        "recruitment.rate",
    }


def test_a_lab_that_cannot_become_ready_says_why():
    problem = TreguaError("TR2205", "a run would not fit in memory", do="use fewer replicates")
    shared, access = fake_lab(FakeEngine(problem=problem))
    shared.start()
    client = let_in(make_app(shared, access, None), access)
    until(lambda: shared.readiness.refusal is not None)
    assert client.get("/api/readiness").json()["refusal"]["code"] == "TR2205"
    answer = client.post("/api/packages", json=PLAIN)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "TR3014")
    assert shared.stop(5.0)


# Scenario files that are brought.

HEAD = '[scenario]\nname = "mine"\ndata = "mexico-2007"\nstart = 2007-01-01\nlength = "1044 week"\n'
HEAD += (
    'mechanisms = ["founding", "recruitment", "arrests", "conflict", "saturation", '
    '"civilians", "reporting"]\n'
)


def policies(*parts):
    return HEAD + "".join(f'[[policy]]\nname = "p{i}"\n{part}\n' for i, part in enumerate(parts))


CHANGE = '[[policy.change]]\ntarget = "arrests.effort"\nscale = 2\nfrom = 2022-01-01\n'


def brought(text, name="mine.toml"):
    return read_upload(name, text.encode() if isinstance(text, str) else text, fake_lab()[0])


def test_a_scenario_file_comes_in_as_packages_and_says_what_the_handles_cannot_do():
    record = brought(
        policies(
            CHANGE,
            CHANGE + 'territories = ["Sonora"]\n',
            CHANGE.replace("scale = 2", "scale = 1000"),
        )
    )
    assert record.same
    whole, placed, beyond = record.policies
    assert (whole.package.settings, whole.left_out) == (package().settings, ())
    assert placed.package.settings[0].territories == ("Sonora",) and placed.left_out == ()
    assert (beyond.package.settings, len(beyond.left_out)) == ((), 1)
    late, never = brought(
        policies(
            CHANGE + CHANGE.replace("2022", "2032"),
            CHANGE.replace("2022", "2032"),
        )
    ).policies
    assert len(late.package.settings) == 1 and "2032-01-01" in late.left_out[0]
    assert not never.package.settings and "never in force" in never.left_out[0]
    assert not brought(HEAD + '[values]\n"recruitment.rate" = "0.003 / week"\n').same
    assert not brought(HEAD.replace("1044 week", "1040 week")).same, (
        "another end is another scenario"
    )
    assert not brought(HEAD + 'posterior = "mexico"\n').same, "so are other draws"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x" * (MOST_BYTES + 1), "TR3009"),
        (b"\xff\xfe", "TR1103"),
        ("[scenario", "TR1102"),
        ("x = " + "[" * 30_000, "TR1104"),
        ("x = " + "{a=" * 10_000, "TR1104"),
        (HEAD + 'plugins = ["mypkg.amnesty"]\n', "TR3013"),
        (HEAD + "plugins = []\n", "TR3013"),
        (HEAD + 'posterior = "/etc"\n', "TR3013"),
        (HEAD + 'posterior = "../../fit"\n', "TR3013"),
        (HEAD + "posterior = 3\n", "TR3013"),
        (HEAD + 'data = "/etc/passwd"\n', "TR1102"),
        (HEAD.replace("mexico-2007", "/etc/passwd"), "TR3013"),
        (HEAD.replace("1044 week", "7000 year"), "TR3013"),
        (HEAD.replace('length = "1044 week"', "end = 9999-01-01"), "TR3013"),
        (HEAD.replace('length = "1044 week"', "length = inf"), "TR1302"),
        (policies(*["" for _ in range(41)]), "TR3013"),
        (policies(CHANGE * 201), "TR3013"),
        (
            policies(
                CHANGE,
                *[
                    f"combines = [{', '.join([chr(34) + 'p' + str(i) + chr(34)] * 10)}]"
                    for i in range(8)
                ],
            ),
            "TR3013",
        ),
        (HEAD + 'more = "key"\n', "TR1201"),
    ],
)
def test_a_hostile_file_is_refused_before_anything_is_built_from_it(text, code):
    began = time.perf_counter()
    with pytest.raises(TreguaError) as refused:
        brought(text)
    assert refused.value.code == code
    assert time.perf_counter() - began < 5.0


@pytest.mark.parametrize("name", ["mine.py", "mine", "mine.toml.exe", "../../mine.npz"])
def test_files_of_other_kinds_are_refused(name):
    with pytest.raises(TreguaError, match="TR3009"):
        brought(HEAD, name)


def test_a_file_is_sent_as_toml_and_not_kept(lab):
    _, app, access = lab
    client = let_in(app, access)
    sent = {"content": policies(CHANGE), "headers": {"content-type": "application/toml"}}
    assert client.post("/api/scenarios", **sent).json()["name"] == "mine"
    assert (
        client.post("/api/scenarios", content=HEAD, headers={"content-type": "text/plain"}).json()[
            "error"
        ]["code"]
        == "TR3009"
    )


def test_work_begins_when_the_server_has_started_and_not_before():
    """NiceGUI looks through all objects of the process as it starts,
    which breaks JAX at work in another thread.
    """
    shared, access = fake_lab()
    app = make_app(shared, access, None)
    assert shared.readiness.step == "start"
    time.sleep(0.2)
    assert shared.readiness.step == "start", "and not as soon as there is an application"
    with client_of(app):
        until(lambda: shared.readiness.ready)
    assert shared.stop(5.0)
