"""access.rls, by queries of the catalog that each return what is wrong: `lint_…` in `store.sql`.

The same ones run without a deployment in `make check` (`tools/catalog.py`).
"""

from upheld.features.trust import store
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.probes.catalog import RUNTIME_ROLES
from upheld.features.trust.scene import Scene
from upheld.platform.database import Role

_PRIVILEGE, _COST = "reads the catalog", "a few queries in each of the two databases"
_EACH: tuple[Role, Role] = ("maintenance", "vault")  # one role for each of the two databases

WHOLE_TABLES = (
    "acceptances_are_checked_by_the_context_keeper",
    "account_links_are_read_by_the_credential_keeper",
    "account_links_are_used_up_by_the_credential_keeper",
    "applications_are_counted_by_the_retention_keeper",
    "apps_are_advanced_by_the_credential_keeper",
    "apps_are_read_by_the_credential_keeper",
    "apps_are_removed_by_the_credential_keeper",
    "context_keys_are_made_by_their_keeper",
    "context_keys_are_read_by_their_keeper",
    "counters_are_raised_by_their_keeper",
    "counters_are_read_by_their_keeper",
    "counts_are_begun_by_their_keeper",
    "counts_are_found_by_their_keeper",
    "counts_are_kept_by_their_keeper",
    "entries_are_appended_by_the_audit_writer",
    "entries_are_seen_by_the_auditor",
    "erasures_are_followed_by_the_eraser",
    "files_of_applications_are_known",
    "files_of_documents_are_known",
    "first_consents_are_recorded_at_the_gate",
    "founders_are_looked_up_by_the_membership_keeper",
    "hashes_are_read_by_the_credential_keeper",
    "hashes_are_replaced_by_the_credential_keeper",
    "hashes_are_set_by_the_credential_keeper",
    "hashes_that_nobody_proved_are_wiped_by_the_credential_keeper",
    "identities_are_known_to_the_credential_keeper",
    "identities_are_linked_by_the_credential_keeper",
    "identities_are_unlinked_by_the_credential_keeper",
    "identities_are_used_by_the_credential_keeper",
    "indexes_of_addresses_are_raised",
    "indexes_of_identities_are_raised",
    "indexes_of_identities_are_read_to_be_raised",
    "indexes_of_invited_addresses_are_raised",
    "invitations_are_known_to_the_retention_keeper",
    "invitations_are_looked_up_by_the_membership_keeper",
    "keys_are_destroyed_by_the_vault",
    "keys_are_made_by_the_vault",
    "keys_are_read_by_the_vault",
    "keys_are_rewrapped_by_the_vault",
    "links_are_known_to_the_retention_keeper",
    "memberships_are_checked_by_the_context_keeper",
    "memberships_are_looked_up_at_sign_in",
    "memberships_are_looked_up_by_the_membership_keeper",
    "messages_are_queued_by_the_queue_writer",
    "names_of_organisations_are_known_to_the_credential_keeper",
    "names_of_organisations_are_looked_up_by_the_context_keeper",
    "notices_are_published_by_maintenance",
    "notices_are_read_by_maintenance",
    "old_context_keys_are_dropped_by_their_keeper",
    "operators_are_found_to_be_told",
    "operators_are_made_by_the_credential_keeper",
    "organisations_are_founded_by_the_membership_keeper",
    "organisations_are_looked_up_by_the_membership_keeper",
    "passkeys_are_counted_on_by_the_credential_keeper",
    "passkeys_are_read_by_the_credential_keeper",
    "passkeys_are_removed_by_the_credential_keeper",
    "people_are_added_by_the_credential_keeper",
    "people_are_known_to_the_credential_keeper",
    "people_who_are_still_here_are_known",
    "published_notices_are_seen_by_everyone",
    "recovery_codes_are_looked_up_by_the_credential_keeper",
    "recovery_codes_are_replaced_by_the_credential_keeper",
    "roles_are_looked_up_by_the_context_keeper",
    "roles_are_looked_up_by_the_membership_keeper",
    "runs_are_followed_by_maintenance",
    "runs_are_seen_by_everyone",
    "the_head_is_moved_on_by_the_vault",
    "the_head_is_read_by_the_vault",
    "the_head_is_started_by_the_vault",
    "tokens_are_known_to_the_credential_keeper",
    "what_roles_may_read_is_known_to_the_queue_writer",
    "who_reads_applications_is_known_to_the_queue_writer",
)
"""Policies that hold for every row of their table; why, stands in `database/CONVENTIONS.md`."""


async def found(scene: Scene, name: str, *known: list[str]) -> list[str]:
    """Return what one query finds in the data and in the keyring."""
    faults: list[str] = []
    for role in _EACH:
        async with scene.platform.database.transaction(role) as tx:
            faults += await store.lint(tx, name, *known)
    return sorted(set(faults))


@probe(privilege=_PRIVILEGE, cost=_COST)
async def grants(scene: Scene) -> Finding:
    """Look for rights of everyone, rights no role needs, and ciphertext that can be selected."""
    return judged(
        [
            *await found(scene, "lint_public_grants"),
            *await found(scene, "lint_strong_grants"),
            *await found(scene, "lint_ciphertext_grants", list(RUNTIME_ROLES)),
        ]
    )


@probe(privilege=_PRIVILEGE, cost=_COST)
async def narrow(scene: Scene) -> Finding:
    """Look for grants without a policy, policies that add up, and policies that say nothing."""
    return judged(
        [
            *await found(scene, "lint_granted_without_policy"),
            *await found(scene, "lint_crowded_policies"),
            *await found(scene, "lint_vacuous_policies", list(WHOLE_TABLES)),
        ],
        whole_tables=len(WHOLE_TABLES),
    )


@probe(privilege=_PRIVILEGE, cost=_COST)
async def references(scene: Scene) -> Finding:
    """Look for references and unique keys through which one tenant could learn of another."""
    return judged([*await found(scene, "lint_tenantless_references"), *await found(scene, "lint_unique_oracles")])


@probe(privilege=_PRIVILEGE, cost=_COST)
async def outlets(scene: Scene) -> Finding:
    """Look for what leads past row security or out of the database."""
    return judged(await found(scene, "lint_outlets", list(RUNTIME_ROLES)))


@probe(privilege=_PRIVILEGE, cost=_COST)
async def columns(scene: Scene) -> Finding:
    """Look for columns that nobody classified, and for ciphertext of which the server keeps samples."""
    return judged([*await found(scene, "lint_sampled_columns"), *await found(scene, "lint_unclassified_columns")])
