"""Which tests live in whole worlds: the sandbox, the bot and all programs, in real time."""

WORLDS = (
    "tests/scenarios/",
    "tests/sandbox/test_demo.py",
    "tests/sandbox/drill/test_drill.py",
    "tests/sandbox/monitoring/test_end_to_end.py",
    "tests/project/test_image.py",
)


def is_world(nodeid: str) -> bool:
    """Whether the test of this node id does."""
    return nodeid.startswith(WORLDS)
