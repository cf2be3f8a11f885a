"""How the tests are handed out to several workers."""

from xdist.scheduler import LoadScopeScheduling

from tests.worlds import turn_of


class OneSceneAtATime(LoadScopeScheduling):
    """Whole files, because the steps of one scene stand on each other; all scenes to one worker,
    and all stories to one.

    xdist's own `loadgroup` does not group with our pytest: it hands out single tests.
    """

    def _split_scope(self, nodeid: str) -> str:
        return turn_of(nodeid)
