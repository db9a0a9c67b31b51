from __future__ import annotations

from pathlib import Path

import trustme

from mailwidgets import Servers
from mailwidgets.connection.endpoint import TlsMode
from mailwidgets.settings.levels import Level


def put(servers: Servers, **values: object) -> None:
    servers.commit(
        [servers.change(name.replace("__", "."), value) for name, value in values.items()]
    )


def test_an_endpoint_has_the_values_in_force(servers: Servers) -> None:
    put(servers, smtp__name="mx.example", smtp__tls="implicit", smtp__timeout=5)
    endpoint = servers.targets().endpoint("smtp")

    assert (endpoint.host, endpoint.port, endpoint.timeout) == ("mx.example", 25, 5)
    assert endpoint.tls is TlsMode.IMPLICIT


def test_yes_and_no_mean_tls_required_and_none(servers: Servers) -> None:
    put(servers, pop3__name="mx.example", imap__name="mx.example", imap__tls=False)

    assert servers.targets().endpoint("pop3").tls is TlsMode.REQUIRE
    assert servers.targets().endpoint("imap").tls is TlsMode.NONE


def test_only_sections_with_a_server_are_configured(servers: Servers) -> None:
    put(servers, workflow__name="mx.example", pop3__name="mx.example")

    assert servers.targets().configured() == ("pop3", "workflow")


def test_a_borrowed_account_logs_in_with_pop3s_password(servers: Servers) -> None:
    put(servers, pop3__user="ana", pop3__password="s3cret", smtp__use_pop3_account=True)
    login = servers.targets().login("smtp")

    assert (login.user, login.password) == ("ana", "s3cret")


def test_a_company_password_lent_by_pop3_opens(servers: Servers) -> None:
    change = servers.change("pop3.password", "for all", level=Level.COMPANY)
    servers.commit([change, servers.change("imap.use_pop3_account", value=True)])

    assert servers.targets().login("imap").password == "for all"


def test_a_typed_password_needs_no_store(servers: Servers) -> None:
    typed = servers.change("pop3.password", "typed")

    assert servers.targets([typed]).login("pop3").password == "typed"


def test_pins_count_for_their_own_host_and_port(servers: Servers) -> None:
    digest = "ab" * 32
    put(servers, imap__name="MX.example", imap__port=993, pop3__name="mx.example")
    put(servers, trust__pins=(f"mx.example:993={digest}",))

    assert servers.targets().endpoint("imap").pins == (digest,)
    assert servers.targets().endpoint("pop3").pins == ()


def test_the_companys_authorities_join_those_of_the_run(servers: Servers, tmp_path: Path) -> None:
    company, run = (trustme.CA().cert_pem.bytes().decode() for _ in range(2))
    put(servers, trust__ca=company)
    (tmp_path / "ca.pem").write_text(run, "utf-8")
    both = Servers.open(servers.store.path, user="ana", ca_file=tmp_path / "ca.pem")  # type: ignore[attr-defined]

    assert both.targets().endpoint("imap").ca_pem.count("BEGIN CERTIFICATE") == 2
