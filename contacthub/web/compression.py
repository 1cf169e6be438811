"""Send pages compressed if their length cannot reveal a secret."""

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_vary_headers

# Who made the browser ask: this site, or the person who typed an address. Not a page of someone else.
OWN_VISITS = ("same-origin", "none")


class PageCompressionMiddleware(GZipMiddleware):
    """Compress pages and fragments with gzip; leave everything else as it is.

    An attacker who makes a browser request pages that repeat a chosen text, and sees the length of the answers, can
    guess what else is in the page (BREACH). So a page is compressed only where the browser says that its own visitor
    requested it, and Django adds up to 100 bytes at random. Downloads have a length, a tag, a digest and ranges of
    their own, and the answers of the protocols have the vendors' forms: neither is a page.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> Any:
        """Compress a page of a visit of our own. Others go as they are, and say what it depends on."""
        if response.streaming or not response.get("Content-Type", "").startswith("text/html"):
            return response
        patch_vary_headers(response, ("Sec-Fetch-Site", "Accept-Encoding"))
        if request.headers.get("Sec-Fetch-Site") not in OWN_VISITS:
            return response
        return super().process_response(request, response)
