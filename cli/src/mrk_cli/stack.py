"""What a stack consists of, and each part's settings: a table and pure functions over it.

The names of settings are those of the services' own `settings.py`; secrets go as files.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mrk_cli.layout import Layout
from mrk_local.ports import LOOPBACK

LAPOR_SIMULATOR = "lapor"
MAIL_SIMULATOR = "mail"
LOGIN_SIMULATOR = "login"
SIMULATORS = (LAPOR_SIMULATOR, MAIL_SIMULATOR, LOGIN_SIMULATOR)

OIDC_CLIENT = "medan-rumah-kita"
"""Who intake's staff and routing's desk are to the development provider."""


@dataclass(frozen=True)
class ServiceSpec:
    """One deployable.

    Args:
        name: its folder's name ("spanlapor-bridge").
        package: what `python -m` runs.
        prefix: of its settings.
        roles: each its own process; the order is that of `mrk status`.
        without_kafka: roles that never connect to Kafka.
    """

    name: str
    package: str
    prefix: str
    roles: tuple[str, ...]
    without_kafka: frozenset[str]

    @property
    def database(self) -> str:
        """Its database and the role that owns it."""
        return self.package


SERVICES: Mapping[str, ServiceSpec] = {
    spec.name: spec
    for spec in (
        ServiceSpec(
            "intake",
            "mrk_intake",
            "MRK_INTAKE_",
            ("http", "web", "staff", "internal", "relay", "consumer", "worker"),
            frozenset({"http", "web", "staff", "internal", "worker"}),
        ),
        ServiceSpec(
            "routing",
            "mrk_routing",
            "MRK_ROUTING_",
            ("http", "desk", "api", "relay", "consumer", "clock", "worker"),
            frozenset({"http", "desk", "api", "clock", "worker"}),
        ),
        ServiceSpec(
            "spanlapor-bridge",
            "mrk_spanlapor_bridge",
            "MRK_BRIDGE_",
            ("consumer", "worker", "relay"),
            frozenset({"worker"}),
        ),
        ServiceSpec(
            "notify",
            "mrk_notify",
            "MRK_NOTIFY_",
            ("consumer", "worker", "relay"),
            frozenset({"worker"}),
        ),
    )
}

ROLES: tuple[str, ...] = tuple(
    f"{spec.name}.{role}" for spec in SERVICES.values() for role in spec.roles
)

_LATEST = ("intake.web", "intake.worker", "routing.clock", "intake.staff")
_NEWEST = ("routing.desk", "routing.api", "routing.worker")

PARTS: tuple[str, ...] = (
    # What people open comes first, so that --port-base N puts it at N, N+1, ….
    "intake.http",
    "routing.http",
    LAPOR_SIMULATOR,
    MAIL_SIMULATOR,
    "mail.smtp",
    "kafka",
    "kafka.controller",
    "postgres",
    *(role for role in ROLES if role not in {"intake.http", "routing.http", *_LATEST, *_NEWEST}),
    # The latest come last: the ports of the others stay where `--port-base` put them before.
    *_LATEST,
    LOGIN_SIMULATOR,
    *_NEWEST,
)
"""Everything that needs a port, in the order of `--port-base`."""


@dataclass(frozen=True)
class Options:
    """What a person or a test may choose.

    Args:
        city: the city pack's folder.
        clock_movable: whether `mrk clock advance` works.
        otlp_endpoint: where traces go; None sends none.
        extra: further settings, by role ("intake.http"), service ("intake") or "" for all.
        restart: whether a role that dies is started again.
    """

    city: Path
    clock_movable: bool = True
    otlp_endpoint: str | None = None
    extra: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    restart: bool = True


@dataclass(frozen=True)
class Plan:
    """A stack before it runs: where everything lies and listens.

    Args:
        layout: its files.
        ports: a port for each of `PARTS`.
        options: what was chosen.
        inherited: the environment that every process gets, without our own settings.
    """

    layout: Layout
    ports: Mapping[str, int]
    options: Options
    inherited: Mapping[str, str]

    def url(self, part: str) -> str:
        """The base address of a part that speaks HTTP."""
        return f"http://{LOOPBACK}:{self.ports[part]}"

    @property
    def bootstrap(self) -> str:
        """Where Kafka listens."""
        return f"{LOOPBACK}:{self.ports['kafka']}"


def split(role: str) -> tuple[ServiceSpec, str]:
    """The service and the role of "service.role".

    Raises:
        KeyError: there is no such service.
    """
    service, _, name = role.partition(".")
    return SERVICES[service], name


def needs_kafka(role: str) -> bool:
    """Whether this role connects to Kafka."""
    spec, name = split(role)
    return name not in spec.without_kafka


def role_command(role: str) -> list[str]:
    """How one role is run, as in its image."""
    spec, name = split(role)
    return [sys.executable, "-m", spec.package, name]


def role_environment(plan: Plan, role: str) -> dict[str, str]:
    """The whole environment of one role."""
    spec, name = split(role)
    settings = service_settings(plan, spec)
    if not needs_kafka(role):
        del settings[f"{spec.prefix}KAFKA_BOOTSTRAP"]
    settings[f"{spec.prefix}LISTEN"] = f"{LOOPBACK}:{plan.ports[role]}"
    for scope in ("", spec.name, f"{spec.name}.{name}"):
        settings.update(plan.options.extra.get(scope, {}))
    return {**plan.inherited, **settings}


def service_settings(plan: Plan, spec: ServiceSpec) -> dict[str, str]:
    """The settings that all roles of a service share, and those of its `admin` commands.

    `LISTEN` is that of no role: a command listens nowhere.
    """
    common = {
        "ENVIRONMENT": "local",
        "DATABASE_URL_FILE": str(database_url_file(plan.layout, spec)),
        "KAFKA_BOOTSTRAP": plan.bootstrap,
        "LISTEN": f"{LOOPBACK}:0",
        "CLOCK_MOVABLE": str(plan.options.clock_movable).lower(),
    }
    if plan.options.otlp_endpoint is not None:
        common["OTLP_ENDPOINT"] = plan.options.otlp_endpoint
    own = {**common, **_own_settings(plan, spec.name)}
    return {f"{spec.prefix}{name}": value for name, value in own.items()}


def _own_settings(plan: Plan, service: str) -> dict[str, str]:
    secrets, city = plan.layout.secrets, str(plan.options.city)
    match service:
        case "intake":
            return {
                "VAULT_KEY_FILE": str(secrets / "intake_vault_key"),
                "TRACKING_KEY_FILE": str(secrets / "intake_tracking_key"),
                "SERVICE_CREDENTIALS_FILE": str(secrets / "intake_service_credentials"),
                "PUBLIC_URL": plan.url("intake.http"),
                "WEB_URL": plan.url("intake.web"),
                "CITY_PACK": city,
                "STAFF_URL": plan.url("intake.staff"),
                "OIDC_ISSUER": plan.url(LOGIN_SIMULATOR),
                "OIDC_CLIENT_ID": OIDC_CLIENT,
                "OIDC_CLIENT_SECRET_FILE": str(secrets / "intake_oidc_client_secret"),
                "OIDC_ROLES_CLAIM": "roles",
                "SESSION_KEY_FILE": str(secrets / "intake_session_key"),
                "ATTACHMENTS_URL": plan.layout.attachments.as_uri(),
            }
        case "routing":
            return {
                "CITY_PACK": city,
                "DESK_URL": plan.url("routing.desk"),
                "INTERNAL_URL": plan.url("intake.internal"),
                "INTERNAL_TOKEN_FILE": str(secrets / "routing_internal_token"),
                "OIDC_ISSUER": plan.url(LOGIN_SIMULATOR),
                "OIDC_CLIENT_ID": OIDC_CLIENT,
                "OIDC_CLIENT_SECRET_FILE": str(secrets / "intake_oidc_client_secret"),
                "OIDC_ROLES_CLAIM": "roles",
                "SESSION_KEY_FILE": str(secrets / "routing_session_key"),
                "API_URL": plan.url("routing.api"),
                "TOKEN_KEY_FILE": str(secrets / "routing_token_key"),
                "WEBHOOK_KEY_FILE": str(secrets / "routing_webhook_key"),
                "WEBHOOK_PRIVATE_NETWORKS": f"{LOOPBACK}/32",
            }
        case "spanlapor-bridge":
            return {
                "CITY_PACK": city,
                "INTERNAL_URL": plan.url("intake.internal"),
                "INTERNAL_TOKEN_FILE": str(secrets / "bridge_internal_token"),
                "LAPOR_URL": plan.url(LAPOR_SIMULATOR),
                "LAPOR_AUTH_FILE": str(secrets / "lapor_auth"),
                "LAPOR_TOKEN_FILE": str(secrets / "lapor_token"),
                "LAPOR_LOOKUP": "true",
                "ACCOUNT_NAME": "Pemerintah Kota Medan",
                "ACCOUNT_EMAIL": "pengaduan@medan.example",
                "ACCOUNT_PHONE": "+62614512412",
            }
        case "notify":
            return {
                "INTERNAL_URL": plan.url("intake.internal"),
                "INTERNAL_TOKEN_FILE": str(secrets / "notify_internal_token"),
                "SMTP_HOST": LOOPBACK,
                "SMTP_PORT": str(plan.ports["mail.smtp"]),
                "SMTP_USERNAME_FILE": str(secrets / "smtp_username"),
                "SMTP_PASSWORD_FILE": str(secrets / "smtp_password"),
                "SMTP_STARTTLS": "false",
                "MAIL_FROM": "pengaduan@medan.example",
                "WEB_URL": plan.url("intake.web"),
            }
        case _:
            raise KeyError(service)


def database_url_file(layout: Layout, spec: ServiceSpec) -> Path:
    """Where a service's database address, with its password, is kept."""
    return layout.secrets / f"{spec.package.removeprefix('mrk_')}_database_url"


def simulator_command(plan: Plan, simulator: str) -> list[str]:
    """How a simulator is run; its store survives restarts."""
    secrets = plan.layout.secrets
    store = plan.layout.data / "simulators" / f"{simulator}.sqlite"
    command = [sys.executable, "-m", "mrk_simulators", simulator]
    command += [f"--listen={LOOPBACK}:{plan.ports[simulator]}", f"--store={store}"]
    if simulator == MAIL_SIMULATOR:
        command += [
            f"--smtp={LOOPBACK}:{plan.ports['mail.smtp']}",
            f"--auth-file={secrets / 'simulator_mail_login'}",
        ]
    elif simulator == LOGIN_SIMULATOR:
        command += [
            f"--issuer={plan.url(LOGIN_SIMULATOR)}",
            f"--client-id={OIDC_CLIENT}",
            f"--client-secret-file={secrets / 'intake_oidc_client_secret'}",
            f"--redirect={plan.url('intake.staff')}/masuk/kembali",
            f"--redirect={plan.url('routing.desk')}/masuk/kembali",
            f"--goodbye={plan.url('intake.staff')}/keluar/selesai",
            f"--goodbye={plan.url('routing.desk')}/keluar/selesai",
            "--environment=local",
        ]
    else:
        command.append(f"--token-file={secrets / 'simulator_lapor_tokens'}")
    return command
