# syntax=docker/dockerfile:1
# One image for web, worker and beat: compose.yaml gives each its command. It holds no database and no secret.

FROM python:3.11-slim-bookworm AS packages
COPY requirements.txt /tmp/
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check -r /tmp/requirements.txt

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin contacthub \
    && install --directory --owner=contacthub /var/lib/contacthub
COPY --from=packages /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    CONTACTHUB_VAR=/var/lib/contacthub \
    STATIC_ROOT=/app/staticfiles \
    PORT=8000
WORKDIR /app
COPY manage.py gunicorn.conf.py ./
COPY static static
COPY templates templates
COPY contacthub contacthub
# Needs no settings: nothing is signed and nothing is connected to. Byte code, because nobody may write it later.
RUN python manage.py collectstatic --noinput --verbosity=0 && python -m compileall -q contacthub
USER contacthub
VOLUME /var/lib/contacthub
EXPOSE 8000
# Asked under its own name: it answers to no other.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-c", "\
import os, urllib.request, urllib.parse; \
host = urllib.parse.urlsplit(os.environ.get('BASE_URL', 'http://localhost')).netloc; \
url = 'http://127.0.0.1:' + os.environ['PORT'] + '/healthz'; \
urllib.request.urlopen(urllib.request.Request(url, headers={'Host': host}), timeout=4)"]
CMD ["gunicorn"]
