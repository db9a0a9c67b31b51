"""Every diagnosis there is, each reached by a real dialogue that goes wrong in just that way."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import trustme
from check_fixtures import ca, no_other_ports, nothing_stays_behind  # noqa: F401 - fixtures

from mailwidgets.reports.fault import DIAGNOSES
from mailwidgets.settings.sections import setting
from proof.scenarios_login import OFFERED, REFUSED
from proof.scenarios_mail import FOLDERS, SENDERS
from proof.scenarios_names import NAMES
from proof.scenarios_network import NETWORK
from proof.scenarios_sending import SENDING
from proof.scenarios_settings import SETTINGS
from proof.scenarios_stage import Scenario, Stage
from proof.scenarios_tls import CERTIFICATE, HANDSHAKE

SCENARIOS: tuple[Scenario, ...] = (
    *(*NAMES, *NETWORK, *HANDSHAKE, *CERTIFICATE),
    *(*OFFERED, *REFUSED, *FOLDERS, *SENDERS, *SENDING, *SETTINGS),
)
SECRETS = ("ana-secret", "wrong-secret", "t0ken-t0ken", "bob-secret", "carla-secret")


@pytest.fixture
def stage(request: pytest.FixtureRequest, tmp_path: Path, ca: trustme.CA) -> Stage:  # noqa: F811
    return Stage(request, tmp_path, ca)


def test_every_diagnosis_has_a_scenario_that_reaches_it() -> None:
    assert {scenario.code for scenario in SCENARIOS} == set(DIAGNOSES)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.id)
async def test_a_real_dialogue_reaches(scenario: Scenario, stage: Stage) -> None:
    try:
        report = await scenario.reach(stage)
    except PermissionError:  # ports below 1024, as name servers and mail servers have them
        pytest.skip("no such port may be opened here: run these tests as root")

    found = report.finding
    assert found is not None, str(report)
    assert report.code == scenario.code, f"{report}\n{report.transcript}"
    assert report.ok is (scenario.state == "warned")
    where = next(step for step in report.steps if step.finding is found)
    assert (where.name, where.state) == (scenario.step, scenario.state), str(report)
    for words in scenario.saw:
        assert words in found.saw, found.saw
    assert re.search(scenario.pattern, found.saw), found.saw
    assert found.saw.isprintable()
    assert scenario.advice in found.advice, found.advice
    assert found.meaning.endswith(".")
    assert found.advice
    assert (found.who, found.fix) == (scenario.who, scenario.fix)
    assert found.field == scenario.field
    if found.field:
        assert setting(f"{found.section or scenario.section}.{found.field}")
    told = f"{report}{report!r}{report.transcript}{report.as_dict()}"
    assert not [secret for secret in SECRETS if secret in told]
