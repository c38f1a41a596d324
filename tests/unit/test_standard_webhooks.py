"""The signatures of Standard Webhooks, held to a vector of its own libraries and to what a receiver does."""

import base64
from datetime import UTC, datetime

from medlem.club.endpoint import new_endpoint_secret, shown_secret
from medlem.club.masked import Masked
from medlem.standard_webhooks import headers
from receiver import verified

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def test_a_message_is_signed_as_the_reference_libraries_sign_it() -> None:
    secret = Masked(base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
    moment = datetime.fromtimestamp(1614265330, UTC)
    said = headers("msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', [secret], moment)
    assert said == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_two_secrets_make_two_signatures_and_either_verifies() -> None:
    new, old, strange = (new_endpoint_secret() for _ in range(3))
    said = headers("ntc_1", b"{}", [new, old], NOW)
    assert verified(said, b"{}", shown_secret(new).reveal())
    assert verified(said, b"{}", shown_secret(old).reveal())
    assert not verified(said, b"{}", shown_secret(strange).reveal())
    assert not verified(said, b"{ }", shown_secret(new).reveal())
    assert not verified(said | {"webhook-timestamp": "1"}, b"{}", shown_secret(new).reveal())


def test_a_secret_is_written_as_the_specification_says_and_hidden_everywhere_else() -> None:
    secret = new_endpoint_secret()
    shown = shown_secret(secret)
    assert shown.reveal().startswith("whsec_")
    assert 24 <= len(base64.b64decode(shown.reveal().removeprefix("whsec_"))) <= 64
    assert repr(secret) == repr(shown) == "•••"
    assert new_endpoint_secret() != secret
