"""Everything that routing consumes."""

from mrk_city import CityPack
from mrk_delivery.clock import Clock
from mrk_delivery.subscription import Subscription
from mrk_routing.consumers.commands import Commands
from mrk_routing.consumers.mirrors import Mirrors
from mrk_routing.consumers.reports import Reports
from mrk_routing.domain.assign import Rules


def subscriptions(pack: CityPack, clock: Clock) -> tuple[Subscription, ...]:
    """Every group, for the consumer role and for redriving."""
    rules = Rules(pack)
    return (
        Reports(rules, clock).subscription(),
        Mirrors(rules, clock).subscription(),
        Commands(pack.agencies, rules.dues, clock).subscription(),
    )
