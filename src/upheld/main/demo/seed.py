"""Seeding the demo through the product's own actions, each person under a session of their own."""

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from random import Random
from uuid import UUID

from upheld.features.accounts.actions import admit_invented, open_session_for
from upheld.features.applications.actions import decide_application, move_application, submit_application
from upheld.features.applications.queries import list_applications, open_application
from upheld.features.candidates.actions import add_document, save_profile
from upheld.features.candidates.model import ProfileText
from upheld.features.consents.model import Kind
from upheld.features.consents.queries import notice_in_force
from upheld.features.jobs.actions import post_job
from upheld.features.organisations.actions import accept_fair_use, found_organisation
from upheld.main.demo.cast import EMPLOYERS, Employer, Extra, Opening, extras
from upheld.main.demo.resumes import resume_of
from upheld.platform.acting import Acting
from upheld.platform.database import Query
from upheld.platform.services import Platform
from upheld.platform.web.forms import Upload
from upheld.platform.web.visits import open_context

CANDIDATES = 40
CANDIDATE_SIGN_IN = "asha.demo@mail.example"

Progress = Callable[[int, int], None]
SignIns = dict[str, tuple[str, str]]
"""Sign-ins by role: address and password."""
