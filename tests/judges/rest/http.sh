# What the parts share: send, expect, and a count of both.
# shellcheck shell=bash
api=http://$GOQUEUE_HTTP/v1
checks=0 failures=0 requests=0 status= type= body= last=

# send METHOD PATH [BODY [CURL-ARGS...]]     answers in $status, $type, $body; PATH starts below /v1 and goes out as it is written
send() {
  local method=$1 path=$2
  local args=(-sS --path-as-is --max-time 30 -X "$method" -o "$JUDGE_TMP/body" -w '%{http_code} %{content_type}')
  [ $# -ge 3 ] && { printf '%s' "$3" >"$JUDGE_TMP/request"; args+=(-H 'content-type: application/json' --data-binary "@$JUDGE_TMP/request"); }
  : >"$JUDGE_TMP/body"
  read -r status type < <(curl "${args[@]}" "${@:4}" "$api$path" 2>"$JUDGE_TMP/curl-error"; echo)
  body=$(tr -d '\0' <"$JUDGE_TMP/body")
  last="$method $path ${3:+<- $(cut -c1-200 <<<"$3" | head -n 1)}"
  requests=$((requests + 1))
}

check() { # what, command...
  local what=$1
  shift
  checks=$((checks + 1))
  if ! "$@" >/dev/null 2>&1; then
    failures=$((failures + 1))
    printf 'FAILED %s\n  after %s\n  answered %s %s\n  %s\n' "$what" "$last" "$status" "$type" "$(head -c 600 <<<"$body")"
    [ -s "$JUDGE_TMP/curl-error" ] && sed 's/^/  /' "$JUDGE_TMP/curl-error"
  fi
}

is() { [ "$1" = "$2" ]; }
holds() { jq -e "$@" <<<"$body"; } # a jq expression over the body

# ok STATUS WHAT [JQ...]     the last answer has this status, is JSON, and holds the expression
ok() {
  check "$2: status $1" is "$status" "$1"
  [ $# -ge 3 ] && check "$2: ${3}" holds "${@:3}"
}

# refused STATUS CODE WHAT     the last answer is a problem document with this code that says something useful
refused() {
  check "$3: status $1" is "$status" "$1"
  check "$3: media type" is "${type%%;*}" application/problem+json
  check "$3: code $2" holds --arg code "$2" '.code == $code'
  check "$3: complete" holds --argjson status "$1" '.status == $status and (.title | length > 0) and (.detail | length > 0) and (.type | length > 0)'
}

# alive     the server answers and the reference topic is untouched
alive() {
  check "$1: health" curl -fsS --max-time 5 -o /dev/null "http://$GOQUEUE_HTTP/health"
}
