"""Asking for the password once more, before something that cannot be undone or that takes everything."""

from upheld.features.accounts.actions import prove_again
from upheld.features.accounts.errors import ProofNeededError
from upheld.kit.errors import InvalidError
from upheld.platform.i18n import mark
from upheld.platform.web.forms import Form
from upheld.platform.web.visits import OpenVisit


async def prove(visit: OpenVisit, form: Form) -> None:
    """Check the password that came with a form.

    Raises:
        InvalidError: it is missing, or not theirs.
        TooSoonError: too many tries.
    """
    assert visit.who is not None  # noqa: S101 - these routes are private
    password = form.values.get("password", "")
    if not password:
        raise InvalidError({"password": mark("Enter your password, to show that it is you.")})
    try:
        await prove_again(visit.acting(), visit.who.session_id, password)
    except ProofNeededError:
        raise InvalidError({"password": mark("This is not your password. Capitals matter.")}) from None
