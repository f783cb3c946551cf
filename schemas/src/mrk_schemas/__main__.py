"""``python -m mrk_schemas``: writes ``schemas/json`` anew after a model changed."""

import sys

from mrk_schemas.generate import write

if __name__ == "__main__":
    for name in write():
        sys.stdout.write(f"changed: {name}\n")
