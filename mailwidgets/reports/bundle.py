"""The support bundle: one ZIP file with all that someone else needs to see why a check failed."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import io
import json
import platform
import re
import ssl
import zipfile
from collections.abc import Iterable, Mapping, Sequence

from mailwidgets.reports.report import Report
from mailwidgets.reports.steps import Line

_PACKAGE = "mailwidgets"
_NAME = re.compile(r"[A-Za-z0-9._-]+")  # of a package, before extras and versions (PEP 508)
_README = """\
Support bundle of mailwidgets{whom}

report.json      what each check found, described by report.schema.json in the package
report.txt       the same to read: verdict, steps, what it means, what to do
transcript.txt   what was said to the servers and by them, with the time of each line
settings.json    the settings in force
versions.json    versions of this program, of what it stands on, and of the system

No password and no access token is in here: a setting that holds one reads "set", and in the
dialogue it reads "****". Names of users, hosts and folders, and e-mail addresses, are there: a
fault cannot be looked into without them. Read before you hand this on.
"""


def bundle(
    reports: Report | Iterable[Report],
    settings: Sequence[Mapping[str, object]] = (),
    *,
    user: str = "",
    workstation: str = "",
) -> bytes:
    """Return a ZIP file with reports, transcripts, versions and the settings in force.

    The same input gives the same bytes on the same machine.

    Args:
        reports: one or several.
        settings: rows as ``mailwidgets show --format json`` prints them, without secrets.
        user: for whom the settings are in force.
        workstation: likewise.
    """
    told = [reports] if isinstance(reports, Report) else list(reports)
    whom = f": {user} on {workstation}" if user and workstation else ""
    parts = {
        "README.txt": _README.format(whom=whom),
        "report.json": _json([report.as_dict() for report in told]),
        "report.txt": "\n\n".join(str(report) for report in told) + "\n",
        "transcript.txt": "\n".join(_transcript(report) for report in told),
        "settings.json": _json(list(settings)),
        "versions.json": _json(versions()),
    }
    stamp = _began(told).timetuple()[:6]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in parts.items():
            file.writestr(_entry(name, stamp), text.encode("utf-8", "backslashreplace"))
    return packed.getvalue()


def bundle_name(reports: Report | Sequence[Report]) -> str:
    """Return a bundle's usual file name: ``mailwidgets-smtp-20261103T091502Z.zip``."""
    told = [reports] if isinstance(reports, Report) else list(reports)
    sections = "-".join(dict.fromkeys(report.section for report in told))
    return f"{_PACKAGE}-{sections or 'none'}-{_began(told):%Y%m%dT%H%M%SZ}.zip"


def versions() -> dict[str, str]:
    """Return the versions of Python, OpenSSL, the system, and of all that this package can use."""
    found = {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "openssl": ssl.OPENSSL_VERSION,
        "platform": platform.platform(),
        _PACKAGE: _version(_PACKAGE) or "not installed as a package",
    }
    packages = ((name, _version(name)) for name in _wanted())
    return {**found, **{name: version for name, version in packages if version}}


def _wanted() -> list[str]:
    """Return the names of the packages that ours names, those of its extras included."""
    try:
        wanted = importlib.metadata.requires(_PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        return []
    names = {found[0].lower() for line in wanted if (found := _NAME.match(line))}
    return sorted(names - {_PACKAGE})


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def _transcript(report: Report) -> str:
    """Return a report's dialogue, each line with its time since the check began."""
    began = report.began.astimezone(dt.UTC).isoformat(timespec="milliseconds")
    head = f"{report.section}, began {began}; milliseconds since then, who, line\n"
    lines = "".join(_spoken(line) for line in report.transcript)
    return head + (lines or "nothing was said\n")


def _spoken(line: Line) -> str:
    return f"{line.ms:>10.1f}  {line.who}  {line.text}\n"


def _began(reports: Sequence[Report]) -> dt.datetime:
    """Return when the first check began, in UTC; where there is none, the first time ZIP knows."""
    first = dt.datetime(1980, 1, 1, tzinfo=dt.UTC)
    began = min((report.began.astimezone(dt.UTC) for report in reports), default=first)
    return max(began, first)


def _entry(name: str, stamp: Sequence[int]) -> zipfile.ZipInfo:
    year, month, day, hour, minute, second = stamp
    entry = zipfile.ZipInfo(name, (year, month, day, hour, minute, second))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16  # of the file, once unpacked
    return entry
