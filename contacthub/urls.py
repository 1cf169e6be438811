"""Where everything is mounted."""

from django.urls import include, path

urlpatterns = [path("", include("contacthub.web.urls"))]

handler400 = "contacthub.web.errors.bad_request"
handler403 = "contacthub.web.errors.forbidden"
handler404 = "contacthub.web.errors.not_found"
handler500 = "contacthub.web.errors.server_error"
