"""Where everything for people is mounted; the protocols' paths are taken out before, by `api.middleware`."""

from django.urls import include, path

from contacthub.api.views import openapi_document

urlpatterns = [
    path("openapi/<slug:protocol>.json", openapi_document, name="openapi-document"),
    path("", include("contacthub.web.urls")),
]

handler400 = "contacthub.web.errors.bad_request"
handler403 = "contacthub.web.errors.forbidden"
handler429 = "contacthub.web.errors.too_many"
handler404 = "contacthub.web.errors.not_found"
handler500 = "contacthub.web.errors.server_error"
