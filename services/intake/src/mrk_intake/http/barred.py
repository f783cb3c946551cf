"""What keeps somebody from acting on a report, as it is answered."""

from typing import Final, assert_never

from mrk_intake.http.status import GONE, MISREAD
from mrk_intake.store.actions import Gone, NotFound, NotProven
from mrk_web.language import Text
from mrk_web.problems import NOT_FOUND, Problem, ProblemError

SECRET_NEEDED: Final = Problem(
    403, "secret-needed",
    Text("Hanya pelapor yang bisa melakukan ini", "Only the reporter can do this"),
    Text("Sertakan kode rahasia laporan pada tajuk X-Tracking-Secret.",
         "Send the report's secret in the header X-Tracking-Secret."),
)  # fmt: skip


def barred(outcome: NotFound | NotProven | Gone) -> ProblemError:
    """404 for no such report, 403 without its secret, 410 once it is erased."""
    match outcome:
        case NotFound(misread):
            return ProblemError(NOT_FOUND, detail=MISREAD if misread else None)
        case NotProven():
            return ProblemError(SECRET_NEEDED)
        case Gone():
            return ProblemError(GONE)
        case _:
            assert_never(outcome)
