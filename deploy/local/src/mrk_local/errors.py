"""The one error of this package: what is wrong, and what to do."""


class LocalError(Exception):
    """A local broker, database or process could not do what was asked.

    Args:
        problem: what is wrong, naming the port, folder or process.
        remedy: what the reader does about it.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}\n  What to do: {remedy}")
        self.problem = problem
        self.remedy = remedy
