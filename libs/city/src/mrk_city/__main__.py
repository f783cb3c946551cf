"""Lets ``python -m mrk_city`` check a pack."""

import sys

from mrk_city.command import main

sys.exit(main(sys.argv[1:]))
