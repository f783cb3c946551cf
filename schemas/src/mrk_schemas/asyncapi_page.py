"""The AsyncAPI document as one page for people: no script, nothing fetched, readable on a phone."""

import json
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).parents[3] / "docs" / "asyncapi.html"

_STYLE: Final = """
:root { color-scheme: light dark; }
body { font: 1rem/1.55 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem; }
h1, h2, h3 { line-height: 1.2; overflow-wrap: anywhere; }
h2 { border-top: 2px solid; margin-top: 3rem; padding-top: 1rem; }
code, pre { font: .9em/1.45 ui-monospace, monospace; overflow-wrap: anywhere; }
pre { border: 1px solid; overflow-x: auto; padding: .75rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid; padding: .4rem .5rem; text-align: left; vertical-align: top; }
summary { cursor: pointer; padding: .6rem 0; }
a { padding: .2rem 0; }
nav li { margin: .3rem 0; }
"""


def page(document: Mapping[str, Any]) -> str:
    """The page of a document, whole.

    Args:
        document: AsyncAPI 3.0, as :func:`mrk_schemas.asyncapi.document` makes it.
    """
    return "\n".join(_lines(document)) + "\n"


def _lines(document: Mapping[str, Any]) -> Iterator[str]:
    info = document["info"]
    title = escape(f"{info['title']}: topics and messages")
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>"
    yield f"<header><h1>{title}</h1>\n<p>{escape(info['description'])}</p></header>"
    yield '<nav aria-label="Contents"><ul>'
    for name, channel in document["channels"].items():
        yield f'<li><a href="#{name}"><code>{escape(channel["address"])}</code></a>:'
        yield f"{escape(channel['title'])}</li>"
    for anchor, words in (("messages", "Messages"), ("schemas", "Parts of messages")):
        yield f'<li><a href="#{anchor}">{words}</a></li>'
    yield "</ul></nav>\n<main>"
    yield from _access(document["components"]["securitySchemes"])
    for name, channel in document["channels"].items():
        yield from _channel(name, channel)
    parts = document["components"]
    yield '<h2 id="messages">Messages</h2>'
    for name, message in parts["messages"].items():
        yield from _message(name, message, parts)
    yield '<h2 id="schemas">Parts of messages</h2>'
    bodies = {message["title"] for message in parts["messages"].values()}
    for name, schema in parts["schemas"].items():
        if name not in bodies:
            yield f'<h3 id="schema-{name}"><code>{escape(name)}</code></h3>'
            yield from _schema(schema)
    yield "</main>\n</body>\n</html>"


def _access(schemes: Mapping[str, Any]) -> Iterator[str]:
    yield '<h2 id="access">Access</h2>'
    for scheme in schemes.values():
        yield f"<p><code>{escape(scheme['type'])}</code>: {escape(scheme['description'])}</p>"


def _channel(name: str, channel: Mapping[str, Any]) -> Iterator[str]:
    yield f'<h2 id="{name}"><code>{escape(channel["address"])}</code></h2>'
    yield f"<p>{escape(channel['title'])}. {escape(channel['description'])}</p>"
    for parameter, said in channel.get("parameters", {}).items():
        yield f"<p><code>{escape(parameter)}</code>: {escape(said['description'])}</p>"
    yield "<ul>"
    for message in channel["messages"]:
        yield f'<li><a href="#message-{message}"><code>{escape(message)}</code></a></li>'
    yield "</ul>"


def _message(name: str, message: Mapping[str, Any], parts: Mapping[str, Any]) -> Iterator[str]:
    yield f'<h3 id="message-{name}"><code>{escape(message["name"])}</code></h3>'
    yield f"<p>{escape(message['summary'])}</p>"
    trait = message["traits"][0]["$ref"].rpartition("/")[2]
    yield "<details><summary>Headers</summary>"
    yield from _schema(parts["messageTraits"][trait]["headers"])
    yield "</details>"
    yield from _fields(parts["schemas"][message["title"]])
    for example in message["examples"]:
        body = json.dumps(example["payload"], indent=2, ensure_ascii=False)
        yield f"<details><summary>Example <code>{escape(example['name'])}</code></summary>"
        yield f'<pre tabindex="0">{escape(body)}</pre></details>'


def _schema(schema: Mapping[str, Any]) -> Iterator[str]:
    if words := schema.get("description"):
        yield f"<p>{escape(' '.join(words.split()))}</p>"
    if "enum" in schema:
        values = ", ".join(f"<code>{escape(str(value))}</code>" for value in schema["enum"])
        yield f"<p>One of {values}.</p>"
        return
    yield from _fields(schema)


def _fields(schema: Mapping[str, Any]) -> Iterator[str]:
    needed = set(schema.get("required", ()))
    yield '<div class="wide" tabindex="0" role="group" aria-label="Fields"><table>'
    yield '<thead><tr><th scope="col">field</th><th scope="col">what it holds</th>'
    yield '<th scope="col">needed</th></tr></thead><tbody>'
    for name, field in schema.get("properties", {}).items():
        words = escape(field.get("description", ""))
        yield f'<tr><th scope="row"><code>{escape(name)}</code></th>'
        yield f"<td>{_kind(field)}{'. ' + words if words else ''}</td>"
        yield f"<td>{'yes' if name in needed else 'no'}</td></tr>"
    yield "</tbody></table></div>"


def _kind(field: Mapping[str, Any]) -> str:
    """A field's type in words, with links to its parts."""
    if reference := field.get("$ref"):
        name = escape(reference.rpartition("/")[2])
        return f'<a href="#schema-{name}">{name}</a>'
    if choices := field.get("anyOf") or field.get("allOf"):
        return " or ".join(_kind(each) for each in choices if each.get("type") != "null")
    if field.get("type") == "array":
        return f"list of {_kind(field.get('items', {}))}"
    words = escape(str(field.get("format") or field.get("type", "anything")))
    limits = {
        "const": "always {}",
        "pattern": "like {}",
        "maxLength": "at most {} characters",
        "minLength": "at least {} characters",
        "minimum": "from {}",
        "maximum": "to {}",
    }
    told = [escape(phrase.format(field[key])) for key, phrase in limits.items() if key in field]
    return ", ".join([words, *told])
