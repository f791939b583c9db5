"""The one list of slices: what is mounted, in the order of the ladder."""

from typing import Any

from upheld.features.accounts import pages as accounts
from upheld.features.activity import api as activity_api
from upheld.features.activity import pages as activity
from upheld.features.applications import api as applications_api
from upheld.features.applications import pages as applications
from upheld.features.candidates import api as candidates_api
from upheld.features.candidates import pages as candidates
from upheld.features.consents import pages as consents
from upheld.features.factors import pages as factors
from upheld.features.jobs import api as jobs_api
from upheld.features.jobs import pages as jobs
from upheld.features.organisations import pages as organisations
from upheld.features.privacy import pages as privacy
from upheld.features.providers import pages as providers
from upheld.features.tokens import api as tokens_api
from upheld.features.tokens import pages as tokens
from upheld.features.trust import pages as trust
from upheld.platform.openid.configuration import configured
from upheld.platform.settings import Settings
from upheld.platform.web.design_page import design_page
from upheld.platform.web.openapi import described
from upheld.platform.web.outbox_page import outbox_page
from upheld.platform.web.static import static_file


def route_handlers(settings: Settings) -> list[Any]:
    """Return every route of the application; the demo has one more.

    Raises:
        SettingsError: the providers that pages offer are not configured as they have to be.
    """
    configured(settings)
    routes: list[Any] = [
        static_file,
        design_page,
        *accounts.handlers,
        *tokens.handlers,
        *tokens_api.handlers,
        *providers.handlers,
        *factors.handlers,
        *organisations.handlers,
        *candidates.handlers,
        *jobs.handlers,
        *jobs_api.handlers,
        *candidates_api.handlers,
        *applications.handlers,
        *applications_api.handlers,
        *activity.handlers,
        *activity_api.handlers,
        *consents.handlers,
        *privacy.handlers,
        *trust.handlers,
    ]
    routes.append(described(routes))
    return [*routes, outbox_page] if settings.demo else routes
