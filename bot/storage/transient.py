"""Which failures of our own database may pass when the same work is done again."""

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout


def is_transient(problem: BaseException) -> bool:
    """Whether the database was busy or away, rather than the statement wrong."""
    if isinstance(problem, OperationalError | InterfaceError | PoolTimeout):
        return True
    return isinstance(problem, DBAPIError) and problem.connection_invalidated
