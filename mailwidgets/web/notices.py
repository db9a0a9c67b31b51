"""What the server says when it shows no dashboard, as escaped markup for ``page.html``."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from http import HTTPStatus

from mailwidgets.languages import texts
from mailwidgets.languages.texts import _, use


@dataclass(frozen=True)
class Notice:
    """A page that only says something.

    Attributes:
        title: plain text.
        body: markup.
        language: the tag of the language it is in.
    """

    title: str
    body: str
    language: str


def speak(accepted: str) -> str:
    """Speak the first language that a browser accepts and we have; return its tag.

    Args:
        accepted: the header Accept-Language (RFC 9110 §12.5.4).
    """
    wishes = []
    for one in accepted.split(","):
        tag, *parameters = (part.strip() for part in one.split(";"))
        quality = next((part[2:] for part in parameters if part.startswith("q=")), "1")
        try:
            wishes.append((-float(quality), tag.split("-")[0].lower()))
        except ValueError:
            continue
    wishes.sort(key=lambda wish: wish[0])
    return use(next((tag for rank, tag in wishes if tag in texts.COMPLETE and rank < 0), "en"))


def full(language: str) -> Notice:
    """Return what is said to a visitor for whom there is no place."""
    title = _("All places are taken")
    body = _paragraphs(
        _("As many dashboards are open here as this server carries."),
        _("Close one that you no longer need, in whatever tab it is, and try again."),
        _("Whoever runs the server can allow more: mailwidgets dashboard --max-pages."),
    )
    # To this very address, and by a link: it works without scripts.
    again = f'<p><a href="">{escape(_("Try again"))}</a></p>'
    return Notice(title, _page(title, body + again), language)


def wrong(language: str, status: int) -> Notice:
    """Return what is said when a page cannot be shown.

    Args:
        language: as spoken.
        status: the HTTP status.
    """
    if status == HTTPStatus.NOT_FOUND:
        title = _("There is no such page")
        advice = _("The dashboard is at the address that the server printed when it started.")
    elif status == HTTPStatus.FORBIDDEN:
        title = _("This is not allowed")
        advice = _(
            "The server answers to its own names alone, and only to pages of its own. Behind a "
            "proxy, name the proxy's host: mailwidgets dashboard --host-name."
        )
    else:
        title = _("The page could not be shown")
        advice = _("Try again. If that does not help, the server's log says why.")
    return Notice(title, _page(title, _paragraphs(advice)), language)


def broken(language: str) -> str:
    """Return markup that ends a page whose head is on its way already: its kernel did not start.

    Args:
        language: as spoken.
    """
    said = _page(
        _("The page could not be shown"),
        _paragraphs(_("Try again. If that does not help, the server's log says why.")),
    )
    hide = "<style>.mw-opening .mw-skeleton, #loading { display: none; }</style>"
    return (
        f'</div></main>{hide}<main class="mw-alone" role="alert" lang="{language}">{said}'
        f'<p><a href="">{escape(_("Try again"))}</a></p></main></body></html>'
    )


def login(language: str, action: str, hidden: str, *, refused: bool) -> Notice:
    """Return the form that asks for the token.

    Args:
        language: as spoken.
        action: where the form goes.
        hidden: markup of the fields that the server wants back.
        refused: whether a token was given, and is wrong.
    """
    title = _("Sign in")
    advice = _("Open the address that the server printed when it started, or give its token here.")
    said = ""
    if refused:
        wrong_token = _("This is not the token of the server that runs now.")
        said = f'<p id="said" class="mw-warned" role="alert">{escape(wrong_token)}</p>'
    invalid = ' aria-invalid="true" aria-describedby="said"' if refused else ""
    form = (
        f'<form method="post" action="{escape(action)}">{hidden}'
        f'<p><label for="token">{escape(_("Token"))}</label><br>'
        f'<input id="token" name="password" type="password" size="40" required autofocus'
        f' autocomplete="off"{invalid}></p>{said}'
        f'<p><button type="submit">{escape(_("Sign in"))}</button></p></form>'
    )
    return Notice(title, _page(title, _paragraphs(advice) + form), language)


def onward(address: str) -> str:
    """Return a whole page that goes on to an address of this server at once.

    A redirect would not do: after a click on another site or in a file, the browser would not
    send the cookie along with it, which is for this site's own pages.
    """
    return (
        '<!DOCTYPE html><html><head><meta charset="utf-8"><title>…</title>'
        '<link rel="icon" href="data:,"><meta name="color-scheme" content="light dark">'
        f'<meta http-equiv="refresh" content="0; url={escape(address)}"></head></html>'
    )


def _paragraphs(*texts: str) -> str:
    return "".join(f"<p>{escape(text)}</p>" for text in texts)


def _page(title: str, body: str) -> str:
    return f"<h1>{escape(title)}</h1>{body}"
