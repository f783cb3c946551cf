"""Where attachments lie, by the settings of whoever reads or writes them."""

from mrk_intake.settings import StoreSettings
from mrk_intake.store.objects import Objects
from mrk_intake.store.sealing import Sealing


def open_store(settings: StoreSettings) -> tuple[Objects, Sealing]:
    """Where attachments lie, and what opens them."""
    return Objects(settings.attachments_url, settings.attachments_s3), settings.sealing()
