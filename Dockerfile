# The gateway (and the simulated fleet) as an image: `docker build -t returns-gateway .`
#
# Two stages, so that neither pip nor anything that builds is in what runs. What is installed is what
# requirements/service.lock names, checked by hash. The same commit and the same base give the same files, byte for
# byte; a registry's digest in PYTHON_IMAGE (python:…@sha256:…) pins the base too.

ARG PYTHON_IMAGE=docker.io/library/python:3.11.14-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
# For builds behind a mirror, or from a folder of wheels without any network (see tests/deploy).
ARG PIP_INDEX_URL
ARG PIP_NO_INDEX
ARG PIP_FIND_LINKS
# Whatever asks for a time gets this one: it is in no file of ours when the image was built.
ARG SOURCE_DATE_EPOCH=1767225600
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore \
    PYTHONDONTWRITEBYTECODE=1 PYTHONHASHSEED=0 SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH}
WORKDIR /build
COPY requirements/build.lock requirements/service.lock requirements/
RUN python3 -m venv tools \
 && tools/bin/pip install --quiet --require-hashes --requirement requirements/build.lock \
 && python3 -m venv --without-pip /opt/returns-gateway \
 && tools/bin/pip --python /opt/returns-gateway/bin/python install --quiet --no-compile --only-binary :all: \
        --require-hashes --requirement requirements/service.lock
COPY . .
# The bytecode is made here, for nothing can be written where it runs; it names no time and is never checked against
# its source, which does not change.
RUN tools/bin/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist . \
 && tools/bin/pip --python /opt/returns-gateway/bin/python install --quiet --no-compile --no-deps --no-index dist/*.whl \
 && /opt/returns-gateway/bin/python -m compileall -q -j 1 --invalidation-mode unchecked-hash /opt/returns-gateway/lib \
 && find /opt/returns-gateway -exec touch --no-dereference --date=@${SOURCE_DATE_EPOCH} {} +

FROM ${PYTHON_IMAGE}
ARG VERSION=unreleased
LABEL org.opencontainers.image.title="Returns Gateway" \
      org.opencontainers.image.description="Tells which returned goods are missing, late or going the wrong way" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"
# A user by number, in group 0, which owns what may be written: so any other number in that group works as well.
RUN echo 'returns:x:10001:0:Returns Gateway:/var/lib/returns-gateway:/usr/sbin/nologin' >> /etc/passwd \
 && install -d -o 10001 -g 0 -m 0770 /var/lib/returns-gateway \
 && install -d -m 0755 /etc/returns-gateway
COPY --from=build /opt/returns-gateway /opt/returns-gateway
# The pulse is in /dev/shm: writable on a read-only root too, and empty after each start.
ENV PATH=/opt/returns-gateway/bin:/usr/local/bin:/usr/bin:/bin \
    HOME=/var/lib/returns-gateway \
    PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    RETURNS_PULSE=/dev/shm/returns-gateway.pulse \
    RETURNS_STATE__URL=sqlite:////var/lib/returns-gateway/returns.sqlite
# network.yaml is looked for here, and gateway.toml, if there is one.
WORKDIR /etc/returns-gateway
VOLUME /var/lib/returns-gateway
USER 10001:0
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=15s --start-period=120s --retries=3 CMD ["returns-gateway", "health"]
ENTRYPOINT ["returns-gateway"]
CMD ["run", "--log-json"]
