"""Secrets are sealed, found again, and survive a change of keys."""

import base64

import pytest

from medlem.vault import SealBroken, UnusableSecretKeys, Vault

OLD, NEW = bytes(range(32)), bytes(range(32, 64))


def line(key: bytes) -> str:
    return base64.urlsafe_b64encode(key).decode()


def test_what_is_sealed_opens_and_does_not_show() -> None:
    vault = Vault([NEW])
    sealed = vault.seal(b"auth_req_id")
    assert b"auth_req_id" not in sealed
    assert vault.seal(b"auth_req_id") != sealed
    assert vault.open(sealed) == b"auth_req_id"


def test_the_first_key_writes_and_every_key_reads() -> None:
    before, after = Vault([OLD]), Vault([NEW, OLD])
    assert after.open(before.seal(b"kept")) == b"kept"
    with pytest.raises(SealBroken, match="SECRET_KEYS"):
        before.open(after.seal(b"kept"))
    assert after.digest("api key", "mdl_st_1") == Vault([NEW]).digest("api key", "mdl_st_1")
    assert after.digests("api key", "mdl_st_1") == (
        after.digest("api key", "mdl_st_1"),
        before.digest("api key", "mdl_st_1"),
    )


def test_what_was_altered_does_not_open() -> None:
    vault = Vault([NEW])
    sealed = bytearray(vault.seal(b"kept"))
    sealed[-1] ^= 1
    with pytest.raises(SealBroken):
        vault.open(bytes(sealed))


def test_a_digest_tells_purposes_and_keys_apart() -> None:
    vault = Vault([NEW])
    found = {
        vault.digest("phone", "4747400001"),
        vault.digest("phone", "4747400002"),
        vault.digest("api key", "4747400001"),
        Vault([OLD]).digest("phone", "4747400001"),
    }
    assert len(found) == 4
    assert vault.digest("phone", "4747400001") == Vault([NEW]).digest("phone", "4747400001")


def test_a_digest_is_longer_than_anyone_can_guess() -> None:
    digest = Vault([NEW]).digest("phone", "4747400001")
    assert len(bytes.fromhex(digest)) == 32


def test_lines_are_read_newest_first_and_empty_ones_do_not_count() -> None:
    vault = Vault.of_lines(f"\n  {line(NEW)}  \r\n\n{line(OLD)}\n")
    assert vault.digests("phone", "1") == Vault([NEW, OLD]).digests("phone", "1")


def test_a_new_line_is_a_line() -> None:
    first, second = Vault.new_line(), Vault.new_line()
    assert first != second
    assert Vault.of_lines(first).digest("phone", "1") != Vault.of_lines(second).digest("phone", "1")


@pytest.mark.parametrize(
    "bad", ["tooshort", line(OLD)[:-4], line(OLD + b"x"), "æ" * 44, line(OLD).replace("A", "!", 1)]
)
def test_a_line_that_is_no_key_is_named_by_its_number_alone(bad: str) -> None:
    with pytest.raises(UnusableSecretKeys, match="Line 2") as refused:
        Vault.of_lines(f"{line(NEW)}\n{bad}")
    assert bad not in str(refused.value)
    assert refused.value.__context__ is None or bad not in str(refused.value.__context__)


@pytest.mark.parametrize("text", ["", " \n\n"])
def test_there_is_no_vault_without_keys(text: str) -> None:
    with pytest.raises(UnusableSecretKeys, match="at least one"):
        Vault.of_lines(text)


def test_a_vault_shows_no_keys() -> None:
    vault = Vault([NEW, OLD])
    assert repr(vault) == str(vault) == "Vault(2 keys)"
