"""`python -m mrk_simulators lapor|mail|login|transit …`: start one simulator in this process."""

import argparse
import sys
from pathlib import Path

from mrk_simulators.process import Address, ExitCode, StartupError, configure_logging


def _address(text: str) -> Address:
    try:
        return Address.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mrk_simulators", description=__doc__)
    commands = parser.add_subparsers(dest="simulator", required=True)

    lapor = commands.add_parser("lapor", help="SP4N-LAPOR!, both dialects")
    lapor.add_argument("--listen", type=_address, required=True, metavar="HOST:PORT")
    lapor.add_argument("--store", type=Path, required=True, metavar="FILE")
    lapor.add_argument("--token-file", type=Path, metavar="FILE", help="credentials to demand")
    lapor.add_argument("--reference", type=Path, metavar="FILE", help="YAML or JSON")
    lapor.add_argument("--lookup", choices=("on", "off"), default="on")
    lapor.add_argument("--listing", choices=("on", "off"), default="on")

    mail = commands.add_parser("mail", help="an SMTP server that keeps every message")
    mail.add_argument("--smtp", type=_address, required=True, metavar="HOST:PORT")
    mail.add_argument("--listen", type=_address, required=True, metavar="HOST:PORT")
    mail.add_argument("--store", type=Path, required=True, metavar="FILE")
    mail.add_argument("--auth-file", type=Path, metavar="FILE", help="USER:PASSWORD to demand")
    mail.add_argument("--tls-certificate", type=Path, metavar="FILE", help="offers STARTTLS")
    mail.add_argument("--tls-key", type=Path, metavar="FILE")

    login = commands.add_parser("login", help="an OpenID Connect provider for development")
    login.add_argument("--listen", type=_address, required=True, metavar="HOST:PORT")
    login.add_argument("--store", type=Path, required=True, metavar="FILE")
    login.add_argument("--issuer", required=True, metavar="URL", help="as browsers reach it")
    login.add_argument("--client-id", required=True, metavar="ID")
    login.add_argument("--client-secret-file", type=Path, required=True, metavar="FILE")
    login.add_argument("--redirect", action="append", required=True, metavar="URL")
    login.add_argument("--goodbye", action="append", default=[], metavar="URL")
    login.add_argument("--algorithm", choices=("RS256", "ES256"), default="RS256")
    login.add_argument(
        "--environment", choices=("production", "staging", "local", "test"), required=True
    )
    transit = commands.add_parser("transit", help="Vault's and OpenBao's engine transit")
    transit.add_argument("--listen", type=_address, required=True, metavar="HOST:PORT")
    transit.add_argument("--token-file", type=Path, required=True, metavar="FILE")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run the simulator that the command line names; returns the process's exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    configure_logging(options.simulator)
    try:
        # Imported late: each simulator loads only what it needs.
        if options.simulator == "lapor":
            from mrk_simulators.lapor.run import run_lapor  # noqa: PLC0415  # light start

            run_lapor(options)
        elif options.simulator == "login":
            from mrk_simulators.login.run import run_login  # noqa: PLC0415  # light start

            run_login(options)
        elif options.simulator == "transit":
            from mrk_simulators.transit import run_transit  # noqa: PLC0415  # light start

            run_transit(options)
        else:
            if (options.tls_certificate is None) != (options.tls_key is None):
                parser.error("--tls-certificate and --tls-key belong together")
            from mrk_simulators.mail.run import run_mail  # noqa: PLC0415  # light start

            run_mail(options)
    except StartupError as error:
        sys.stderr.write(f"mrk_simulators {options.simulator}: {error}\n")
        return error.code
    return ExitCode.STOPPED


if __name__ == "__main__":
    sys.exit(main())
