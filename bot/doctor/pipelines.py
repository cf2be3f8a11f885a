"""Pipelines: whether the keys that their tokens are proved by can be had."""

from collections.abc import Iterator
from functools import partial

from bot.catalog import Catalog, Pipelines
from bot.doctor.look import Look
from bot.settings import Settings
from integrations.oidc.client import OidcClient


def looks(catalog: Catalog, settings: Settings) -> Iterator[Look]:
    """Nothing where none is let in."""
    if catalog.pipelines is not None:
        yield Look(
            "pipelines",
            partial(_keys, settings.pipeline_issuer_url, catalog.pipelines),
            "PIPELINE_ISSUER_URL",
        )


async def _keys(issuer_url: str, pipelines: Pipelines) -> str:
    oidc = OidcClient(issuer_url, pipelines.audience)
    try:
        count = await oidc.count_keys()
    finally:
        await oidc.aclose()
    keys = f"{count} key{'' if count == 1 else 's'}"
    return f"their issuer gives {keys}; tokens must be made for {pipelines.audience}"
