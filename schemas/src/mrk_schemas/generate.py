"""JSON Schemas from the models: ``schemas/json/<type>.json``, committed and compared in CI."""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from mrk_schemas.internal import (
    AttachmentList,
    ConfidentialDetails,
    ConfidentialPlace,
    Contact,
    Proof,
)
from mrk_schemas.registry import MODELS

FOLDER = Path(__file__).parents[2] / "json"

_INTERNAL: dict[str, type[BaseModel]] = {
    "internal.contact.v1": Contact,
    "internal.confidential-place.v1": ConfidentialPlace,
    "internal.confidential-details.v1": ConfidentialDetails,
    "internal.attachments.v1": AttachmentList,
    "internal.proof.v1": Proof,
}


def schemas() -> dict[str, dict[str, Any]]:
    """Every contract's JSON Schema (2020-12) by its name."""
    models: dict[str, type[BaseModel]] = {**MODELS, **_INTERNAL}
    return {
        name: {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": f"urn:medan:schema:{name}",
            **model.model_json_schema(mode="validation"),
        }
        for name, model in sorted(models.items())
    }


def text_of(schema: dict[str, Any]) -> str:
    """A schema as it is committed."""
    return json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def write(folder: Path = FOLDER) -> list[str]:
    """Write all schemas; returns the names of those that changed."""
    folder.mkdir(exist_ok=True)
    changed = []
    for name, schema in schemas().items():
        file = folder / f"{name}.json"
        text = text_of(schema)
        if not file.exists() or file.read_text() != text:
            file.write_text(text)
            changed.append(name)
    return changed
