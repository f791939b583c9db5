"""The pages of organisations: a module for each room."""

from upheld.features.organisations.pages import founding, invited, inviting, members, roles, strong

handlers = [
    *founding.handlers, *members.handlers, *roles.handlers, *inviting.handlers, *invited.handlers,
    *strong.handlers,
]  # fmt: skip
