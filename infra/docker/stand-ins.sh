#!/usr/bin/env bash
# For machines that cannot pull images: builds stand-ins under the names that the compose files use, from Debian, Maven and npm
# packages alone. They prove our files, not the upstream images. Needs docker, debootstrap, Java, Maven and `npm ci`; asks for
# EARSHOT_STAND_INS=1 because it takes over the names of real images. Grafana has none.
set -euo pipefail
cd "$(dirname "$0")/../.."
[[ "${EARSHOT_STAND_INS:-}" == 1 ]] || { echo "this replaces images such as apache/kafka by stand-ins: set EARSHOT_STAND_INS=1" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
image() { awk -v prefix="$1" '$1 == "image:" && index($2, prefix) == 1 { print $2; exit }' infra/compose/*.yml; }
build() { docker build --network host -q -t "$1" "$2" >/dev/null && echo "$1"; }

# --- base: Debian, with this machine's certificates where it has its own -------------------------------------------------
if ! docker image inspect debian:bookworm-slim >/dev/null 2>&1; then
  debootstrap --variant=minbase --include=ca-certificates,wget bookworm "$work/root" >/dev/null
  [[ -z "${SSL_CERT_FILE:-}" ]] || cp "$SSL_CERT_FILE" "$work/root/etc/ssl/certs/ca-certificates.crt"
  cp /etc/apt/sources.list "$work/root/etc/apt/" 2>/dev/null || true
  tar -C "$work/root" -c . | docker import - debian:bookworm-slim >/dev/null
  rm -rf "$work/root"
fi

# --- node:24-bookworm-slim: the Node of our own packages, and npm ---------------------------------------------------------
mkdir "$work/node"
cp node_modules/"node-linux-$(node -p process.arch)"/bin/node "$work/node/node"
(cd "$work/node" && npm pack --silent npm@11.6.2 >/dev/null && tar xzf npm-*.tgz && rm npm-*.tgz)
cat >"$work/node/Dockerfile" <<'END'
FROM debian:bookworm-slim
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
COPY node /usr/local/bin/node
COPY package /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && useradd --uid 1000 --create-home node
END
build "$(sed -n 's/^FROM \(node:[^ ]*\).*/\1/p' infra/docker/Dockerfile | head -1)" "$work/node"

# --- a JRE, then Kafka and the registry from the jars of the embedded stack -----------------------------------------------
mkdir "$work/jre"
cat >"$work/jre/Dockerfile" <<'END'
FROM debian:bookworm-slim
RUN apt-get update -q && apt-get install -qy --no-install-recommends openjdk-17-jre-headless && rm -rf /var/lib/apt/lists/*
END
build stand-in/jre "$work/jre"
jars=$(node infra/embedded/download.mjs)

# The official image maps KAFKA_* variables with a class in Kafka's own jar, so this runs the same mapping.
mkdir "$work/kafka"
cp -r "$jars/kafka" "$work/kafka/libs"
cat >"$work/kafka/run" <<'END'
#!/usr/bin/env bash
set -euo pipefail
export KAFKA_LOG4J_OPTS="-Dlog4j2.configurationFile=/etc/kafka/docker/log4j2.yaml"
setup=(kafka.docker.KafkaDockerWrapper setup --default-configs-dir /etc/kafka/docker --mounted-configs-dir /mnt/shared/config --final-configs-dir /opt/kafka/config)
# It also formats the folder; at the second start that is refused, and the official script goes on as well.
said=$(java -XX:+UseSerialGC -cp '/opt/kafka/libs/*' "${setup[@]}" 2>&1) || grep -q 'already formatted' <<<"$said" || { echo "$said"; exit 1; }
exec java ${KAFKA_HEAP_OPTS:--Xmx1g} -XX:+UseSerialGC -cp '/opt/kafka/libs/*' kafka.Kafka /opt/kafka/config/server.properties
END
chmod +x "$work/kafka/run"
cat >"$work/kafka/Dockerfile" <<'END'
FROM stand-in/jre
COPY libs /opt/kafka/libs
COPY run /etc/kafka/docker/run
RUN useradd --uid 1000 appuser && mkdir -p /opt/kafka/config /mnt/shared/config /var/lib/kafka/data \
  && touch /etc/kafka/docker/server.properties /etc/kafka/docker/log4j2.yaml /etc/kafka/docker/tools-log4j2.yaml \
  && chown -R appuser /opt/kafka/config /var/lib/kafka /etc/kafka
USER appuser
VOLUME /var/lib/kafka/data
CMD ["/etc/kafka/docker/run"]
END
build "$(image apache/kafka)" "$work/kafka"

mkdir "$work/registry"
cp -r "$jars/registry" "$work/registry/deployments"
cat >"$work/registry/Dockerfile" <<'END'
FROM stand-in/jre
COPY deployments /deployments
RUN useradd --uid 1001 --gid 0 registry && chown -R 1001:0 /deployments
USER 1001
CMD ["sh", "-c", "exec java -Dquarkus.http.host=0.0.0.0 -jar /deployments/*-runner.jar"]
END
build "$(image apicurio/)" "$work/registry"

# --- ClickHouse: chDB behind the front of the embedded stack; it knows no users, grants or server settings ----------------
mkdir -p "$work/clickhouse/node_modules/@chdb" "$work/clickhouse/node_modules/@clickhouse"
cp -r node_modules/{chdb,node-gyp-build} "$work/clickhouse/node_modules/"
cp -r node_modules/@chdb/* "$work/clickhouse/node_modules/@chdb/"
cp -r node_modules/@clickhouse/client-common "$work/clickhouse/node_modules/@clickhouse/"
cp -r infra/embedded/front "$work/clickhouse/front"
echo '{ "type": "module" }' >"$work/clickhouse/package.json"
cat >"$work/clickhouse/Dockerfile" <<'END'
FROM node:24-bookworm-slim
WORKDIR /front
COPY . .
VOLUME /var/lib/clickhouse
CMD ["node", "front/main.ts", "/var/lib/clickhouse", "8123", "0.0.0.0"]
END
build "$(image clickhouse/)" "$work/clickhouse"

# --- Prometheus from Debian ------------------------------------------------------------------------------------------------
mkdir "$work/prometheus"
cat >"$work/prometheus/Dockerfile" <<'END'
FROM debian:bookworm-slim
RUN apt-get update -q && apt-get install -qy --no-install-recommends prometheus && rm -rf /var/lib/apt/lists/* \
  && mkdir -p /prometheus && chown nobody /prometheus
USER nobody
ENTRYPOINT ["/usr/bin/prometheus"]
END
build "$(image prom/)" "$work/prometheus"
