"""Make a machine able to run docker-compose.yml, with or without an image registry.

``python -m mrk_images prepare`` finds or installs a Docker engine and Compose v2, pulls the
official images or builds stand-ins for those that cannot be pulled, and builds the services'
images. ``python -m mrk_images release`` stops the engine if ``prepare`` started it.
"""
