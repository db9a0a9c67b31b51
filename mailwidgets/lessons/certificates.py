"""Lesson 6: certificates."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Final

from mailwidgets.languages.texts import N_, _
from mailwidgets.lessons.bench import Bench
from mailwidgets.lessons.exercise import Exercise, Shortfall
from mailwidgets.lessons.scene import Scene
from mailwidgets.lessons.wants import not_pinned, passes, secured

HANDED_OVER: Final = "for-the-administrator.zip"
"""What the last exercise wants to be written, in the folder of the notebook."""


async def _is_pinned(bench: Bench) -> Shortfall | None:
    if bench.servers.resolve()["trust", "pins"].effective:
        return None
    told = _("No certificate is pinned. Pinned certificates, on the tab Advanced, takes it.")
    return Shortfall(told)


async def _nothing_is_accepted(bench: Bench) -> Shortfall | None:
    """Want an expired certificate to be neither pinned nor passed by."""
    report = await bench.servers.check("smtp")
    if report.code == "cert_expired":
        return None
    told = _("The certificate is not yours to mend, nor to get round: put the settings back.")
    return Shortfall(told, report, report.code)


async def _is_handed_over(bench: Bench) -> Shortfall | None:
    try:
        data = bench.written(HANDED_OVER)
        if data is None:
            told = _(
                "No {file} was written into the notebook's folder since the exercise began: write "
                "the support bundle there."
            )
            return Shortfall(told.format(file=HANDED_OVER), code="no_bundle")
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            reports = json.loads(file.read("report.json"))
        found = [one["code"] for one in reports if one["section"] == "smtp"]
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        told = _(
            "{file} is no support bundle: {reason}. Write what servers.bundle(report) returns."
        )
        return Shortfall(told.format(file=HANDED_OVER, reason=error), code="no_bundle")
    if "cert_expired" in found:
        return None
    told = _("{file} has no report that SMTP's certificate has expired: test SMTP, bundle that.")
    return Shortfall(told.format(file=HANDED_OVER), code="other_report")


EXERCISES: Final = (
    Exercise(
        "authority",
        N_("The company's own authority"),
        N_(
            "The company's servers have certificates of the company's own authority, which no "
            "computer knows. Add the authority's certificate, which the lesson's first cell has "
            "printed, so that POP3, SMTP and IMAP work for everyone."
        ),
        (
            not_pinned,
            *(passes(one) for one in ("pop3", "smtp", "imap")),
            *(secured(one) for one in ("pop3", "smtp", "imap")),
        ),
        (
            N_("Test POP3 first, and read who has signed the certificate."),
            N_("Which authorities are trusted is the company's to say: see the tab Advanced."),
            N_(
                "Copy the certificate, from -----BEGIN to the last -----, into CA certificates on "
                "the tab Advanced, and save."
            ),
        ),
        N_(
            "Every certificate of that authority is trusted now, also those that it issues next "
            "year."
        ),
        Scene({"trust.ca": None}),
    ),
    Exercise(
        "name",
        N_("The name on the certificate"),
        N_(
            "IMAP worked until the server moved to another name. It still answers at the old one, "
            "but the certificate is for the new one. Use the name that the certificate is for."
        ),
        (not_pinned, passes("imap"), secured("imap")),
        (
            N_("Test IMAP: its step Certificate lists the names that the certificate is for."),
            N_("The report offers one of them, which leads to this very server."),
            N_("On the tab IMAP set Name to {new_name}, test, and save."),
        ),
        N_("A certificate proves a name. Whoever asks by another one learns nothing from it."),
        Scene({"imap.name": "{old_name}"}),
        opens="imap",
    ),
    Exercise(
        "pin",
        N_("One certificate, pinned"),
        N_(
            "The IMAP server of the archive has a certificate of an authority that nobody knows. "
            "Its maker has told you on the phone that the SHA-256 fingerprint in the report is "
            "right. Trust that one certificate, at {host}, port {imap}, and nothing more."
        ),
        (_is_pinned, passes("imap"), secured("imap")),
        (
            N_("Test IMAP: its step Certificate tells the SHA-256 fingerprint."),
            N_("Pinned certificates, on the tab Advanced, takes a line: host:port=fingerprint."),
            N_(
                "Fill in {host}:{imap}= and, without a blank, the fingerprint from the report. "
                "Save, and test IMAP."
            ),
        ),
        N_("A pin ends with its certificate: when that is renewed, the test says so and stops."),
        Scene(fault="cert_untrusted", protocols=("imap",)),
        opens="imap",
    ),
    Exercise(
        "expired",
        N_("Not yours to mend"),
        N_(
            "SMTP's certificate has expired. To renew it is for the server's administrator, and to "
            "get round it would teach everyone to. Change nothing. In the cell below, write a "
            "support bundle of the failed test into the file for-the-administrator.zip."
        ),
        (_nothing_is_accepted, _is_handed_over),
        (
            N_("In Python: report = await lesson.servers.check(…) gives the report of a test."),
            N_("lesson.servers.bundle(report) returns the bytes of the ZIP file."),
            N_('Path("for-the-administrator.zip").write_bytes(lesson.servers.bundle(report))'),
        ),
        N_("The bundle has all that the administrator needs, and no password."),
        Scene(fault="cert_expired", protocols=("smtp",)),
        opens="smtp",
    ),
)
