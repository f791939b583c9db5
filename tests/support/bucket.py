"""An S3-compatible service on this machine, asked with real requests: moto's server."""

import logging
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import boto3  # pyright: ignore[reportMissingTypeStubs] - there are none
from moto.server import ThreadedMotoServer

from tests.support.cluster import Cluster
from upheld.platform.stores import SECRET

_NUMBERS = count(1)


@dataclass(frozen=True)
class BucketService:
    """A running service, and a client of its own to look into it from the other side."""

    endpoint: str
    client: Any

    def new_bucket(self) -> str:
        """Make a bucket as a careful operator would: private."""
        name = f"upheld-{next(_NUMBERS)}"
        self.client.create_bucket(Bucket=name)
        return name

    def admit(self, cluster: Cluster) -> None:
        """Write down for the deployments of a cluster where the service is and how to sign in to it."""
        lines = ("AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_REGION=us-east-1")
        secret = cluster.folder / "secrets" / SECRET
        secret.write_text("\n".join((*lines, f"AWS_ENDPOINT_URL={self.endpoint}", "")))
        secret.chmod(0o600)

    def unfinished(self, bucket: str) -> list[Any]:
        """Return uploads that were begun and neither finished nor given up."""
        return self.client.list_multipart_uploads(Bucket=bucket).get("Uploads", [])


@contextmanager
def running_bucket_service() -> Generator[BucketService]:
    """Run the service for as long as the block lasts."""
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        client: Any = boto3.client(  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - as above
            "s3",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        yield BucketService(endpoint, client)
    finally:
        server.stop()
