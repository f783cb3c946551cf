"""Lets ``python -m mrk_city.learning`` make and compare models."""

import sys

from mrk_city.learning.command import main

sys.exit(main(sys.argv[1:]))
