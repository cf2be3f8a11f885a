"""How the tests are handed out to several workers."""

from xdist.scheduler import LoadScopeScheduling

from tests.worlds import is_world


class OneWorldAtATime(LoadScopeScheduling):
    """Whole files, because the steps of one scene stand on each other; and all worlds to one
    worker: two at once starve each other on a small machine.

    xdist's own `loadgroup` does not group with our pytest: it hands out single tests.
    """

    def _split_scope(self, nodeid: str) -> str:
        return "worlds" if is_world(nodeid) else nodeid.partition("::")[0]
