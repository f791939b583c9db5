"""What can go wrong around organisations."""

from upheld.kit.errors import ConflictError, NotFoundError, RefusedError


class FairUseNeededError(RefusedError):
    """Read and accept the fair-use policy first. Then you can see who applied."""

    code = "fair-use-needed"


class NotPermittedError(RefusedError):
    """Your role in this organisation does not include this. Somebody who gives roles there can change that."""

    code = "not-permitted"


class BeyondReachError(RefusedError):
    """You can give, change and take away only what you may do yourself; and owners answer to owners alone."""

    code = "beyond-reach"


class AlreadyMemberError(ConflictError):
    """You belong to an organisation of this name already. Give the new one another name."""

    code = "already-member"


class LastOwnerError(ConflictError):
    """An organisation keeps an owner. Ask a colleague to become one first; when they have accepted, try again."""

    code = "last-owner"


class AlreadyColleagueError(ConflictError):
    """Somebody with this address is a member already. You can change their role on the page of members."""

    code = "already-colleague"


class AlreadyInvitedError(ConflictError):
    """This address has an invitation already. Send that one again, or take it back first."""

    code = "already-invited"


class InvitationOverError(NotFoundError):
    """This invitation is not valid any more. Ask whoever invited you for a new one."""

    code = "invitation-over"


class OtherAddressError(RefusedError):
    """This invitation went to another address. Sign in with the account of that address to accept it."""

    code = "other-address"


class BelongsAlreadyError(ConflictError):
    """You belong to this organisation already, and keep the role you have there."""

    code = "belongs-already"


class OwnFactorFirstError(ConflictError):
    """Add a passkey or an app for codes to your own account first. Otherwise you would keep yourself out."""

    code = "own-factor-first"


class RoleInUseError(ConflictError):
    """Somebody has this role still. Give them another one first."""

    code = "role-in-use"


class RoleNameTakenError(ConflictError):
    """There is a role of this name already. Choose another name."""

    code = "role-name-taken"
