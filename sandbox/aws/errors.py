"""How the simulated ECS says no."""


class Refused(Exception):
    """An API error with the code and the words AWS uses for it."""

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
