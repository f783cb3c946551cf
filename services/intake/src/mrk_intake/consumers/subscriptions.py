"""Everything that intake consumes."""

from mrk_city import CityPack
from mrk_delivery.subscription import Subscription
from mrk_intake.consumers import timeline
from mrk_intake.consumers.imports import Imports
from mrk_intake.domain.keys import Keys
from mrk_intake.settings import TrackingSettings


def subscriptions(settings: TrackingSettings, pack: CityPack) -> tuple[Subscription, ...]:
    """The timeline's, and that of imports."""
    keys = Keys.derive(settings.tracking_master)
    taking = Imports(pack, keys, settings.vault())
    return timeline.subscription(), taking.subscription()
