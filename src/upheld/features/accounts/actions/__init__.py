"""What accounts can do: a module for each part of getting in and out."""

from upheld.features.accounts.actions.choosing import change_password, refuse_weak
from upheld.features.accounts.actions.devices import device_of, known_from_now_on
from upheld.features.accounts.actions.entering import HALF_OPEN, open_session, open_session_for, sign_in
from upheld.features.accounts.actions.finding import check_address, normalised, wrong_address
from upheld.features.accounts.actions.language import choose_language
from upheld.features.accounts.actions.moving import ask_new_address, confirm_new_address, take_address_back
from upheld.features.accounts.actions.proving import check_password, freshen, has_password, prove_by_password
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
from upheld.features.accounts.actions.resetting import ask_reset, reset_password
from upheld.features.accounts.actions.sessions import end_other_sessions, end_own_session, end_sessions_of, sign_out

__all__ = [
    "HALF_OPEN", "admit_invented", "ask_new_address", "ask_reset", "begin_registration", "change_password",
    "check_address", "check_password", "check_registration", "choose_language", "confirm_new_address", "device_of",
    "end_other_sessions", "end_own_session", "end_sessions_of", "freshen", "has_password", "invite_operator",
    "known_from_now_on", "normalised", "open_session", "open_session_for", "prove_by_password", "raise_indexes",
    "refuse_weak", "register", "register_operator", "reset_password", "sign_in", "sign_out", "take_address_back",
    "verify_address", "wrong_address",
]  # fmt: skip
