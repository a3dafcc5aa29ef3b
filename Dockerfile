# The images that this project builds: ingot (default), kafka (the broker with its metrics), airflow (with Ingot).
# docker build . ; docker build --target airflow .
ARG BASE=debian:12-slim
# Debian 12 with a cargo that supports the sparse index.
ARG BUILD_BASE=rust:1.88-slim-bookworm

FROM ${BUILD_BASE} AS build
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends \
      ca-certificates git make npm python3-pip python3-venv && rm -rf /var/lib/apt/lists/*
WORKDIR /src
# The dependencies first, because they change less often than the sources.
COPY tools/setup tools/dependencies.lock tools/
COPY tools/patches tools/patches
RUN tools/setup build && rm -rf /var/lib/apt/lists/*
COPY CMakeLists.txt CMakePresets.json VERSION layers.txt ./
COPY cmake cmake
COPY src src
COPY web web
RUN cmake --preset release -DINGOT_TESTS=OFF && cmake --build --preset release --target ingot \
      && cmake --install build/release --prefix /opt/ingot --strip

FROM ${BASE} AS ingot
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends \
      ca-certificates curl libcpp-httplib0.11 libcurl4 libfmt9 libpq5 libspdlog1.10 libsqlite3-0 libssl3 libyaml-cpp0.7 libzstd1 zlib1g \
      && rm -rf /var/lib/apt/lists/* && useradd --uid 10001 --create-home ingot
COPY --from=build /opt/ingot /opt/ingot
COPY pipelines /opt/ingot/pipelines
ENV PATH=/opt/ingot/bin:$PATH INGOT_PIPELINE=/opt/ingot/pipelines/speedtest.yaml
USER 10001
WORKDIR /home/ingot
RUN ingot --version
HEALTHCHECK --interval=30s --timeout=10s CMD ["ingot", "--version"]
ENTRYPOINT ["ingot"]
CMD ["--help"]

# Jars that the engines' images lack.
FROM maven:3.9-eclipse-temurin-17 AS jars
COPY tools/stack/spark.xml /jars/spark.xml
RUN mvn -q -B -f /jars/spark.xml dependency:copy-dependencies -DoutputDirectory=/jars/spark -DincludeScope=runtime \
      && mvn -q -B dependency:copy -Dartifact=io.prometheus.jmx:jmx_prometheus_javaagent:1.0.1 -DoutputDirectory=/jars \
           -Dmdep.stripVersion=true

FROM apache/kafka:4.3.1 AS kafka
COPY --from=jars --chown=appuser /jars/jmx_prometheus_javaagent.jar /opt/ingot/jmx_prometheus_javaagent.jar
COPY --chmod=755 deploy/kafka/start.sh /opt/ingot/kafka-start.sh

FROM apache/airflow:3.3.2-python3.11 AS airflow
USER 0
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends \
      curl default-jre-headless libcpp-httplib0.11 libfmt9 libpq5 libspdlog1.10 libsqlite3-0 libssl3 libyaml-cpp0.7 libzstd1 \
      && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/ingot /opt/ingot
COPY --from=jars /jars/spark /opt/ingot/jars
COPY deploy/airflow/start.sh /opt/ingot/airflow-start.sh
ENV PATH=/opt/ingot/bin:$PATH PYTHONPATH=/opt/ingot/python INGOT_PIPELINE=/opt/ingot/pipelines/speedtest.yaml \
    INGOT_SPARK_JARS=/opt/ingot/jars INGOT_SPARK_JOBS=/opt/ingot/spark/jobs
USER 50000
COPY tools/spark.txt /opt/ingot/spark.txt
RUN pip install --no-cache-dir --require-hashes -r /opt/ingot/spark.txt && ingot --version
ENTRYPOINT ["/usr/bin/dumb-init", "--", "/bin/bash", "/opt/ingot/airflow-start.sh"]

# The default target.
FROM ingot
