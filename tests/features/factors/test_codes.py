"""Codes by themselves: how much is in them, where they come from, and how long they count."""

import random
from uuid import UUID

from pyotp.totp import TOTP

from upheld.features.factors.codes import SECONDS, new_app_secret, new_recovery_codes, recovery_hash, step_shown

ADA, NOW = UUID(int=1), 1_700_000_010


def test_a_recovery_code_has_120_bits_and_a_secret_160() -> None:
    codes = new_recovery_codes()
    assert len(set(codes)) == 10
    assert all(len(code.replace("-", "")) * 5 == 120 for code in codes)  # five bits for each of 32 signs
    assert len({sign for _ in range(40) for code in new_recovery_codes() for sign in code} - {"-"}) == 32
    assert len(new_app_secret()) * 5 == 160


def test_nobody_who_seeds_the_ordinary_generator_knows_what_comes() -> None:
    codes: list[list[str]] = []
    app_secrets: list[str] = []
    for _ in range(2):
        random.seed(4711)
        codes.append(new_recovery_codes())
        random.seed(4711)
        app_secrets.append(new_app_secret())
    assert not set(codes[0]) & set(codes[1])
    assert app_secrets[0] != app_secrets[1]


def test_a_recovery_code_is_kept_as_a_hash_bound_to_its_person() -> None:
    (code, *_) = new_recovery_codes()
    assert len(recovery_hash(ADA, code)) == 32
    assert recovery_hash(ADA, code) != recovery_hash(UUID(int=2), code)
    assert code.replace("-", "").encode() not in recovery_hash(ADA, code)


def test_a_code_counts_in_its_own_step_and_in_those_beside_it() -> None:
    secret = new_app_secret()
    shown = TOTP(secret).generate_otp(NOW // SECONDS)
    found = {ahead: step_shown(secret, shown, NOW + ahead * SECONDS) for ahead in range(-3, 4)}
    assert SECONDS == 30
    assert [ahead for ahead, step in found.items() if step == NOW // SECONDS] == [-1, 0, 1]
