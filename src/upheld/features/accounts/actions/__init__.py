"""What accounts can do: a module for each part of getting in and out."""

from upheld.features.accounts.actions.devices import device_of, known_from_now_on
from upheld.features.accounts.actions.entering import HALF_OPEN, open_session, open_session_for, sign_in
from upheld.features.accounts.actions.finding import check_address, normalised
from upheld.features.accounts.actions.language import choose_language
from upheld.features.accounts.actions.proving import check_password, freshen, prove_by_password
from upheld.features.accounts.actions.registering import (
    admit_invented,
    begin_registration,
    check_registration,
    invite_operator,
    raise_indexes,
    register,
    register_operator,
    verify_address,
)
from upheld.features.accounts.actions.sessions import end_other_sessions, end_own_session, sign_out

__all__ = [
    "HALF_OPEN", "admit_invented", "begin_registration", "check_address", "check_password", "check_registration",
    "choose_language", "device_of", "end_other_sessions", "end_own_session", "freshen", "invite_operator",
    "known_from_now_on",
    "normalised", "open_session", "open_session_for", "prove_by_password", "raise_indexes", "register",
    "register_operator", "sign_in", "sign_out", "verify_address",
]  # fmt: skip
