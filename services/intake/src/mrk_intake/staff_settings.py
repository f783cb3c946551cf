"""What role `staff` is told: as `web`, with the store of files and a login."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_settings import SettingsConfigDict

from mrk_intake.settings import StoreSettings, WebSettings
from mrk_intake.vault_settings import PREFIX, without_slash
from mrk_login.settings import LoginSettings


class StaffSettings(WebSettings, StoreSettings, LoginSettings):
    """Role `staff`: pages for people of the city, behind the city's own login.

    Attributes:
        staff_url: base address of these pages, as staff's browsers see it; the provider sends
            people back to `/masuk/kembali` under it.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX)

    staff_url: Annotated[str, AfterValidator(without_slash)] = Field(
        pattern="^https?://[^/?#]+/?$",
        description="base address of the pages for staff, with https://; logins come back there",
    )

    @model_validator(mode="after")
    def _https(self) -> Self:
        if self.environment == "production" and not (
            self.staff_url.startswith("https://") and self.oidc_issuer.startswith("https://")
        ):
            raise ValueError("STAFF_URL and OIDC_ISSUER must begin with https:// in production")
        return self
