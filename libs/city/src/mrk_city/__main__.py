"""Lets ``python -m mrk_city`` check a pack and explain its decisions."""

import sys

from mrk_city.command import main

sys.exit(main(sys.argv[1:]))
