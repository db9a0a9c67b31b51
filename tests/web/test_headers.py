from __future__ import annotations

import pytest
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine

from mailwidgets.web.headers import CSP, SecurityHeaders, policy, security_headers


def directives(told: str) -> dict[str, str]:
    parts = (one.partition(" ") for one in told.split("; "))
    return {name: sources for name, _, sources in parts}


def test_our_page_runs_no_script_in_its_markup_and_none_from_elsewhere() -> None:
    told = directives(policy())

    assert told["default-src"] == "'none'"
    assert told["script-src"] == "'self' blob:"
    assert told["connect-src"] == told["form-action"] == "'self'"
    assert told["base-uri"] == told["frame-ancestors"] == "'none'"


def test_voilas_own_page_may_run_what_its_markup_holds_and_nothing_else_is_looser() -> None:
    strict, loose = directives(policy()), directives(policy(own=False))

    assert loose.pop("script-src") == f"{strict.pop('script-src')} 'unsafe-inline' 'unsafe-eval'"
    assert loose == strict


@pytest.mark.parametrize("own", [True, False])
def test_nothing_is_let_in_from_another_host(own: bool) -> None:  # noqa: FBT001 - a parameter
    assert "http" not in policy(own=own)
    assert "*" not in policy(own=own)


def test_an_answer_without_a_policy_gets_one_and_an_own_one_stays() -> None:
    transform = SecurityHeaders(
        HTTPServerRequest(start_line=RequestStartLine("GET", "/", "HTTP/1.0"))
    )
    bare, own = HTTPHeaders(), HTTPHeaders({CSP: "default-src 'self'"})

    transform.transform_first_chunk(200, bare, b"", finishing=True)
    transform.transform_first_chunk(200, own, b"", finishing=True)

    assert dict(bare) == security_headers()
    assert own[CSP] == "default-src 'self'"
    assert own["Referrer-Policy"] == "no-referrer"
