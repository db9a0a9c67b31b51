"""The schema describes every report there can be, and no other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from samples import WELL, failed

from mailwidgets.reports import document
from mailwidgets.reports.document import VERSION, report_schema
from mailwidgets.reports.fault import DIAGNOSES, Fault
from mailwidgets.reports.report import Report, State, Step, Who

SCHEMA = report_schema()
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
CODES = SCHEMA["$defs"]["code"]["enum"]
SECTIONS = ("pop3", "smtp", "imap", "workflow")


def parts(schema: object, path: str = "#") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object in the schema, with its place."""
    if isinstance(schema, dict):
        yield path, schema
        for name, value in schema.items():
            yield from parts(value, f"{path}/{name}")


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_the_codes_are_those_of_the_table_of_faults() -> None:
    assert sorted(DIAGNOSES) == CODES, (
        "put $defs/code/enum of mailwidgets/reports/report.schema.json right; all codes are: "
        f"{json.dumps(sorted(DIAGNOSES))}"
    )


def test_who_can_mend_it_and_the_version_are_those_of_the_code() -> None:
    assert SCHEMA["$defs"]["who"]["enum"] == [str(who) for who in Who]
    assert SCHEMA["$defs"]["report"]["properties"]["version"]["const"] == VERSION


def test_every_object_is_closed_and_every_property_described() -> None:
    for path, part in parts(SCHEMA):
        if "properties" in part and "type" in part:
            assert part["additionalProperties"] is False, path
            assert part["required"] == list(part["properties"]), path
            for name, one in part["properties"].items():
                assert one["description"].endswith("."), f"{path}/{name}"


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("code", [code for code in CODES if code in DIAGNOSES])
def test_a_report_of_every_fault_fits(code: str, section: str) -> None:
    found = Fault(code, "seen", fix=(("port", 465), ("tls", True))).finding(section)
    elsewhere = replace(found, section="smtp")
    for finding in (found, elsewhere):
        steps = (
            Step("name", State.FAILED, 1.0, ("seen",), finding, (found,), via="imap"),
            Step("goodbye", State.SKIPPED),
        )
        VALIDATOR.validate([Report(section, steps).as_dict()])


def test_a_report_that_passed_fits_and_so_does_one_with_nothing_in_it() -> None:
    VALIDATOR.validate([])
    VALIDATOR.validate([WELL.as_dict(), failed().as_dict(), Report("pop3", ()).as_dict()])


@pytest.mark.parametrize(
    "change",
    [
        {"code": "no_such_code"},
        {"version": 2},
        {"at": "yesterday"},
        {"who": "nobody"},
        {"fix": {"port": 465}},
        {"more": 1},
    ],
)
def test_what_is_no_report_does_not_fit(change: dict[str, object]) -> None:
    assert VALIDATOR.is_valid([failed().as_dict()])
    assert not VALIDATOR.is_valid([{**failed().as_dict(), **change}])


def test_the_schema_lies_in_the_package_and_reads_well() -> None:
    file = Path(document.__file__).with_name("report.schema.json")
    text = file.read_text("utf-8")

    assert text == json.dumps(SCHEMA, indent=2, ensure_ascii=False) + "\n"
