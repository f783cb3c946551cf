"""``python -m mrk_schemas``: writes what is generated anew after a model changed."""

import sys

from mrk_schemas import asyncapi, asyncapi_page
from mrk_schemas.generate import write

if __name__ == "__main__":
    for name in write():
        sys.stdout.write(f"changed: {name}\n")
    document = asyncapi.document()
    asyncapi.FILE.write_text(asyncapi.text(), encoding="utf-8")
    asyncapi_page.FILE.write_text(asyncapi_page.page(document), encoding="utf-8")
