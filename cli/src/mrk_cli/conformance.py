"""`mrk conformance`: plays one side of an agency's topics."""

import os
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from mrk_local.errors import LocalError


def conformance(  # noqa: PLR0913, PLR0917  # its options
    agency: Annotated[str, typer.Option("--agency", help="the agency's code, such as sdabmbk")],
    bootstrap: Annotated[
        str | None,
        typer.Option("--bootstrap", help="host:port of the broker; without it, one of its own"),
    ] = None,
    port: Annotated[int, typer.Option("--port", help="of the broker of its own")] = 9092,
    plays: Annotated[
        Literal["routing", "agency"],
        typer.Option("--as", help="whom it plays: routing, against an agency's system; or agency"),
    ] = "routing",
    case: Annotated[
        str | None,
        typer.Option("--case", help="--as agency: a case handed over to it, not accepted yet"),
    ] = None,
    patience: Annotated[
        float, typer.Option("--patience", min=1, help="how long an answer may take, seconds")
    ] = 30,
    city: Annotated[Path | None, typer.Option("--city", help="another city pack")] = None,
    security: Annotated[
        Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"],
        typer.Option("--security", help="how the broker is spoken to"),
    ] = "PLAINTEXT",
    username: Annotated[
        str | None,
        typer.Option("--username", help="with SASL; its password is in MRK_CONFORMANCE_PASSWORD"),
    ] = None,
    ca_file: Annotated[Path | None, typer.Option("--ca-file", help="PEM of authorities")] = None,
    *,
    i_know: Annotated[
        bool, typer.Option("--i-know", help="the broker is not local, and not production")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
) -> None:
    """Play routing against an agency's system, or an agency against routing; say what is wrong.

    It writes made-up cases (or commands) to the agency's topic; never run it against production.
    Ends with 0 where no rule failed, 2 where one did.
    """
    from mrk_cli.city import default_pack  # noqa: PLC0415  # lazily
    from mrk_conformance.command import Options, run  # noqa: PLC0415  # lazily
    from mrk_schemas.ids import AgencyCode  # noqa: PLC0415  # lazily

    options = Options(
        agency=AgencyCode(agency),
        city=city or default_pack(),
        plays=plays,
        bootstrap=bootstrap,
        port=port,
        complaint=case,
        patience=patience,
        known_to_write=i_know,
        as_json=as_json,
        kafka=_security(security, username, ca_file),
    )
    raise typer.Exit(run(options))


def _security(security: str, username: str | None, ca_file: Path | None) -> dict[str, Any]:
    """What aiokafka needs besides the address.

    Raises:
        LocalError: SASL without a name or a password, or a file of authorities that isn't there.
    """
    import ssl  # noqa: PLC0415  # lazily

    options: dict[str, Any] = {"security_protocol": security}
    if security.endswith("SSL"):
        try:
            options["ssl_context"] = ssl.create_default_context(cafile=ca_file)
        except OSError as error:
            raise LocalError(f"{ca_file} cannot be read: {error}", "give a PEM file") from error
    if security.startswith("SASL"):
        password = os.environ.get("MRK_CONFORMANCE_PASSWORD")
        if not username or not password:
            raise LocalError(
                f"{security} needs a name and a password",
                "give --username, and the password in MRK_CONFORMANCE_PASSWORD",
            )
        options |= {
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": username,
            "sasl_plain_password": password,
        }
    return options
