"""AWS answered by botocore's Stubber, which checks question and answer against AWS's model."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from botocore.stub import Stubber

from integrations.aws.client import AwsConnection, AwsSession
from integrations.aws.ecs import EcsClient


@pytest.fixture(scope="session")
def session() -> Iterator[AwsSession]:
    """One for all tests: making a client reads AWS's model, which takes longer than a test."""
    connection = AwsConnection(endpoint_url="http://127.0.0.1:9")
    yield connection.session("us-east-1")
    asyncio.run(connection.aclose())


@pytest.fixture
def stub(session: AwsSession) -> Iterator[Stubber]:
    with Stubber(session.client("ecs")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
async def ecs(session: AwsSession) -> AsyncIterator[EcsClient]:
    client = EcsClient(session)
    yield client
    await client.aclose()
