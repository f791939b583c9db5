"""What can go wrong around organisations."""

from upheld.kit.errors import ConflictError, RefusedError


class FairUseNeededError(RefusedError):
    """Read and accept the fair-use policy first. Then you can see who applied."""

    code = "fair-use-needed"


class OwnersOnlyError(RefusedError):
    """Only an owner of the organisation can change this. Ask one of them."""

    code = "owners-only"


class AlreadyMemberError(ConflictError):
    """You already act for an organisation. Use another account for another one."""

    code = "already-member"
