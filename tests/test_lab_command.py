"""`tregua lab` from start to Ctrl-C, in a process of its own."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from tregua.cli import run_command
from tregua.cli.lab import REDIRECT, STEPS, open_lab
from tregua.scenarios.toml import load_scenario

SMALL = """
[scenario]
name = "small"
data = "mexico-2007"
start = 2007-01-01
length = "1044 week"
mechanisms = [
    "founding", "recruitment", "arrests", "conflict", "saturation", "civilians", "reporting",
]
"""
SOCKET = "/_nicegui_ws/socket.io/?EIO=4&transport=websocket"
UPGRADE = {
    "connection": "Upgrade",
    "upgrade": "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "x3JJHMbDL1EzLkh9GBhXDw==",
}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--host", "0.0.0.0"], "TR3001"),
        (["--host", "lab.example"], "TR3001"),
        (["--host", "0.0.0.0", "--password-file", "nowhere"], "TR3003"),
        (["--port", "70000"], "TR3004"),
        (["--port", "http"], "TR1001"),
        (["nowhere.toml"], "TR1101"),
    ],
)
def test_what_cannot_be_served_is_refused_before_anything_listens(
    arguments, code, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tregua.cli.lab.begin", lambda: None)
    assert run_command(["lab", *arguments]) == 2
    assert f"{code}:" in capsys.readouterr().err


def answer(address, path, **headers):
    place = urlsplit(address)
    connection = HTTPConnection(place.hostname, place.port, timeout=30)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    body = answer.read().decode() if answer.status != 101 else ""
    connection.close()
    return answer.status, body, answer.headers


@pytest.fixture
def started(tmp_path):
    """A lab of the small scenario in a process of its own, with the link that it prints."""
    (tmp_path / "small.toml").write_text(SMALL, encoding="utf-8")
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from "
        "tregua.cli import main; main()"
    )
    command = [sys.executable, "-c", code, "lab", "small.toml", "--json", "--port", "0"]
    settings = {**os.environ, "TREGUA_CACHE": str(tmp_path / "cache")}
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env=settings,
    )
    lines = []
    while not lines or lines[-1] != "}\n":
        lines.append(process.stdout.readline())
        assert lines[-1], process.stderr.read()
    yield process, json.loads("".join(lines))
    process.kill()
    process.wait(10)


@pytest.mark.slow
def test_a_lab_opens_to_its_link_only_and_ends_with_ctrl_c(started, tmp_path):
    process, said = started
    address, link = said["address"], said["link"]
    assert said["loopback"] and not said["password"]
    assert answer(address, "/")[0] == 401
    assert answer(address, SOCKET, **UPGRADE, origin=address)[0] == 403, (
        "a websocket without the cookie"
    )
    status, _, headers = answer(address, link.removeprefix(address))
    assert status == 200
    cookie = headers["set-cookie"].partition(";")[0]
    assert answer(address, link.removeprefix(address))[0] == 401, "a link works once"
    status, page, headers = answer(address, "/", cookie=cookie, accept="text/html")
    assert status == 200
    nonce = re.search(r"'nonce-([^']+)'", headers["content-security-policy"])[1]
    assert {
        attributes
        for attributes in re.findall(r"<script([^>]*)>", page)
        if f'nonce="{nonce}"' not in attributes
    } == set(), "every script of the page carries the mark"
    assert not re.findall(r"""(?:src|href|url\()=?["']?(?:https?:)?//""", page), (
        "nothing is loaded from elsewhere"
    )
    assert answer(address, SOCKET, **UPGRADE, origin=address, cookie=cookie)[0] == 101
    assert answer(address, SOCKET, **UPGRADE, origin="http://evil.example", cookie=cookie)[0] == 403
    readiness = json.loads(answer(address, "/api/readiness", cookie=cookie)[1])
    assert readiness["step"] in {"start", *STEPS}, readiness
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    assert process.wait(20) == 0
    assert time.monotonic() - began < 15.0
    errors = process.stderr.read()
    assert "Traceback" not in errors, errors
    assert sorted(path.name for path in tmp_path.iterdir()) in (
        ["cache", "small.toml"],
        ["small.toml"],
    ), "nothing else is left behind"


def test_the_lab_is_given_the_posterior_of_its_scenario(monkeypatch):
    given = []

    class Enough(Exception):
        """The lab was made."""

    def made(self, scenario, posterior=None, *rest, **more):
        given.append(posterior)
        raise Enough

    monkeypatch.setattr("tregua.cli.lab.begin", lambda: None)
    monkeypatch.setattr("tregua.lab.work.shared.Shared.__init__", made)
    with pytest.raises(Enough):
        open_lab("mexico", "127.0.0.1", 0, None, [], browser=False, quiet=True, json=False)
    assert given[0] is load_scenario("mexico").posterior


def test_the_page_that_is_handed_to_the_browser_leads_to_the_link_alone():
    page = REDIRECT.format(link="http://127.0.0.1:1/enter?token=abc")
    assert page.count("http://127.0.0.1:1/enter?token=abc") == 2
    assert "<script" not in page
