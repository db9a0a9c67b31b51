"""The dashboard's server as a process, asked by plain HTTP."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from dashboards import PATIENCE, Answer, Served, comms, serving, wait_until

from mailwidgets.web.headers import CSP, security_headers


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("web"), "--preheat=0", "--base-url=mail/") as served:
        yield served


def test_what_is_printed_is_there_by_then_and_may_be_stopped_at_once(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        socket.create_connection(("127.0.0.1", served.port), timeout=PATIENCE).close()
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(PATIENCE) == 0
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{32}", served.url)


def test_the_token_goes_into_a_cookie_and_out_of_the_address(served: Served) -> None:
    answer = served.ask(f"?section=imap&token={served.token}&language=de")

    assert answer.status == 200
    assert 'content="0; url=/mail/?section=imap&amp;language=de"' in answer.body
    assert served.token not in answer.body
    login, xsrf = answer.headers.get_all("Set-Cookie", [])
    assert {"HttpOnly", "SameSite=Strict", "Path=/mail/"} <= set(login.split("; "))
    assert {"SameSite=Strict", "Path=/mail/"} <= set(xsrf.split("; "))
    assert xsrf.startswith("_xsrf=")
    assert "Secure" not in login


def test_the_cookie_opens_the_dashboard(served: Served) -> None:
    answer = served.ask(Cookie=served.cookie())

    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Accel-Buffering"] == "no", "or a proxy keeps the page's head back"
    served.farewell(answer.kernel)


@pytest.mark.parametrize("path", ["", "?token=wrong", "?token="])
def test_without_the_token_there_is_only_the_login_page(served: Served, path: str) -> None:
    answer = served.ask(path)

    assert answer.status == 302
    assert answer.headers["Location"].startswith("/mail/login?next=")
    assert "kernelId" not in answer.body
    login = served.ask(answer.headers["Location"].removeprefix("/mail/"))
    assert login.status == 200
    assert 'action="/mail/login?next=' in login.body


def test_a_wrong_token_in_the_form_is_refused_and_the_right_one_lets_in(served: Served) -> None:
    form = served.ask("login")
    cookie = form.headers["Set-Cookie"].partition(";")[0]
    found = re.search(r'name="_xsrf" value="([^"]+)"', form.body)
    assert found is not None

    def sign_in(token: str) -> Answer:
        kind = "application/x-www-form-urlencoded"
        body = f"_xsrf={found[1]}&password={token}"
        return served.ask("login", "POST", body, Content_Type=kind, Cookie=cookie)

    refused, admitted = sign_in("wrong"), sign_in(served.token)

    assert refused.status == 401
    assert 'role="alert"' in refused.body
    assert (admitted.status, admitted.headers["Location"]) == (302, "/mail/")
    assert "username-" in admitted.headers["Set-Cookie"]


def test_a_form_of_another_site_signs_nobody_in(served: Served) -> None:
    kind = "application/x-www-form-urlencoded"
    answer = served.ask("login", "POST", f"password={served.token}", Content_Type=kind)

    assert answer.status == 403
    assert "Set-Cookie" not in answer.headers or "username-" not in answer.headers["Set-Cookie"]


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "localhost.evil.example"])
@pytest.mark.parametrize("path", ["", "login", "api/kernels/1-1-1-1-1", "voila/static/voila.js"])
def test_a_name_that_somebody_else_points_here_is_refused(
    served: Served, path: str, host: str
) -> None:
    answer = served.ask(path, Host=host, **served.signed_in)

    assert answer.status == 403
    assert "Set-Cookie" not in answer.headers


def test_the_names_of_this_machine_are_answered_to(served: Served) -> None:
    for host in ("localhost", f"localhost:{served.port}", "127.0.0.1", "[::1]:1"):
        assert served.ask("login", Host=host).status == 200


def test_a_proxys_name_is_answered_to_where_it_was_told_and_its_scheme_counts(
    tmp_path: Path,
) -> None:
    with serving(tmp_path, "--preheat=0", "--host-name=Admin.example.com, 10.1.2.3") as served:
        path = f"?token={served.token}"
        through = served.ask(path, Host="admin.example.com", X_Forwarded_Proto="https")
        assert through.status == 200
        cookies = through.headers.get_all("Set-Cookie", [])
        assert ["Secure" in one for one in cookies] == [True, True]
        assert served.ask("login", Host="10.1.2.3:443").status == 200
        assert served.ask("login", Host="other.example.com").status == 403


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("", 200),
        ("login", 302),  # who is signed in is sent on
        ("nothing/here", 404),
        ("../nothing", 404),
        ("voila/files/dashboard.ipynb", 403),
        ("voila/static/voila.js", 200),
        ("voila/static/nothing.js", 403),  # Voila's answer: it has several folders
        ("mailwidgets/page-0.js", 404),
        ("api/kernels/1-1-1-1-1", 404),
    ],
)
def test_every_answer_carries_the_headers(served: Served, path: str, status: int) -> None:
    answer = served.ask(path, **served.signed_in)

    assert answer.status == status
    for name, value in security_headers().items():
        assert answer.headers[name].startswith(value), name
    assert len(answer.headers.get_all(CSP, [])) == 1
    assert "Traceback" not in answer.body
    if "kernelId" in answer.body:
        served.farewell(answer.kernel)


def test_one_page_too_many_is_told_so_and_a_freed_place_is_free_at_once(tmp_path: Path) -> None:
    with serving(tmp_path, "--preheat=1", "--max-pages=2") as served:
        first, second = served.page(), served.page()

        refused = served.page()
        assert refused.status == 503
        assert "All places are taken" in refused.body
        assert refused.headers["Retry-After"]
        assert refused.headers[CSP] == security_headers()[CSP]

        served.farewell(first.kernel)
        third = served.page()
        assert third.status == 200
        assert served.alive(second.kernel)
        assert served.page().status == 503


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_and_all_its_kernels(tmp_path: Path, how: signal.Signals) -> None:
    # A short one, since sockets lie there; its own, since other tests have servers, too.
    with (
        tempfile.TemporaryDirectory(prefix="mw-") as temporary,
        serving(tmp_path, "--preheat=1", TMPDIR=temporary) as served,
    ):
        assert list(Path(temporary).glob("voila_*"))
        kernel = served.page().kernel
        wait_until(lambda: len(served.kernels()) == 2, "one waits, one has a page")
        kernels = served.kernels()
        with served.channels(kernel) as line:
            assert comms(line)
            served.process.send_signal(how)
            assert served.process.wait(PATIENCE) == 0
        assert not [pid for pid in kernels if psutil.pid_exists(pid)]
        assert not served.log.read_text()
        left = list(Path(temporary).glob("voila_*"))
        assert not left, "sockets of kernels were left behind"


def test_a_port_in_use_is_refused_in_words(served: Served, tmp_path: Path) -> None:
    words = ["dashboard", "--no-browser", f"--store={tmp_path}", f"--port={served.port}"]
    done = subprocess.run(
        [sys.executable, "-m", "mailwidgets", *words],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )

    assert done.returncode == 2
    assert f"port {served.port} of 127.0.0.1 cannot be served on" in done.stderr
    assert not done.stdout
    assert "Traceback" not in done.stderr


def test_beyond_loopback_there_is_a_warning_and_any_name_will_do(tmp_path: Path) -> None:
    with serving(tmp_path, "--preheat=0", "--ip=0.0.0.0") as served:
        assert "in the clear" in served.log.read_text()
        assert served.ask("login", Host="mail-admin.example.com").status == 200


def test_twenty_pages_opened_at_once_all_work(tmp_path: Path) -> None:
    def visit(_: int) -> tuple[int, str, int]:
        page = served.page()
        with served.channels(page.kernel) as line:
            return page.status, page.kernel, len(comms(line))

    with (
        serving(tmp_path, "--preheat=1") as served,
        ThreadPoolExecutor(20) as visitors,
    ):
        visits = list(visitors.map(visit, range(20)))
        assert not served.log.read_text()

    assert {status for status, _, _ in visits} == {200}
    assert len({kernel for _, kernel, _ in visits}) == 20, "each has a kernel of its own"
    widgets = {count for _, _, count in visits}
    assert len(widgets) == 1
    assert widgets.pop() > 10
