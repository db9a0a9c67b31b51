"""SCRAM-SHA-256 and SCRAM-SHA-1, with scramp doing the arithmetic (RFC 5802, RFC 7677)."""

from __future__ import annotations

from scramp import ScramClient, ScramException  # type: ignore[import-untyped]  # it has no types

from mailwidgets.languages.texts import _
from mailwidgets.protocols.mechanisms import Exchange, SaslError, ServerNotProven, octets_of
from mailwidgets.protocols.octets import shown

# RFC 5802 §4 asks for 4096 at least, and scramp insists. A million costs about half a second,
# and a hostile server could ask for any number.
_MOST_ITERATIONS = 1_000_000


class Scram(Exchange):
    """SCRAM-SHA-256 and SCRAM-SHA-1 (RFC 7677, RFC 5802), without channel binding.

    The password never travels, and the server must prove that it knows it: its final message
    may come as a challenge, which is answered with nothing, or with the success itself.
    """

    plaintext = False

    def __init__(self, name: str, user: str, password: str, *, nonce: str | None = None) -> None:
        """Prepare user name and password (SASLprep, RFC 4013).

        Args:
            name: ``SCRAM-SHA-256`` or ``SCRAM-SHA-1``.
            user: the name to log in with.
            password: the password.
            nonce: the client's nonce, for tests; a random one by default.

        Raises:
            SaslError: SASLprep refuses the user name or the password.
        """
        self.name = name
        try:
            self._client = ScramClient([name], user, password, c_nonce=nonce)
            first: str = self._client.get_client_first()
        except ScramException as error:
            told = _(
                "{mechanism} cannot carry this user name or password: {reason}; "
                "mechanisms that send the password itself can, over TLS"
            )
            raise SaslError(told.format(mechanism=name, reason=error.args[0])) from error
        super().__init__(octets_of(first))
        self._expected = "first"  # of the server's messages, then "final", then none: ""

    def respond(self, challenge: bytes) -> bytes:
        """Return the proof to the server's first message, and nothing to its final one."""
        if not challenge and self._expected == "first":
            return self.first()
        if not self._expected:
            raise self.unexpected()
        if challenge.startswith(b"e="):
            self.error, self._expected = shown(challenge[2:], 80), ""
            return b""
        if self._expected == "final":
            self._verify(challenge)
            return b""
        self._expected = "final"
        return self._proof(challenge)

    def finish(self, data: bytes | None) -> None:
        """Take the server's success, and its final message where that comes only now."""
        if data and self._expected == "final":
            self._verify(data)
        if not self.complete:
            told = _(
                "{mechanism}: the server reports success without proving that it knows the "
                "password (RFC 5802 §5: server-final-message)"
            )
            raise ServerNotProven(told.format(mechanism=self.name))

    def _proof(self, server_first: bytes) -> bytes:
        try:
            self._client.set_server_first(_text(server_first))
            if int(self._client.iterations) > _MOST_ITERATIONS:
                told = _(
                    "{mechanism}: expected at most {most} iterations, the server asks for {asked}"
                )
                raise SaslError(
                    told.format(
                        mechanism=self.name, most=_MOST_ITERATIONS, asked=self._client.iterations
                    )
                )
            return octets_of(self._client.get_client_final())
        except ScramException as error:
            told = _("{mechanism}: the server's first message: {reason}")
            raise SaslError(told.format(mechanism=self.name, reason=error.args[0])) from error

    def _verify(self, server_final: bytes) -> None:
        self._expected = ""
        try:
            self._client.set_server_final(_text(server_final))
        except ScramException as error:
            told = _("{mechanism}: the server's final message: {reason}")
            raise ServerNotProven(told.format(mechanism=self.name, reason=error.args[0])) from error
        self.complete = True


def _text(message: bytes) -> str:
    """Return a message of the server as text; raise ScramException where it is none."""
    try:
        return message.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ScramException("it is not UTF-8") from error
