"""The lab's guard: who is let in, what is refused, and that no visitor stops another."""

import os
import socket
import sys

import pytest
from starlette.websockets import WebSocketDisconnect

from lab_fakes import HOST, ORIGIN, PORT, client_of, fake_lab, let_in, socket_of, until
from tregua.errors import TreguaError
from tregua.lab.web.access import is_loopback, read_password
from tregua.lab.web.guard import MOST_BODY, MOST_SOCKETS, Guard
from tregua.lab.web.peers import user_at
from tregua.lab.web.server import listen
from tregua.lab.work.visits import (
    PAGES,
    PAGES_BURST,
    REQUESTS,
    REQUESTS_BURST,
    Allowance,
)

NAVIGATION = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}


async def echo(scope, receive, send):
    """An application that says who is there."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": scope["tregua.visit"].key.encode()})


@pytest.fixture
def door():
    _, access = fake_lab()
    return Guard(echo, access), access


# Who is let in.


def test_nobody_is_let_in_without_a_link(door):
    app, _ = door
    client = client_of(app)
    for path in (
        "/",
        "/api/handles",
        "/_nicegui/3.18.0/static/nicegui.js",
        "/enter",
        "/enter?token=",
        "/enter?token=guess",
    ):
        answer = client.get(path)
        assert answer.status_code == 401, path
        assert answer.json()["error"]["code"] == "TR3005"
        assert "set-cookie" not in answer.headers
    with pytest.raises(WebSocketDisconnect), socket_of(client, "/_nicegui_ws/socket.io/", ORIGIN):
        pass


def test_a_link_works_once_and_its_cookie_is_out_of_reach_of_scripts_and_other_sites(door):
    app, access = door
    token = access.new_link()
    first, second = client_of(app), client_of(app)
    answer = first.get("/enter", params={"token": token})
    assert answer.status_code == 200
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"tregua-lab-{PORT}=")
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert token not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert first.get("/").status_code == 200
    assert first.get("/enter", params={"token": token}).status_code == 200, (
        "who is in already may open the link again"
    )
    refused = second.get("/enter", params={"token": token})
    assert refused.status_code == 401
    assert "set-cookie" not in refused.headers


def test_the_first_page_behind_a_link_begins_on_our_own_site(door):
    """A redirect would still count as begun elsewhere,
    and a strict cookie would be held back from it.
    """
    app, access = door
    answer = client_of(app).get(
        "/enter", params={"token": access.new_link()}, follow_redirects=False
    )
    assert answer.status_code == 200
    assert '<meta http-equiv="refresh" content="0;url=/">' in answer.text


def test_only_the_newest_links_work(door):
    _, access = door
    links = [access.new_link() for _ in range(9)]
    with pytest.raises(TreguaError, match="TR3005"):
        access.enter(links[0])
    assert access.enter(links[-1]).key


def test_links_cannot_be_tried_at_will(door):
    _, access = door
    codes = []
    for _ in range(40):
        with pytest.raises(TreguaError) as refused:
            access.enter("guess")
        codes.append(refused.value.code)
    assert codes[0] == "TR3005"
    assert codes[-1] == "TR3008"
    assert access.enter(access.new_link()), "others still get in"


def test_a_person_who_came_from_another_site_is_led_on_but_never_to_another_computer(door):
    app, _ = door
    client = client_of(app)
    html = {"accept": "text/html", "sec-fetch-site": "cross-site", **NAVIGATION}
    answer = client.get(
        "/lab?p=1abc&lang=es", headers={**html, "accept-language": "es-MX,en;q=0.5"}
    )
    assert answer.status_code == 401
    assert 'url=/lab?p=1abc&amp;lang=es"' in answer.text
    assert '<html lang="es">' in answer.text
    again = client.get("/lab", headers={**html, "sec-fetch-site": "same-origin"})
    assert 'http-equiv="refresh"' not in again.text, "else it would go round for ever"
    for path in (
        "//evil.example/",
        "/\\evil.example/",
        "/%0d%0aset-cookie:x=1",
        '/"><script>alert(1)</script>',
    ):
        page = client.get(f"{ORIGIN}{path}", headers=html)
        assert "evil.example/" not in page.text.replace("/evil.example/", "", 2)
        assert "//evil" not in page.text
        assert "<script" not in page.text
        assert "x" not in page.cookies


# Where a request comes from.


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        f"evil.example:{PORT}",
        "127.0.0.1",
        "127.0.0.1:1",
        f"127.0.0.1.evil.example:{PORT}",
        f"{HOST},{HOST}",
        "",
        f"10.0.0.1:{PORT}",
    ],
)
def test_another_name_is_refused_so_that_rebinding_a_name_is_of_no_use(door, host):
    app, access = door
    client = let_in(app, access)
    answer = client.get("/", headers={"host": host})
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "TR3006"
    assert (
        client.get(
            "/enter", params={"token": access.new_link()}, headers={"host": host}
        ).status_code
        == 403
    )


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
def test_the_names_of_this_computer_are_allowed(door, name):
    app, access = door
    assert let_in(app, access, f"http://{name}:{PORT}").get("/").status_code == 200


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "http://127.0.0.1:1",
        f"http://localhost:{PORT}",
        f"https://evil.example@{HOST}",
        "file://",
    ],
)
def test_another_page_can_neither_post_nor_read_nor_open_a_websocket(door, origin):
    app, access = door
    client = let_in(app, access)
    assert client.post("/", headers={"origin": origin}).status_code == 403
    assert client.get("/", headers={"origin": origin}).status_code == 403
    assert client.post("/enter", headers={"origin": origin}).status_code == 403
    with pytest.raises(WebSocketDisconnect), socket_of(client, "/_nicegui_ws/socket.io/", origin):
        pass


def test_a_websocket_says_where_it_comes_from_and_has_the_cookie(door):
    app, access = door
    client = let_in(app, access)
    with pytest.raises(WebSocketDisconnect), socket_of(client, "/_nicegui_ws/socket.io/", None):
        pass
    with socket_of(client, "/_nicegui_ws/socket.io/", ORIGIN) as socket:
        socket.send_text("hello")
        assert socket.receive_text() == "hello"
    with (
        pytest.raises(WebSocketDisconnect),
        socket_of(client_of(app), "/_nicegui_ws/socket.io/", ORIGIN),
    ):
        pass


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_other_sites_and_ports_may_lead_here_but_not_load_or_send_anything(door, site):
    app, access = door
    client = let_in(app, access)
    assert client.get("/", headers={"sec-fetch-site": site, **NAVIGATION}).status_code == 200
    for how in (
        {},
        {"sec-fetch-mode": "no-cors"},
        {"sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"},
    ):
        assert client.get("/", headers={"sec-fetch-site": site, **how}).status_code == 403
    assert client.post("/", headers={"sec-fetch-site": site, **NAVIGATION}).status_code == 403


def test_a_browser_that_posts_says_from_which_page(door):
    app, access = door
    client = let_in(app, access)
    assert client.post("/", headers={"sec-fetch-site": "same-origin"}).status_code == 403
    assert (
        client.post("/", headers={"sec-fetch-site": "same-origin", "origin": ORIGIN}).status_code
        == 200
    )
    assert client.post("/").status_code == 200, (
        "a program says neither, and has no cookie that it was not given"
    )


def test_every_answer_keeps_the_browser_from_loading_anything_from_elsewhere(door):
    app, access = door
    client = let_in(app, access)
    for answer in (client.get("/"), client_of(app).get("/"), client.get("/enter")):
        rules = dict(
            rule.split(" ", 1) for rule in answer.headers["content-security-policy"].split("; ")
        )
        assert rules["default-src"] == "'none'"
        assert rules["frame-ancestors"] == rules["base-uri"] == rules["script-src-attr"] == "'none'"
        assert "'unsafe-inline'" not in rules["script-src"]
        assert not [
            word
            for rule in rules.values()
            for word in rule.split()
            if word == "*" or "//" in word or word.startswith("http")
        ]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == (
            "same-origin" if answer.url.path == "/enter" else "no-referrer"
        )
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert "access-control-allow-origin" not in answer.headers
    first, second = (client.get("/").headers["content-security-policy"] for _ in range(2))
    assert first != second, "the mark of scripts is new for every page"


def test_the_system_tells_whose_program_is_at_the_other_end():
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux tells")
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with listen(host, 0) as here, socket.socket(family) as there:
            there.connect(here.getsockname()[:2])
            with here.accept()[0] as end:
                peer, own = end.getpeername()[:2], end.getsockname()[:2]
                assert user_at(peer, own) == os.getuid()
                assert user_at((peer[0], 1), own) is None
    assert user_at(("testclient", 1), ("127.0.0.1", 1)) is None


@pytest.mark.parametrize(
    ("user", "own", "status"),
    [(1001, 1000, 403), (1000, 1000, 200), (0, 1000, 200), (None, 1000, 200), (1001, 0, 200)],
)
def test_a_cookie_is_of_no_use_to_another_user_of_this_computer(
    door, monkeypatch, user, own, status
):
    app, access = door
    client = let_in(app, access)
    monkeypatch.setattr("tregua.lab.web.peers.os.getuid", lambda: own)
    monkeypatch.setattr("tregua.lab.web.peers.user_at", lambda peer, here: user)
    assert client.get("/").status_code == status
    _, shared_access = fake_lab(password="correct horse battery")
    assert let_in(Guard(echo, shared_access), shared_access).get("/").status_code == 200, (
        "with a password, others are meant to come in"
    )


# Listening beyond this computer.


def test_another_address_needs_a_password_and_the_refusal_says_how():
    with pytest.raises(TreguaError, match="TR3001") as refused:
        fake_lab(host="0.0.0.0")
    assert "--password-file" in refused.value.details["do"]
    assert all(map(is_loopback, ("127.0.0.1", "::1", "localhost", "127.8.8.8")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "10.0.0.1", "lab.example")))


def test_a_password_lets_in_and_cannot_be_guessed_at_will():
    _, access = fake_lab(host="0.0.0.0", password="correct horse battery", names=("lab.example",))
    app = Guard(echo, access)
    client = client_of(app, f"http://10.0.0.1:{PORT}")
    origin = {"origin": f"http://10.0.0.1:{PORT}"}
    assert 'type="password"' in client.get("/enter").text
    assert client.get("/").status_code == 401
    assert client.post("/enter", data={"password": "wrong"}, headers=origin).status_code == 401
    assert (
        client.post(
            "/enter", data={"password": "correct horse battery"}, headers=origin
        ).status_code
        == 200
    )
    assert client.get("/").status_code == 200
    assert client.post("/enter", content=b"x" * 10_000, headers=origin).status_code == 413
    answers = [
        client_of(app, f"http://10.0.0.1:{PORT}")
        .post("/enter", data={"password": "guess"}, headers=origin)
        .status_code
        for _ in range(12)
    ]
    assert answers[-1] == 429
    proxied = client_of(app, "https://lab.example")
    assert (
        proxied.get(
            "/enter", params={"token": access.new_link()}, headers={"x-forwarded-proto": "https"}
        )
        .headers["set-cookie"]
        .endswith("; Secure")
    )
    assert client_of(app, f"http://evil.example:{PORT}").get("/enter").status_code == 403


@pytest.mark.parametrize(
    ("text", "mode"),
    [("short", 0o600), ("correct horse battery", 0o644), ("", 0o600), (None, 0o600)],
)
def test_a_weak_or_open_password_file_is_refused(tmp_path, text, mode):
    file = tmp_path / "password"
    if text is not None:
        file.write_text(text + "\nmore\n", encoding="utf-8")
        file.chmod(mode)
    with pytest.raises(TreguaError, match="TR3003"):
        read_password(file)


def test_a_good_password_file_is_read_by_its_first_line(tmp_path):
    file = tmp_path / "password"
    file.write_text("correct horse battery\nmore\n", encoding="utf-8")
    file.chmod(0o600)
    assert read_password(file) == "correct horse battery"


def test_a_port_that_is_taken_is_refused_when_named_and_else_passed_over(monkeypatch):
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(TreguaError, match="TR3004"):
            listen("127.0.0.1", port)
        monkeypatch.setattr("tregua.lab.web.server.PORT", port)
        with listen("127.0.0.1", None) as free:
            assert free.getsockname()[1] != port
    for bad in (-1, 65_536):
        with pytest.raises(TreguaError, match="TR3004"):
            listen("127.0.0.1", bad)


# Limits of one visitor.


def test_a_flood_of_requests_is_held_up_and_others_are_not(door):
    app, access = door
    loud, quiet = let_in(app, access), let_in(app, access)
    visit = access.visit_of_cookies(
        "; ".join(f"{name}={value}" for name, value in loud.cookies.items())
    )
    # Time stands still for this visitor: on a busy machine it would take so long to ask that
    # nothing is too much.
    visit.requests, visit.pages = (
        Allowance(REQUESTS, REQUESTS_BURST, lambda: 0.0),
        Allowance(PAGES, PAGES_BURST, lambda: 0.0),
    )
    for path, most in (("/lab", 90), ("/api/handles", 600)):
        statuses = [loud.get(path).status_code for _ in range(most)]
        assert statuses[0] == 200
        assert 429 in statuses
    assert quiet.get("/lab").status_code == 200


def test_a_body_that_is_too_large_is_refused_whatever_its_header_says(door):
    app, access = door
    client = let_in(app, access)
    assert client.post("/", content=b"x" * (MOST_BODY + 1)).status_code == 413
    assert client.post("/", content=iter([b"x" * 100_000] * 4)).status_code == 413
    assert client.post("/", content=b"x", headers={"content-length": "-1"}).status_code == 413
    assert client.post("/", content=b"x" * MOST_BODY).status_code == 200


def test_a_flood_of_messages_closes_the_websocket(door):
    app, access = door
    client = let_in(app, access)
    with socket_of(client, "/x", ORIGIN) as socket, pytest.raises(WebSocketDisconnect):
        for _ in range(1_000):
            socket.send_text("x")
            socket.receive_text()


def test_tabs_are_limited(door):
    app, access = door
    client = let_in(app, access)
    guard_of = app._sockets
    with socket_of(client, "/x", ORIGIN):
        assert sum(guard_of.values()) == 1
        guard_of[next(iter(guard_of))] = MOST_SOCKETS
        with pytest.raises(WebSocketDisconnect), socket_of(client, "/x", ORIGIN):
            pass
        guard_of[next(iter(guard_of))] = 1
    until(lambda: not guard_of)


def test_an_open_page_is_answered_to_its_visitor_only():
    _, access = fake_lab()
    owners = {}
    app = Guard(echo, access, lambda page, visit: owners.get(page, visit) is visit)
    one, other = let_in(app, access), let_in(app, access)
    page = "0b5c7f8e-1111-4222-8333-444455556666"
    owners[page] = next(
        visit for visit in access.visits._open.values() if visit.key == one.get("/").text
    )
    for path in (
        f"/_nicegui/client/{page}/upload/7",
        f"/_nicegui_ws/socket.io/?transport=polling&client_id={page}",
    ):
        assert one.get(path).status_code == 200
        assert other.get(path).status_code == 403
    with (
        pytest.raises(WebSocketDisconnect),
        socket_of(other, f"/_nicegui_ws/socket.io/?client_id={page}", ORIGIN),
    ):
        pass
    forged = f"/_nicegui_ws/socket.io/?client_id={page}&client_id=another"
    assert other.get(forged).status_code == 403
