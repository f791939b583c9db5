"""A job in the vocabulary of schema.org, for search engines (`JobPosting`)."""

import datetime as dt

from upheld.features.jobs.model import Employment, Job
from upheld.features.jobs.wording import country
from upheld.features.organisations.model import Organisation
from upheld.platform.web.pages import notice_html

_EMPLOYMENT = {
    Employment.FULL_TIME: "FULL_TIME",
    Employment.PART_TIME: "PART_TIME",
    Employment.CONTRACT: "CONTRACTOR",
    Employment.TEMPORARY: "TEMPORARY",
    Employment.INTERNSHIP: "INTERN",
}


def job_posting(job: Job, organisation: Organisation, address: str) -> dict[str, object]:
    """Return an open job as a JobPosting.

    Args:
        job: the job.
        organisation: whose it is.
        address: where its page is.
    """
    posting: dict[str, object] = {
        "@context": "https://schema.org/",
        "@type": "JobPosting",
        "title": job.title,
        "description": str(notice_html(job.description)),
        "identifier": {"@type": "PropertyValue", "name": organisation.name, "value": str(job.id)},
        "hiringOrganization": _organisation(organisation),
        "employmentType": _EMPLOYMENT[job.employment_type],
        "url": address,
        "directApply": True,
        **_where(job),
    }
    if job.posted_at is not None:
        posting["datePosted"] = job.posted_at.astimezone(dt.UTC).date().isoformat()
    if job.closes_on is not None:
        posting["validThrough"] = f"{job.closes_on.isoformat()}T23:59:59Z"
    if job.salary_currency is not None:
        posting["baseSalary"] = _salary(job)
    return posting


def _organisation(organisation: Organisation) -> dict[str, str]:
    found = {"@type": "Organization", "name": organisation.name}
    return found | {"sameAs": organisation.website} if organisation.website else found


def _where(job: Job) -> dict[str, object]:
    if job.is_remote:
        return {
            "jobLocationType": "TELECOMMUTE",
            "applicantLocationRequirements": {"@type": "Country", "name": country("en", job.country)},
        }
    address = {"@type": "PostalAddress", "addressLocality": job.location, "addressCountry": job.country}
    return {"jobLocation": {"@type": "Place", "address": address}}


def _salary(job: Job) -> dict[str, object]:
    value: dict[str, object] = {"@type": "QuantitativeValue", "unitText": "YEAR"}
    if job.salary_from == job.salary_to:
        value["value"] = job.salary_from
    else:
        value |= {"minValue": job.salary_from, "maxValue": job.salary_to}
    return {"@type": "MonetaryAmount", "currency": job.salary_currency, "value": value}
