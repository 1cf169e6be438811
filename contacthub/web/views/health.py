"""Health for load balancers and supervisors: the process lives; what it needs answers."""

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Say that this process answers. Asks nothing of anyone else."""
    return JsonResponse({"status": "ok"})


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Say whether the database and the broker answer: 503 without a database.

    A silent broker is "degraded" and still 200: pages work, and jobs wait in the database.
    """
    checks = {"database": _check_database(), "broker": _check_broker()}
    status = "ok" if all(checks.values()) else "degraded" if checks["database"] else "down"
    words = {name: "ok" if is_ok else "down" for name, is_ok in checks.items()}
    return JsonResponse({"status": status, **words}, status=503 if status == "down" else 200)


def _check_database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM django_migrations LIMIT 1")
    except DatabaseError:
        return False
    return True


def _check_broker() -> bool:
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)
    try:
        return bool(client.ping())
    except (redis.RedisError, OSError):
        return False
    finally:
        client.close()
