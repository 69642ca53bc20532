# Sourced by the other scripts: where the project is, and how it gets what it needs.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
# Debian's own tools first: another python or cmake earlier in PATH is not what we test with.
PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH
export PATH

say() { printf '\n== %s\n' "$*"; }

# install_packages KIND...: the packages of scripts/packages of these kinds that are missing.
install_packages() {
  local kind wanted=() missing=()
  for kind in "$@"; do
    # shellcheck disable=SC2207  # Package names hold no blanks.
    wanted+=($(sed -n "s/^$kind: //p" scripts/packages))
  done
  local name
  for name in "${wanted[@]}"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || missing+=("$name")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "installing ${missing[*]}"
  local sudo=()
  [ "$(id -u)" = 0 ] || sudo=(sudo)
  "${sudo[@]}" apt-get update -qq
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# build PRESET [TARGET...]
build() {
  local preset=$1
  shift
  [ -f "build/$preset/build.ninja" ] || cmake --preset "$preset" >/dev/null
  local targets=()
  [ $# -eq 0 ] || targets=(--target "$@")
  CCACHE_BASEDIR=$root cmake --build --preset "$preset" "${targets[@]}"
}

# The jars of a real broker of Kafka, for tests. Without them those tests are skipped by name.
install_kafka() {
  [ -f build/kafka/complete ] && return 0
  say "copying Kafka's jars to build/kafka"
  mvn -q -B -f tests/servers/kafka.xml \
    org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies \
    -DoutputDirectory="$root/build/kafka" -DincludeScope=runtime && touch build/kafka/complete ||
    echo "Kafka's jars cannot be had: its tests are skipped" >&2
}

# The EC2 API in the words of somebody else, for tests and the demo: moto's server and AWS's client.
install_moto() {
  [ -x build/moto/bin/moto_server ] && return 0
  say "installing moto into build/moto"
  python3 -m venv build/moto
  build/moto/bin/pip -q install 'moto[server,ec2]==5.2.5'
}
