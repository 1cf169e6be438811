"""Where the protocols' calls are. `api.middleware` sends their paths here, past everything that serves people."""

from django.urls import path

from contacthub.api.protocols import APIS

urlpatterns = [path("", api.urls) for api in APIS.values()]
