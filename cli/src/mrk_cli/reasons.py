"""Which of several errors to show."""

from mrk_local.errors import LocalError


def first_reason(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The one error to show of several that happened together: one with a mend, if any has."""
    leaves: list[BaseException] = []
    waiting: list[BaseException] = [group]
    while waiting:
        each = waiting.pop(0)
        if isinstance(each, BaseExceptionGroup):
            waiting.extend(each.exceptions)
        else:
            leaves.append(each)
    return next((leaf for leaf in leaves if isinstance(leaf, LocalError)), leaves[0])
