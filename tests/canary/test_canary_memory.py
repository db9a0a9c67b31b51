"""What a program shows of itself: objects, tables, pages, logs, tracebacks, pickles, widgets."""

from __future__ import annotations

import ast
import asyncio
import gc
import logging
import pickle
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from planted import CANARY, PASSPHRASE, SECTIONS, WORKFLOW, Planted, assert_clean, traces

import mailwidgets
from mailwidgets import Draft, Servers
from mailwidgets.errors import Conflict, MailwidgetsError, UnknownSetting
from mailwidgets.overview.filters import Filters
from mailwidgets.overview.history_sieve import Sieve
from mailwidgets.protocols.sasl import PREFERENCE, TOKEN_PREFERENCE, mechanism
from mailwidgets.reports.report import Step
from mailwidgets.settings.documents import Change
from mailwidgets.settings.levels import Level
from mailwidgets.settings.secret import Sealed, Secret
from mailwidgets.store.written import read_written
from mailwidgets.vault.keys import new_key
from mailwidgets.vault.passphrase import Passphrase
from mailwidgets.vault.vault import Vault

_PACKAGE: Final = Path(mailwidgets.__file__).parent
_SHOWING: Final = ("__repr__", "__str__", "__format__", "_repr_html_", "_repr_mimebundle_")
# Every class that says itself how it is shown; what has no such word shows its fields.
DISPLAYS: Final = {
    *("Address", "DatabaseStore"),  # shown in test_canary_database.py
    *("Alternative", "Discovery", "Proposal"),  # of what servers say, before any login
    *("Commit", "Difference", "Dispute", "Edit", "Impact", "Import", "Moment", "Shift", "Side"),
    *("EncryptionKey", "Exchange", "Passphrase", "Sealed", "Secret", "Written"),
    *("FolderStore", "Place", "Practice", "Report", "UnknownSetting"),
    *("ClassOverview", "Verdict"),  # of lessons: shown in tests/lessons/test_lesson.py
}
_ELSEWHERE: Final = {
    *("Address", "DatabaseStore", "Alternative", "Discovery", "Proposal"),
    *("ClassOverview", "Verdict"),
}


def displays() -> set[str]:
    """Return the classes of the package that say how they are shown."""
    return {
        node.name
        for path in _PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef)
        and any(isinstance(one, ast.FunctionDef) and one.name in _SHOWING for one in node.body)
    }


def ours() -> Iterator[Any]:
    """Yield every object of this package that lives."""
    gc.collect()
    for one in gc.get_objects():
        if str(type(one).__module__).startswith("mailwidgets."):
            yield one


def held(planted: Planted) -> list[Any]:
    """Return one of everything that a program may come to hold of a store with the canary."""
    servers, other = planted.servers, planted.servers.as_seen_by("bob")
    draft = Draft(servers)
    draft.enter(("pop3", "password"), CANARY)
    exported = servers.export("json", passphrase=Secret(PASSPHRASE))
    servers.commit([servers.change("pop3.password", "theirs")])
    draft.refresh()
    passphrase = Passphrase(PASSPHRASE)
    targets = servers.targets(draft.changes())
    place = servers.identity.place(Level.USER)
    return [
        *(draft, draft.changes(), draft.resolution(), draft.sections["pop3"].trait_values()),
        *(servers, other, servers.vault, servers.vault.keys.key(), servers.documents()),
        *(targets, *(targets.login(section) for section in SECTIONS)),
        *(targets.climb("pop3"), servers.store, exported, draft.disputes()),
        servers.import_(exported.data, passphrase=Secret(PASSPHRASE), dry_run=True),
        *(list(servers.history()), servers.snapshots(), servers.diff("planted")),
        *(servers.moment("planted"), servers.compare(other_user="bob")),
        servers.impact([servers.change("pop3.timeout", 7, level=Level.COMPANY)]),
        read_written((planted.store / "users/ana.json").read_bytes(), place, "ana.json"),
        (passphrase, passphrase.seal(place, ("pop3", "password"), Secret(CANARY))),
        [
            mechanism(name, "ana", CANARY, host="h", port=1)
            for name in (*PREFERENCE, *TOKEN_PREFERENCE)
            if "SCRAM" not in name  # which refuses a password beyond SASLprep's letters
        ],
        (Filters(search=CANARY), Sieve(search=CANARY)),  # typed in the wrong box
        UnknownSetting("no such setting"),
        asyncio.run(servers.check("workflow")),
    ]


def test_every_class_that_shows_itself_is_known() -> None:
    assert displays() == DISPLAYS


def test_no_object_shows_or_pickles_the_canary(planted: Planted) -> None:
    everything = held(planted)
    assert planted.servers.targets().login("workflow").password == CANARY
    assert everything[0].changes()[0].value == Secret(CANARY)
    seen, kept = set(), 0
    for one in ours():
        seen.update(base.__name__ for base in type(one).__mro__)
        html = getattr(one, "_repr_html_", None)
        shown = f"{one!r} {one!s} {html() if html and not isinstance(one, type) else ''}"
        assert not traces(shown), type(one)
        assert not traces(shown, PASSPHRASE), type(one)
        if type(one).__module__.startswith("mailwidgets.practice"):
            continue  # throw-away accounts, whose passwords are printed for whoever practises
        try:
            pickled = pickle.dumps(one)
        except (TypeError, AttributeError, pickle.PicklingError, NotImplementedError):
            continue
        kept += 1
        assert not traces(pickled), type(one)
        assert not traces(pickled, PASSPHRASE), type(one)
    assert everything
    assert kept > 100
    assert seen >= DISPLAYS - _ELSEWHERE, DISPLAYS - _ELSEWHERE - seen


def test_no_table_shows_the_canary(planted: Planted) -> None:
    servers = planted.servers
    tables = [
        servers.effective(),
        servers.everyone(),
        servers.everyone("WS-01", origins=True),
        servers.every_workstation(),
    ]
    planted.assert_held()
    for table in tables:
        html = table._repr_html_()
        for shown in (repr(table), html, table.to_csv(), table.to_json(), pickle.dumps(table)):
            assert_clean(shown, table.columns[:3])


def test_no_report_page_transcript_or_bundle_shows_the_canary(planted: Planted) -> None:
    servers = planted.servers
    reports = planted.logged_in()
    changes = [servers.change(f"{name}.sasl", value=True) for name in SECTIONS]
    changes.append(servers.change("pop3.name", "127.0.0.1"))
    for section in SECTIONS:
        reports.append(asyncio.run(servers.check(section, changes=changes)))
    wrong = [servers.change("pop3.password", f"{CANARY}?")]
    wrong += [servers.change(f"{name}.sasl", value=name == "smtp") for name in SECTIONS[:3]]
    reports += [asyncio.run(servers.check(name, changes=wrong)) for name in SECTIONS[:3]]
    assert [report.code for report in reports[-3:]] == ["auth_rejected"] * 3
    for report in reports:
        assert_clean(f"{report}{report!r}{report.as_dict()}", report.section)
        assert_clean(repr(report.transcript), "transcript")
        assert_clean(report._repr_html_(), "page")
        assert_clean(report.table().to_csv(), "table")
    assert_clean(servers.bundle(reports), "bundle")


def test_no_message_that_is_sent_holds_the_canary(planted: Planted) -> None:
    before = len(planted.practice.messages(WORKFLOW))
    report = asyncio.run(planted.servers.send(WORKFLOW))
    assert report.ok
    sent = planted.practice.messages(WORKFLOW)[before:]
    assert len(sent) == 1
    assert_clean(sent[0], "message")


def test_no_log_holds_the_canary(planted: Planted, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    servers = planted.servers
    servers.commit([servers.change("pop3.password", None)])
    servers.commit([servers.change("pop3.password", CANARY)])
    planted.logged_in()
    with pytest.raises(MailwidgetsError):
        servers.change("pop3.password", f"{CANARY}\n")
    assert_clean(f"log: {caplog.text}{[record.__dict__ for record in caplog.records]}", "log")


def chain(error: BaseException) -> list[BaseException]:
    """Return an error, its causes and contexts, those that are not to be shown as well."""
    found, waiting = list[BaseException](), [error]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.append(one)
            waiting += [other for other in (one.__cause__, one.__context__) if other]
    return found


def conflicting(planted: Planted) -> object:
    servers = planted.servers
    place = servers.identity.place(Level.USER)
    change = Change(place, ("pop3", "password"), Secret(CANARY), base=Sealed("x"))
    return servers.commit([change])


def without_key(planted: Planted) -> object:
    vault = Vault.from_environment({"MAILWIDGETS_KEY": new_key()})
    return (
        Servers(planted.servers.store, planted.servers.identity, vault=vault)
        .targets()
        .login("pop3")
    )


def told(planted: Planted) -> object:
    """Log in while whoever is told of the steps fails after the login."""

    def tell(step: Step) -> None:
        if step.name == "authentication" and step.ms:
            raise RuntimeError("whoever is told fails")

    return asyncio.run(planted.servers.check("pop3", on_step=tell))


def half_a_pair(planted: Planted) -> object:
    place = planted.servers.identity.place(Level.USER)
    change = Change(place, ("pop3", "password"), Secret(f"{CANARY}\ud800"))
    return planted.servers.targets([change]).login("pop3")


# What fails with the canary in hand. A plain text in an argument is the caller's own to hide.
FAILING: Final[dict[str, Callable[[Planted], object]]] = {
    "a conflict": conflicting,
    "another key": without_key,
    "whoever is told of a login fails": told,
    "a password that no line can carry": half_a_pair,
    "a line break": lambda planted: planted.servers.change("pop3.password", Secret(f"{CANARY}\n")),
    "typed with a line break": lambda planted: planted.servers.change(
        "pop3.password", f"{CANARY}\n"
    ),
    "a wrong passphrase": lambda planted: planted.servers.import_(
        planted.servers.export("json", passphrase=Secret(PASSPHRASE)).data,
        passphrase=Secret("other"),
    ),
    "a pickle": lambda planted: pickle.dumps(planted.servers.targets().login("pop3")),
}


@pytest.mark.parametrize("name", FAILING)
def test_no_traceback_with_its_variables_shows_the_canary(planted: Planted, name: str) -> None:
    with pytest.raises((MailwidgetsError, Conflict, RuntimeError, TypeError)) as caught:
        FAILING[name](planted)
    errors = chain(caught.value)
    for error in errors:
        assert_clean(f"{error!r} {error} {vars(error)}", name)
    trace = caught.value.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next  # the caller's frames are not ours to keep clean
    caught.value.__traceback__ = trace
    for error in errors:
        shown = traceback.TracebackException.from_exception(error, capture_locals=True)
        lines = list(shown.format(chain=False))
        for line in lines:
            assert not traces(line), line
            assert not traces(line, PASSPHRASE), line
