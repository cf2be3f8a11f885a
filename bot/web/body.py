"""Bodies in: as they came, and none larger than it may be."""

from aiohttp import web

CHUNK_BYTES = 64 * 1024


class TooLarge(Exception):
    """There is more of it than is read; the text says how much may be, and what to do."""


async def body_of(request: web.Request, *, most_bytes: int, advice: str) -> bytes:
    """The body as it came.

    Raises:
        TooLarge: as soon as it is known to be; `advice` is what its text ends with.
    """
    too_large = TooLarge(f"More than {most_bytes} bytes. {advice}")
    if (request.content_length or 0) > most_bytes:
        raise too_large
    body = bytearray()
    async for chunk in request.content.iter_chunked(CHUNK_BYTES):
        body += chunk
        if len(body) > most_bytes:
            raise too_large
    return bytes(body)
