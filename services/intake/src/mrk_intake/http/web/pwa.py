"""The pages as an app: what makes them installable, and what works without a network.

The service worker keeps the form, the page of what waits in the phone, and their files. It never
keeps a page that shows a report, its receipt or its photos.
"""

import json
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mrk_city import CityPack
from mrk_intake.http.web.catalogues import LANGUAGES, N_
from mrk_intake.http.web.pages import Page, Pages
from mrk_pages.assets import Assets
from mrk_web.language import Language
from mrk_web.problems import NOT_FOUND, ProblemError

QUEUE: Final = "/antrean"
OFFLINE: Final = "/luring"
WORKER: Final = "/pekerja.js"
MANIFEST: Final = "/aplikasi/{language}.webmanifest"
KEPT_PAGES: Final = ("/", QUEUE)
KEPT_DATA: Final = ("/bantu/kelurahan",)
_LATER: Final = ("vendor/", "icons/", "background.js")
"""Files that the first visit does not load: the map, what installing needs, the worker's own."""

_GREEN: Final = "#0a5445"
_PAPER: Final = "#f7f4eb"
_NAME: Final = N_("Medan Rumah Kita")
_SHORT: Final = N_("Rumah Kita")
_WHAT: Final = N_(
    "Report what should be better in the city, and see every step until it is solved."
)


class App:
    """What browsers ask for to install the pages, and to show them without a network.

    Args:
        pages: renders.
        assets: static files.
        pack: the city's names.
    """

    def __init__(self, pages: Pages, assets: Assets, pack: CityPack) -> None:
        self._pages = pages
        self._assets = assets
        self._worker = _worker(assets)
        self._manifests: dict[str, bytes] = {
            language: self._described(language, pack) for language in LANGUAGES
        }

    def routes(self) -> list[Route]:
        """The addresses."""
        return [
            Route(QUEUE, self.queue, methods=["GET"]),
            Route(OFFLINE, self.offline, methods=["GET"]),
            Route(WORKER, self.worker, methods=["GET"]),
            Route(MANIFEST, self.manifest, methods=["GET"]),
        ]

    async def queue(self, request: Request) -> Response:
        """`GET /antrean`: what the phone keeps, which the server does not know."""
        return self._pages.render(request, Page("queue", {}))

    async def offline(self, request: Request) -> Response:
        """`GET /luring`: what is shown in place of a page that needs the network."""
        return self._pages.render(request, Page("offline", {}))

    async def worker(self, request: Request) -> Response:
        """`GET /pekerja.js`: the service worker; it changes with the files that it keeps."""
        del request
        headers = {"cache-control": "no-cache"}
        return Response(self._worker, media_type="text/javascript", headers=headers)

    async def manifest(self, request: Request) -> Response:
        """`GET /aplikasi/{language}.webmanifest`: the app as the phone lists it.

        Raises:
            ProblemError: 404 for a language that is not spoken.
        """
        found = self._manifests.get(request.path_params["language"])
        if found is None:
            raise ProblemError(NOT_FOUND)
        headers = {"cache-control": "public, max-age=86400"}
        return Response(found, media_type="application/manifest+json", headers=headers)

    def _described(self, language: Language, pack: CityPack) -> bytes:
        say = self._pages.strings(language).gettext
        body = {
            "id": "/",
            "name": say(_NAME),
            "short_name": say(_SHORT),
            "description": f"{say(_WHAT)} {pack.city.names[language]}",
            "lang": language,
            "dir": "ltr",
            "start_url": "/",
            "scope": "/",
            "display": "standalone",
            "theme_color": _GREEN,
            "background_color": _PAPER,
            "icons": [
                {"src": self._assets.url("mark.svg"), "sizes": "any", "type": "image/svg+xml"},
                *(
                    {"src": self._assets.url(f"icons/app-{side}.png"), "sizes": f"{side}x{side}",
                     "type": "image/png"}
                    for side in (192, 512)
                ),
                {"src": self._assets.url("icons/maskable-512.png"), "sizes": "512x512",
                 "type": "image/png", "purpose": "maskable"},
            ],
            "shortcuts": [{"name": say(N_("Reports on this phone")), "url": QUEUE}],
        }  # fmt: skip
        return json.dumps(body, ensure_ascii=False).encode()


def _worker(assets: Assets) -> bytes:
    kept = [assets.url(name) for name in assets.names() if not name.startswith(_LATER)]
    told = {
        "cache": assets.digest,
        "pages": KEPT_PAGES,
        "files": kept,
        "data": KEPT_DATA,
        "otherwise": OFFLINE,
    }
    source = assets.url("background.js")
    return f'import {{ serve }} from "{source}";\n\nserve({json.dumps(told)});\n'.encode()
