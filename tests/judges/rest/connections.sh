# Callers that hang about: idle connections, half a request, an answer that is never read.
# shellcheck shell=bash
cat >"$JUDGE_TMP/loiter.py" <<'PY'
import resource, socket, sys
host, port = sys.argv[1].rsplit(":", 1)
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 8192)), hard))
def connect():
    return socket.create_connection((host, int(port)), timeout=10)
held = [connect() for _ in range(2000)]
half = connect()
half.sendall(b"POST /v1/topics/held/publish HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{\"val")
deaf = connect()
deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
for _ in range(50):
    try:
        deaf.settimeout(1)
        deaf.sendall(b"GET /v1/topics/held/partitions/0/messages?offset=0&limit=1000&maxBytes=1048576 HTTP/1.1\r\nhost: x\r\n\r\n")
    except socket.timeout:
        break
print("holding", len(held), flush=True)
sys.stdin.read()
PY
send POST /topics '{"name":"held","partitions":1}'
ok 201 'a topic to hold on to'
send POST /topics/held/batch "$(jq -cn '{messages: [range(200) | {value: ("x" * 4000)}]}')"
ok 200 'something large to read'
mkfifo "$JUDGE_TMP/release"
python3 "$JUDGE_TMP/loiter.py" "$GOQUEUE_HTTP" <"$JUDGE_TMP/release" >"$JUDGE_TMP/loiter.out" 2>&1 &
loiterer=$!
exec 7>"$JUDGE_TMP/release"
for _ in $(seq 300); do grep -q holding "$JUDGE_TMP/loiter.out" && break; kill -0 $loiterer 2>/dev/null || break; sleep 0.1; done
body=$(cat "$JUDGE_TMP/loiter.out") last='2,000 idle connections'
check '2,000 connections are taken' grep -q 'holding 2000' "$JUDGE_TMP/loiter.out"
for i in $(seq 20); do send POST /topics/held/publish "{\"value\":\"beside them $i\"}"; done
ok 200 'publishing goes on beside 2,000 idle connections' '.offset == 219'
alive 'beside 2,000 idle connections'
exec 7>&-
wait $loiterer
send GET '/topics/held/partitions/0/offsets'
ok 200 'nothing of the half request was stored' '.highWatermark == 220'
alive 'after they left'
