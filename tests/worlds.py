"""Which tests live in whole worlds: the sandbox, the bot and all programs, in real time."""

SCENES = (
    "tests/scenarios/",
    "tests/sandbox/monitoring/test_end_to_end.py",
)
"""Their people wait for each step no longer than a person would."""
STORIES = (
    "tests/sandbox/test_demo.py",
    "tests/sandbox/drill/test_drill.py",
    "tests/project/test_image.py",
)
"""Patient ones: they may be told beside a scene."""


def is_world(nodeid: str) -> bool:
    """Whether the test of this node id lives in one."""
    return nodeid.startswith((*SCENES, *STORIES))


def turn_of(nodeid: str) -> str:
    """Those with the same turn are run one after another: two scenes at once starve each other on
    a small machine. Of everything else a file has a turn of its own."""
    if nodeid.startswith(SCENES):
        return "scenes"
    return "stories" if nodeid.startswith(STORIES) else nodeid.partition("::")[0]
