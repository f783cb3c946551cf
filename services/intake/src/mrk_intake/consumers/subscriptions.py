"""Everything that intake consumes."""

from collections.abc import Callable

from mrk_city import CityPack
from mrk_delivery.subscription import Subscription
from mrk_intake.consumers import timeline
from mrk_intake.consumers.imports import Imports
from mrk_intake.domain.erasure import nothing_left
from mrk_intake.domain.keys import Keys
from mrk_intake.settings import TrackingSettings


def subscriptions(
    settings: TrackingSettings, pack: CityPack, left_behind: Callable[[], None] = nothing_left
) -> tuple[Subscription, ...]:
    """The timeline's, and that of imports.

    Args:
        left_behind: told once a follower's contact is destroyed; `OldRows.left_behind`.
    """
    keys = Keys.derive(settings.tracking_master)
    taking = Imports(pack, keys, settings.vault())
    return timeline.subscription(left_behind), taking.subscription()
