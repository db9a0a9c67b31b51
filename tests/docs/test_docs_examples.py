from __future__ import annotations

import re
from pathlib import Path
from typing import LiteralString, cast

import pytest
from daemons.postgres import Postgres, own_server
from fences import ROOT, Company, examples
from psycopg import sql
from traitlets.config import Config

from mailwidgets.web.kernels import DashboardKernels
from mailwidgets.web.server import DashboardServer

RUN = ("sh", "console", "python")
ABOUT_DATABASES = [ROOT / f"docs/{name}.md" for name in ("guides/postgresql", "reference/database")]
PAGES = sorted(
    page
    for page in [ROOT / "README.md", *ROOT.glob("docs/*/*.md")]
    if page not in ABOUT_DATABASES and any(one.kind in RUN for one in examples(page))
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
async def test_the_examples_of_a_page_do_what_it_says(page: Path, company: Company) -> None:
    for example in examples(page):
        if example.kind == "python" and not example.text.startswith("c."):
            await company.run_python(example)
        elif example.kind in {"sh", "console"}:
            company.run(example)


def test_the_examples_about_databases_do_what_they_say(company: Company) -> None:
    with own_server() as postgres:
        company.environment["PATH"] = f"{postgres.programs}:{company.environment['PATH']}"
        company.environment |= {"PGHOST": str(postgres.home), "PGPASSWORD": "…"}
        urls = {
            f"postgresql://{role}@db.example/mail": postgres.url("mail", role)
            for role in ("mail_owner", "ana_role")
        }
        told = Company(
            company.folder, {**company.words, **urls}, company.environment, company.stdin
        )
        for page in ABOUT_DATABASES:
            for example in examples(page):
                if example.kind == "sql":
                    run_sql(postgres, example.text)
                elif example.kind in RUN:
                    told.run(example)


def test_configuration_that_is_shown_sets_what_there_is() -> None:
    (example,) = (
        one for one in examples(ROOT / "docs/reference/environment.md") if one.kind == "python"
    )
    config = Config()
    exec(example.text, {"c": config})  # noqa: S102 - the page's own lines

    known = {
        one.__name__: one.class_traits(config=True) for one in (DashboardKernels, DashboardServer)
    }
    assert config
    for name, values in config.items():
        for key, value in values.items():
            trait = known[name][key]
            assert trait.validate(None, value) == value
            if isinstance(value, float):
                assert value == trait.default_value, f"the page tells another default of {key}"


def run_sql(postgres: Postgres, text: str) -> None:
    """Run statements as the database's administrator, each where its tables are."""
    for statement in filter(None, map(str.strip, text.split(";"))):
        database = "mail" if re.search(r"\bmailwidgets\.", statement) else "postgres"
        postgres.run(sql.SQL(cast("LiteralString", statement)), database)
