from __future__ import annotations

import hmac

import pytest

from mailwidgets.practice import ACCOUNTS, Account
from mailwidgets.practice.accounts import Accounts

ANA = ACCOUNTS[0]


@pytest.fixture
def accounts() -> Accounts:
    return Accounts(ACCOUNTS)


def test_the_login_name_is_the_whole_address() -> None:
    assert ANA.user == ANA.address == "ana@practice.example"


def test_an_account_never_shows_its_password() -> None:
    assert ANA.password not in repr(ANA)


@pytest.mark.parametrize(
    ("user", "password"),
    [
        (b"ana@practice.example", b"ben-practice"),
        (b"ana", b"ana-practice"),
        (b"nobody@practice.example", b"ana-practice"),
        (b"ana@practice.example", b""),
        (b"", b""),
        (b"", b"no password is this one"),
        (b"\xff", b"\xff"),
    ],
)
def test_a_wrong_login_gets_no_account(accounts: Accounts, user: bytes, password: bytes) -> None:
    assert accounts.login(user, password) is None


def test_a_right_login_gets_its_account(accounts: Accounts) -> None:
    assert accounts.login(b"ana@practice.example", b"ana-practice") is ANA


def test_a_password_beyond_ascii_is_compared_as_utf_8() -> None:
    account = Account("zoë@practice.example", "pässwörd €", "Zoë")
    assert Accounts([account]).login("zoë@practice.example".encode(), "pässwörd €".encode())


def test_cram_md5_wants_the_digest_of_this_challenge(accounts: Accounts) -> None:
    digest = hmac.new(b"ana-practice", b"<1@localhost>", "md5").hexdigest().encode()
    response = b"ana@practice.example " + digest
    assert accounts.login_cram_md5(b"<1@localhost>", response) is ANA
    assert accounts.login_cram_md5(b"<2@localhost>", response) is None
    assert accounts.login_cram_md5(b"<1@localhost>", b"nobody " + digest) is None
    assert accounts.login_cram_md5(b"<1@localhost>", b"") is None


@pytest.mark.parametrize(
    ("address", "receiver"),
    [
        ("ana@practice.example", "ana@practice.example"),
        ("BEN@Practice.Example", "ben@practice.example"),
        ("postmaster", "ana@practice.example"),
        ("Postmaster@practice.example", "ana@practice.example"),
        ("postmaster@elsewhere.example", None),
        ("cid@practice.example", None),
        ("ana", None),
    ],
)
def test_mail_is_received_for_accounts_and_the_postmaster(
    accounts: Accounts, address: str, receiver: str | None
) -> None:
    account = accounts.receiving(address)
    assert (account and account.address) == receiver


def test_an_account_that_is_the_postmaster_gets_the_postmasters_mail() -> None:
    postmaster = Account("postmaster@practice.example", "pm-practice", "Postmaster")
    assert Accounts([ANA, postmaster]).receiving("postmaster@practice.example") is postmaster


@pytest.mark.parametrize("given", [(), (ANA, Account("ANA@practice.example", "x", "Ana again"))])
def test_no_account_or_the_same_twice_is_refused(given: tuple[Account, ...]) -> None:
    with pytest.raises(ValueError, match="each address once"):
        Accounts(given)
