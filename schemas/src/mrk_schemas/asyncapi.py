"""The topics as an AsyncAPI 3.0 document: made of the registry, the models and the examples."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from pydantic.json_schema import models_json_schema

from mrk_schemas.base import CommandBody, EventBody
from mrk_schemas.registry import TOPICS
from mrk_schemas.topics import Topic, declared

_ROOT: Final = Path(__file__).parents[2]
FILE: Final = _ROOT / "asyncapi" / "medan-rumah-kita.yaml"
EXAMPLES: Final = _ROOT / "examples"

_REF: Final = "#/components/schemas/"
_PARAMETERS: Final = {
    "code": "The agency's code in the city pack, such as sdabmbk",
    "service": "intake, routing, spanlapor-bridge or notify",
}


def document() -> dict[str, Any]:
    """The document. Operations are seen from the city's services, which are the application."""
    topics = declared()
    _, schemas = models_json_schema(
        [(model, "validation") for model in _models()], ref_template=_REF + "{model}"
    )
    return {
        "asyncapi": "3.0.0",
        "id": "urn:medan:rumah-kita",
        "info": {
            "title": "Medan Rumah Kita",
            "version": "1.0.0",
            "description": (
                "Residents' reports, the agencies' cases made of them, and what becomes of both."
                " An agency's system reads its inbox and writes its outbox; the other topics are"
                " between the city's services. Records are CloudEvents 1.0 in binary mode. Fields"
                " and event types are added without notice: ignore what you do not know. A command"
                " with an unknown field is refused by name."
            ),
            "license": {
                "name": "Apache-2.0",
                "url": "https://www.apache.org/licenses/LICENSE-2.0",
            },
        },
        "defaultContentType": "application/json",
        "servers": {
            "city": {
                "host": "{bootstrap}",
                "protocol": "kafka-secure",
                "description": "The city's brokers; the operator names them, and a principal.",
                "variables": {"bootstrap": {"description": "host:port of a broker"}},
                "security": [{"$ref": "#/components/securitySchemes/scram"}],
            }
        },
        "channels": {_id(topic): _channel(topic) for topic in topics},
        "operations": dict(_operations(topics)),
        "components": {
            "messages": {_name(model): _message(model) for model in _models()},
            "schemas": schemas["$defs"],
            "messageTraits": {"facts": _headers(facts=True), "commands": _headers(facts=False)},
            "securitySchemes": {
                "scram": {
                    "type": "scramSha512",
                    "description": (
                        "SASL SCRAM-SHA-512 over TLS: one principal a service and an agency, which"
                        " may read its own inbox and write its own outbox alone."
                    ),
                }
            },
        },
    }


def text() -> str:
    """The document as it is committed."""
    import yaml  # noqa: PLC0415  # roles that only name events need no YAML

    head = "# Made by `python -m mrk_schemas`; change the models, the topics or the examples.\n"
    body: str = yaml.safe_dump(document(), sort_keys=False, allow_unicode=True, width=100)
    return head + body


def examples_of(model: type[EventBody]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every kept example of a type, oldest first, by its file's name."""
    for file in sorted(EXAMPLES.glob(f"{model.TYPE}.*.json")):
        yield file.stem, json.loads(file.read_text(encoding="utf-8"))


def _models() -> list[type[EventBody]]:
    return list(dict.fromkeys(model for models in TOPICS.values() for model in models))


def _id(topic: Topic) -> str:
    return topic.name.replace("<", "").replace(">", "")


def _name(model: type[EventBody]) -> str:
    return model.TYPE.removeprefix("id.go.medan.")


def _channel(topic: Topic) -> dict[str, Any]:
    channel: dict[str, Any] = {
        "address": topic.name.replace("<", "{").replace(">", "}"),
        "title": topic.meaning,
        "description": (
            f"Key: {topic.key}. {topic.partitions} partition"
            f"{'' if topic.partitions == 1 else 's'}, {topic.retention_days} days."
            f" Written by {_listed(topic.producers)}; read by {_listed(topic.consumers)}."
        ),
        "messages": {
            _name(model): {"$ref": f"#/components/messages/{_name(model)}"}
            for model in TOPICS[topic.name]
        },
    }
    parameters = {
        name: {"description": words}
        for name, words in _PARAMETERS.items()
        if f"<{name}>" in topic.name
    }
    if parameters:
        channel["parameters"] = parameters
    channel["bindings"] = {
        "kafka": {
            "partitions": topic.partitions,
            "topicConfiguration": {
                "cleanup.policy": [topic.configs["cleanup.policy"]],
                "retention.ms": int(topic.configs["retention.ms"]),
            },
            "bindingVersion": "0.5.0",
        }
    }
    return channel


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "whoever watches"


def _operations(topics: tuple[Topic, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    for topic in topics:
        channel = {"$ref": f"#/channels/{_id(topic)}"}
        told = {"channel": channel, "summary": topic.meaning}
        if set(topic.producers) - {"agency"}:
            yield f"send.{_id(topic)}", {"action": "send", **told}
        if set(topic.consumers) - {"agency"}:
            yield f"receive.{_id(topic)}", {"action": "receive", **told}


def _message(model: type[EventBody]) -> dict[str, Any]:
    command = issubclass(model, CommandBody)
    return {
        "name": model.TYPE,
        "title": model.__name__,
        "summary": " ".join((model.__doc__ or "").split()),
        "contentType": "application/json",
        "traits": [{"$ref": f"#/components/messageTraits/{'commands' if command else 'facts'}"}],
        "payload": {"$ref": _REF + model.__name__},
        "examples": [{"name": name, "payload": body} for name, body in examples_of(model)],
        "bindings": {
            "kafka": {"key": {"type": "string"}, "bindingVersion": "0.5.0"},
        },
    }


def _headers(*, facts: bool) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "ce_specversion": {"type": "string", "const": "1.0"},
        "ce_id": {
            "type": "string",
            "minLength": 1,
            "description": "The same message, sent again, has the same id.",
        },
        "ce_type": {"type": "string", "description": "The name of the message."},
        "ce_source": {"type": "string", "description": "Who says it: /medan/routing."},
        "ce_time": {"type": "string", "format": "date-time"},
        "ce_subject": {"type": "string", "description": "The complaint's id."},
        "content-type": {"type": "string", "const": "application/json"},
        "traceparent": {"type": "string", "description": "W3C trace context; absent, never null."},
    }
    needed = ["ce_specversion", "ce_id", "ce_type", "ce_source", "ce_time"]
    if facts:
        properties["ce_sequence"] = {
            "type": "string",
            "pattern": "^[1-9][0-9]*$",
            "description": "The version of what is told of, growing per complaint and service.",
        }
        properties["correlation_id"] = {"type": "string"}
        needed += ["ce_subject", "ce_sequence", "content-type"]
    return {"headers": {"type": "object", "properties": properties, "required": needed}}
