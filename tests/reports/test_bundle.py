from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace

import pytest
import scramp
from samples import WELL, failed
from scripted import Answer, Scripted

from mailwidgets import Servers
from mailwidgets.checks.smtp import check_smtp
from mailwidgets.connection.endpoint import Endpoint, Login
from mailwidgets.reports.bundle import bundle, bundle_name, versions
from mailwidgets.reports.report import Report

PARTS = [
    *("README.txt", "report.json", "report.txt", "transcript.txt", "settings.json"),
    "versions.json",
]
CANARY = "c4n4ry-Pässwört-☃"


def unpacked(data: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert file.testzip() is None
        return {name: file.read(name).decode("utf-8") for name in file.namelist()}


def test_a_bundle_has_its_parts_in_order_and_each_says_what_it_should() -> None:
    rows = [{"section": "smtp", "key": "password", "effective": "set"}]
    parts = unpacked(bundle([WELL, failed("Grüße")], rows, user="ana", workstation="WS-01"))

    assert list(parts) == PARTS
    assert [one["code"] for one in json.loads(parts["report.json"])] == ["ok", "auth_rejected"]
    assert str(failed("Grüße")) in parts["report.txt"]
    assert "       9.0  S  Grüße\n" in parts["transcript.txt"]
    assert "began 2026-11-03T09:15:02.123+00:00" in parts["transcript.txt"]
    assert json.loads(parts["settings.json"]) == rows
    assert "ana on WS-01" in parts["README.txt"]
    for name in PARTS[1:]:
        assert f"\n{name} " in parts["README.txt"]
    assert "password" in parts["README.txt"]


def test_the_same_reports_make_the_same_bytes() -> None:
    assert bundle(WELL) == bundle([WELL])


def test_a_bundle_of_nothing_is_one_and_says_so() -> None:
    parts = unpacked(bundle([]))

    assert json.loads(parts["report.json"]) == []
    assert bundle_name([]).startswith("mailwidgets-none-")


def test_a_transcript_of_nothing_says_so() -> None:
    silent = replace(WELL, transcript=())

    assert "nothing was said" in unpacked(bundle(silent))["transcript.txt"]


def test_the_file_is_named_after_the_sections_and_the_time() -> None:
    assert bundle_name([WELL, failed(section="imap")]) == (
        "mailwidgets-smtp-imap-20261103T091502Z.zip"
    )


def test_the_versions_are_those_of_what_a_fault_may_hang_on() -> None:
    found = versions()

    assert {"python", "openssl", "platform", "mailwidgets", "cryptography", "scramp"} <= set(found)
    assert found["openssl"].startswith("OpenSSL")
    assert all(found.values())


def test_a_bundle_of_servers_holds_the_settings_of_their_identity_without_secrets(
    servers: Servers,
) -> None:
    values = {"smtp.name": "mail.example.test", "smtp.password": CANARY}
    servers.commit([servers.change(name, value) for name, value in values.items()])

    parts = unpacked(servers.bundle(WELL))

    rows = {(row["section"], row["key"]): row for row in json.loads(parts["settings.json"])}
    assert rows["smtp", "name"]["effective"] == "mail.example.test"
    assert rows["smtp", "password"]["effective"] == "set"
    assert "ana on WS-01" in parts["README.txt"]
    assert "c4n4ry" not in "".join(parts.values())


def forms(secret: str) -> list[str]:
    """A secret as it could leak: plain, as JSON has it, in base64, as PLAIN sends it."""
    plain = (secret, secret[:6], json.dumps(secret)[1:-1])
    sent = (secret, f"\0ana\0{secret}", f"user=ana\1auth=Bearer {secret}\1\1")
    return [*plain, *(base64.b64encode(one.encode()).decode().rstrip("=") for one in sent)]


def assert_nowhere(secrets: list[str], report: Report) -> None:
    texts = unpacked(bundle(report))
    texts |= {"html": report._repr_html_(), "str": str(report), "repr": repr(report)}
    texts["json"] = json.dumps(report.as_dict(), ensure_ascii=False)
    for name, text in texts.items():
        for secret in secrets:
            assert secret not in text, f"{secret!r} in {name}: {text}"


def echo(line: str) -> str:
    """Say back what the client said, as a careless server does, and the password with it."""
    said = line.rpartition(" ")[2]
    decoded = base64.b64decode(said).decode().replace("\0", " ").replace("\1", " ")
    return f"535 5.7.8 {line} {decoded} {CANARY} {encoded(CANARY)}"


@pytest.mark.parametrize("name", ["PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2"])
@pytest.mark.parametrize("well", [True, False])
async def test_no_password_is_in_any_form_of_a_report(
    name: str,
    well: bool,  # noqa: FBT001
    endpoint: Callable[..., Endpoint],
) -> None:
    asked = base64.b64encode(b"<1896.697170952@mx>").decode()
    last: Answer = "235 in" if well else echo
    turns = {"LOGIN": 2, "CRAM-MD5": 1}.get(name, 0)
    answers: dict[str, Answer] = {
        "EHLO": f"250-mx\n250 AUTH {name}",
        "AUTH": [f"334 {asked}"] * turns + [last],  # type: ignore[dict-item]
        "": "250 ok",
    }
    login = Login("ana", CANARY, sasl=True, token=name == "XOAUTH2")
    async with Scripted("220 mx", answers) as server:
        report = await check_smtp(endpoint(server.port, timeout=1), login, ehlo="pc.example.test")

    sent = [line for line in server.seen if line.startswith("AUTH")]
    assert sent, "nothing was there to leak"
    said = server.seen[server.seen.index(sent[0]) :][: turns + 1]
    words = [line.rpartition(" ")[2] for line in said]
    responses = [word for word in words if len(word) > 12]
    proofs = [base64.b64decode(one).decode().rpartition(" ")[2] for one in responses]
    assert_nowhere([*forms(CANARY), *responses, *proofs], report)


@pytest.mark.parametrize("well", [True, False])
async def test_no_part_of_a_scram_exchange_is_in_any_form_of_a_report(
    well: bool,  # noqa: FBT001
    endpoint: Callable[..., Endpoint],
) -> None:
    mechanism = scramp.ScramMechanism("SCRAM-SHA-256")
    known = mechanism.make_auth_info(CANARY)
    scram = mechanism.make_server(lambda _: known)
    said: list[str] = []

    def first(line: str) -> str:
        scram.set_client_first(base64.b64decode(line.rpartition(" ")[2]).decode())
        return f"334 {encoded(scram.get_server_first())}"

    def later(line: str) -> str:
        if said:
            return "250 ok" if line else "235 in"
        said.append(line)
        scram.set_client_final(base64.b64decode(line).decode())
        if well:
            return f"334 {encoded(scram.get_server_final())}"
        return f"535 {line} {base64.b64decode(line).decode()}"

    answers: dict[str, Answer] = {
        "EHLO": "250-mx\n250 AUTH SCRAM-SHA-256",
        "AUTH": first,
        "": later,
    }
    async with Scripted("220 mx", answers) as server:
        login = Login("ana", CANARY, sasl=True)
        report = await check_smtp(endpoint(server.port, timeout=1), login, ehlo="pc.example.test")

    assert (report.code == "ok") == well, str(report)
    proof = base64.b64decode(said[0]).decode().rpartition("p=")[2]
    assert_nowhere([*forms(CANARY), *said, proof], report)


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
