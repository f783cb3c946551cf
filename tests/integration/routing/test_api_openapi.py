"""Role `api` as a process: its description and it agree, and its settings are told."""

import asyncio
import base64
import os
import sys
from pathlib import Path

import api_kit
import httpx
import routing_records as kit
from test_roles import CONFIG, end_of, environment, eventually_ready, running

from mrk_delivery.clock import Clock
from mrk_routing.store import agency_clients

EXAMPLES = 20
API = {
    "MRK_ROUTING_CITY_PACK": str(kit.MEDAN),
    "MRK_ROUTING_TOKEN_KEY": api_kit.SEED_TEXT,
    "MRK_ROUTING_API_RATE_PER_SECOND": "100000",
    "MRK_ROUTING_API_RATE_BURST": "100000",
    "MRK_ROUTING_API_TOKENS_PER_MINUTE": "100000",
}


async def test_a_fuzzer_finds_nothing(dsn: str, routing: kit.Routing, tmp_path: Path) -> None:
    await routing.reports(kit.received())
    agency, secret = api_kit.SECRETS["road-desk"]
    await agency_clients.create(routing.pool, "road-desk", agency, secret, Clock().now())
    env = environment(dsn, **API, MRK_ROUTING_API_URL=api_kit.URL)
    async with running("api", env) as base, httpx.AsyncClient(trust_env=False) as client:
        await eventually_ready(base)
        form = {"grant_type": "client_credentials"}
        issued = await client.post(f"{base}/oauth2/token", data=form, auth=("road-desk", secret))
        fuzzer = await asyncio.create_subprocess_exec(
            Path(sys.executable).with_name("schemathesis"),
            *("run", f"{base}/openapi.json", "--url", base, "--checks", "all"),
            *("--phases", "examples,coverage,fuzzing", "--max-examples", str(EXAMPLES)),
            *("--seed", "1", "--no-color", "--output-sanitize", "false"),
            cwd=tmp_path,  # it keeps what it found
            env={
                **os.environ,
                "PYTHONPATH": str(Path(__file__).parent),
                "SCHEMATHESIS_HOOKS": "openapi_hooks_agencies",
                "MRK_TEST_CASE": kit.complaint(1),
                "MRK_TEST_AGENCY": agency,
                "MRK_TEST_TOKEN": issued.json()["access_token"],
                "MRK_TEST_BASIC": base64.b64encode(f"road-desk:{secret}".encode()).decode(),
            },
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        told, _ = await fuzzer.communicate()
        assert fuzzer.returncode == 0, told.decode()


async def test_every_missing_setting_of_role_api_is_named_at_once() -> None:
    code, said = await end_of("api", {"PATH": os.environ["PATH"], "MRK_ROUTING_TOKEN_KEY": "eA=="})
    assert code == CONFIG
    for name in ("ENVIRONMENT", "DATABASE_URL", "LISTEN", "CITY_PACK", "API_URL"):
        assert f"MRK_ROUTING_{name}: missing" in said
    assert "MRK_ROUTING_TOKEN_KEY: Value error, it must hold 32 bytes" in said
    assert "eA==" not in said
