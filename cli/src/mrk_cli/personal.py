"""Commands about personal data and residents' words: all of them are intake's."""

import typer

from mrk_cli.inside import FORWARDED, LOCAL, Data, inside

personal = typer.Typer()
privacy = typer.Typer(
    help="What the law asks of whoever keeps personal data.", no_args_is_help=True
)
vault = typer.Typer(help="The master keys of reporters' data.", no_args_is_help=True)
personal.add_typer(vault, name="vault")
personal.add_typer(privacy, name="privacy")


@personal.command()
def erase(tracking_number: str, data: Data = LOCAL) -> None:
    """Erase a report's personal data in all services, for ever."""
    raise inside(data, "intake", "erase", tracking_number)


@personal.command(context_settings=FORWARDED)
def retention(context: typer.Context, data: Data = LOCAL) -> None:
    """What the city no longer keeps, by class: [--erase] [--json]."""
    raise inside(data, "intake", "retention", *context.args)


@vault.command("status", context_settings=FORWARDED)
def vault_status(context: typer.Context, data: Data = LOCAL) -> None:
    """How many rows each master key has: [--json]."""
    raise inside(data, "intake", "vault", "status", *context.args)


@vault.command("rotate")
def vault_rotate(data: Data = LOCAL) -> None:
    """Bring the vault under the newest master key."""
    raise inside(data, "intake", "vault", "rotate")


@vault.command("new-key", context_settings=FORWARDED)
def vault_new_key(context: typer.Context, data: Data = LOCAL) -> None:
    """Print a new master key, wrapped by the key management service: [--of-this]."""
    raise inside(data, "intake", "vault", "new-key", *context.args)


@privacy.command("restrict", context_settings=FORWARDED)
def privacy_restrict(context: typer.Context, tracking_number: str, data: Data = LOCAL) -> None:
    """Restrict the processing of a report: NUMBER --purpose WHY [--lift]."""
    raise inside(data, "intake", "privacy", "restrict", tracking_number, *context.args)


@privacy.command("affected", context_settings=FORWARDED)
def privacy_affected(context: typer.Context, data: Data = LOCAL) -> None:
    """Whom a breach concerns: --since T --until T --purpose WHY [--table T] [--contacts]."""
    raise inside(data, "intake", "privacy", "affected", *context.args)


@personal.command(context_settings=FORWARDED)
def held(context: typer.Context, data: Data = LOCAL) -> None:
    """Texts that wait for a look: list, show NUMBER, release or hide NUMBER --who W --why Y."""
    raise inside(data, "intake", "held", *context.args)
