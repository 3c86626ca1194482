# Starting and ending a broker of one's own, for scripts. Source it; needs $bin (folder with goqueue-server).
# shellcheck shell=bash
broker=

# start_broker DATA LOG [ARGS...]     free ports on loopback; returns when it is ready, with GOQUEUE_HTTP, _GRPC, _METRICS and broker_start_ms set
start_broker() {
  local data=$1 log=$2 line='' began
  shift 2
  began=$(date +%s%N)
  # shellcheck disable=SC2154
  env -u GOQUEUE_HTTP -u GOQUEUE_GRPC -u GOQUEUE_METRICS -u GOQUEUE_BIN -u GOQUEUE_ROOT "$bin/goqueue-server" --data "$data" --bind 127.0.0.1 --http-port 0 --grpc-port 0 --metrics-port 0 --peer-port 0 "$@" >"$log.out" 2>"$log.err" </dev/null &
  broker=$!
  for _ in $(seq 3000); do
    line=$(grep -m1 '"event":"ready"' "$log.out" 2>/dev/null) && break
    kill -0 "$broker" 2>/dev/null || break
    sleep 0.02
  done
  broker_start_ms=$((($(date +%s%N) - began) / 1000000))
  if [ -z "$line" ]; then echo "the broker did not say that it is ready:"; tail -n 20 "$log.out" "$log.err"; return 1; fi
  export GOQUEUE_HTTP GOQUEUE_GRPC GOQUEUE_METRICS broker_start_ms
  GOQUEUE_HTTP=$(jq -r .http <<<"$line") GOQUEUE_GRPC=$(jq -r .grpc <<<"$line") GOQUEUE_METRICS=$(jq -r .metrics <<<"$line")
}

# stop_broker     SIGTERM, then up to 20 s, then SIGKILL; answers the broker's exit code, 99 when it had to be killed
stop_broker() {
  local status=0
  [ -n "$broker" ] || return 0
  kill -TERM "$broker" 2>/dev/null
  for _ in $(seq 200); do kill -0 "$broker" 2>/dev/null || break; sleep 0.1; done
  if kill -0 "$broker" 2>/dev/null; then kill_broker; return 99; fi
  wait "$broker" || status=$?
  broker=
  return $status
}

# kill_broker     SIGKILL
kill_broker() {
  kill -KILL "$broker" 2>/dev/null
  wait "$broker" 2>/dev/null || true
  broker=
}

apt_updated=
# apt_install PACKAGES...     as root; anyone else is told what is missing
apt_install() {
  if [ "$(id -u)" != 0 ]; then echo "needs Debian packages: run as root, or first: apt-get install $*"; return 1; fi
  command -v apt-get >/dev/null || { echo "needs $* and this machine has no apt"; return 1; }
  if [ -z "$apt_updated" ]; then apt-get -qq update || echo "apt-get update failed, trying with the lists at hand"; apt_updated=1; fi
  DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$@"
}
