"""What factors can do: a module for asking passkeys, for signing in with a factor, and for changing factors."""

from upheld.features.factors.actions.asking import (
    ask_to_prove,
    ask_to_sign_in,
    ask_waiting,
    prove_with_passkey,
)
from upheld.features.factors.actions.changing import (
    add_passkey,
    ask_to_register,
    begin_app,
    confirm_app,
    pending_app,
    remake_codes,
    remove_app,
    remove_passkey,
)
from upheld.features.factors.actions.entering import (
    show_code,
    show_passkey,
    show_recovery_code,
    sign_in_with_passkey,
    waiting_sign_in,
)

__all__ = [
    "add_passkey", "ask_to_prove", "ask_to_register", "ask_to_sign_in",
    "ask_waiting", "begin_app", "confirm_app", "pending_app", "prove_with_passkey", "remake_codes", "remove_app",
    "remove_passkey", "show_code", "show_passkey", "show_recovery_code", "sign_in_with_passkey",
    "waiting_sign_in",
]  # fmt: skip
