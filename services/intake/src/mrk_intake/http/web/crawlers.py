"""What search engines are told: lists may be found, a resident's own pages may not."""

from typing import Final
from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import Response

from mrk_city import CityPack
from mrk_intake.http.web.lists import PATH, address

_A_DAY: Final = {"cache-control": "public, max-age=86400"}
_ROBOTS: Final = """\
User-agent: *
Disallow: /lacak
Disallow: /bahasa/
Disallow: /bantu/
Disallow: /laporan/*/
Disallow: /laporan?*sesudah=
Disallow: /laporan?*sebelum=
Disallow: /laporan?*kata=
Disallow: /laporan.geojson
Sitemap: {url}/sitemap.xml
"""
_SITEMAP: Final = """\
<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
{places}</urlset>
"""


class Crawlers:
    """Tells them.

    Args:
        pack: the city.
        web_url: base address of the pages.
    """

    def __init__(self, pack: CityPack, web_url: str) -> None:
        paths = ["/", PATH, address(PATH, [("tampilan", "peta")]), "/tentang"]
        paths += [address(PATH, [("kecamatan", code)]) for code in pack.districts]
        places = "".join(f"<url><loc>{escape(web_url + path)}</loc></url>\n" for path in paths)
        self._robots = _ROBOTS.format(url=web_url)
        self._sitemap = _SITEMAP.format(places=places)

    async def robots(self, request: Request) -> Response:
        """`GET /robots.txt` (RFC 9309)."""
        del request
        return Response(self._robots, headers=_A_DAY, media_type="text/plain")

    async def sitemap(self, request: Request) -> Response:
        """`GET /sitemap.xml`: reports are not in it; what is erased must not stay in an index."""
        del request
        return Response(self._sitemap, headers=_A_DAY, media_type="application/xml")
