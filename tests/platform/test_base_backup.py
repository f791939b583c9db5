"""A physical copy of the whole cluster, as a standby or a base backup has it: wrapped keys and ciphertext only."""

import asyncio
import os
import subprocess
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.support.catalog import connected
from tests.support.cluster import Cluster, running_cluster
from tests.support.deployment import deployed
from tests.support.hiring import PROFILE, applied, pdf
from tests.support.leaving import person_of
from tests.support.traces import find_traces, spellings
from upheld.platform.backup.programs import program
from upheld.platform.vault import PLATFORM, PLATFORM_CLASSES, KeyRef

pytestmark = pytest.mark.anyio


@pytest.fixture
def copied(tmp_path: Path) -> Generator[Cluster]:
    """Run a cluster of its own that may be copied while it runs."""
    tmp_path.chmod(0o711)
    with running_cluster(tmp_path / "cluster") as cluster:
        asyncio.run(allow_standbys(cluster))
        yield cluster


async def test_a_base_backup_of_data_and_keyring_holds_no_word_and_no_key(copied: Cluster, tmp_path: Path) -> None:
    async with deployed(copied) as deployment, applied(deployment, ("resume.pdf", pdf("Ada Okafor"))) as sent:
        person = await person_of(deployment, sent.candidate)
        vault = deployment.platform.vault
        keys = [(await vault.key(KeyRef(person, PLATFORM, name))).key for name in PLATFORM_CLASSES]
        async with connected(copied, deployment.settings.database) as admin:
            pads = [row["inner_pad"] for row in await admin.fetch("select inner_pad from sealed.context_keys")]
    await asyncio.to_thread(copy, copied, tmp_path / "copy")
    words = {spelt for text in (PROFILE.summary, PROFILE.phone) for spelt in spellings(str(text))}
    secret = {form for key in [*keys, *pads] for form in (key, key.hex().encode())}
    assert find_traces(tmp_path / "copy", [b"register_head"]), "the keyring is not in the copy"
    assert pads
    assert find_traces(tmp_path / "copy", words | secret) == {}


async def allow_standbys(cluster: Cluster) -> None:
    """Let the cluster be copied while it runs, which the embedded one does not allow by itself."""
    async with connected(cluster, "postgres") as admin:
        for setting in ("wal_level = replica", "max_wal_senders = 4"):
            await admin.execute(f"alter system set {setting}")
    with (cluster.server.data / "pg_hba.conf").open("a") as file:
        file.write("local replication postgres scram-sha-256\n")
    cluster.server.stop()
    cluster.server.start()


def copy(cluster: Cluster, target: Path) -> None:
    """Take a base backup with its write-ahead log, as a standby begins."""
    subprocess.run(  # noqa: S603 - PostgreSQL's own program
        [
            str(program("pg_basebackup")), f"--pgdata={target}", f"--host={cluster.server.sockets}",
            "--username=postgres", "--wal-method=stream", "--checkpoint=fast",
        ],
        env={**os.environ, "PGPASSWORD": cluster.server.password}, check=True, capture_output=True,
    )  # fmt: skip
