"""Secrets that cannot be used are refused by name, and never shown."""

import base64
import stat
from pathlib import Path

import pytest

from service.db.errors import SecretKeysError
from service.db.secrets import load_or_make_key_file, make_key, parse_secret_keys


def encode(key: bytes) -> str:
    return base64.urlsafe_b64encode(key).decode()


def test_a_list_of_keys_is_read_in_its_order_with_or_without_padding() -> None:
    first, second = bytes(range(32)), bytes(range(200, 232))
    assert parse_secret_keys(f"{encode(first)}, {encode(second).rstrip('=')}") == [first, second]


def test_a_made_key_is_random_and_can_be_read() -> None:
    assert len(parse_secret_keys(f"{make_key()},{make_key()}")) == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "key 1 is empty"),
        (f"{encode(bytes(range(32)))},", "key 2 is empty"),
        ("changeme", "key 1 has 6 bytes"),
        ("not base64!", "key 1 is not base64url"),
        ("ключ", "key 1 is not base64url"),
        (encode(bytes(range(31))), "key 1 has 31 bytes"),
        (encode(bytes(range(33))), "key 1 has 33 bytes"),
        (encode(bytes(32)), "key 1 is a placeholder"),
        (encode(b"changeme" * 4), "key 1 is a placeholder"),
        (f"{encode(bytes(range(32)))},{encode(bytes(range(32)))}", "the same key twice"),
    ],
)
def test_what_is_no_key_is_refused_by_its_name_and_place(text: str, says: str) -> None:
    with pytest.raises(SecretKeysError, match="AMANBA_SECRET_KEYS") as refusal:
        parse_secret_keys(text)
    assert says in str(refusal.value)


def test_a_refusal_does_not_show_the_key() -> None:
    key = encode(bytes(range(31)))
    with pytest.raises(SecretKeysError) as refusal:
        parse_secret_keys(key)
    assert key not in str(refusal.value)


def test_a_key_file_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "state" / "secret_keys"
    keys = load_or_make_key_file(path)
    assert load_or_make_key_file(path) == keys
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["secret_keys"]


def test_a_key_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secret_keys"
    load_or_make_key_file(path)
    path.chmod(0o640)
    with pytest.raises(SecretKeysError, match="others may read"):
        load_or_make_key_file(path)
