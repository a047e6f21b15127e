# Two stages: the first builds the environment from the hash-pinned lock, the second runs it as nobody in particular.
FROM python:3.13-slim-bookworm@sha256:01f42367a0a94ad4bc17111776fd66e3500c1d87c15bbd6055b7371d39c124fb AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /venv
COPY requirements.lock /build/
RUN /venv/bin/pip install --require-hashes -r /build/requirements.lock

FROM python:3.13-slim-bookworm@sha256:01f42367a0a94ad4bc17111776fd66e3500c1d87c15bbd6055b7371d39c124fb
ENV PATH=/venv/bin:$PATH PYTHONPATH=/app PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin bevaka
COPY --from=build /venv /venv
WORKDIR /app
# Folder by folder: what is not named here is not in the image.
COPY bevaka bevaka
COPY web web
COPY tasks tasks
COPY demo demo
COPY reports reports
COPY engine engine
COPY storage storage
COPY notifications notifications
COPY access access
COPY intake intake
COPY workflows workflows
COPY config config
USER 10001
ENTRYPOINT ["python", "-m", "bevaka"]
CMD ["--help"]
