# Bad input: a clear refusal, nothing lost, the server stays up.
# shellcheck shell=bash
send POST /topics '{"name":"steady","partitions":2}'
ok 201 'a topic that must not suffer'
send POST /topics/steady/publish '{"partition":0,"value":"here before"}'
ok 200 'a message that must stay' '.offset == 0'

# --- what is not there
send GET /topics/nowhere;                                       refused 404 UNKNOWN_TOPIC 'describe an unknown topic'
send POST /topics/nowhere/publish '{"value":"x"}';              refused 404 UNKNOWN_TOPIC 'publish to an unknown topic'
send POST /topics/nowhere/batch '{"messages":[{"value":"x"}]}'; refused 404 UNKNOWN_TOPIC 'batch to an unknown topic'
send GET '/topics/nowhere/partitions/0/messages?offset=0';      refused 404 UNKNOWN_TOPIC 'read an unknown topic'
send DELETE /topics/nowhere;                                    refused 404 UNKNOWN_TOPIC 'delete an unknown topic'
send PATCH /topics/nowhere '{"retentionHours":1}';              refused 404 UNKNOWN_TOPIC 'change an unknown topic'
send POST /topics/steady/publish '{"partition":2,"value":"x"}'; refused 404 UNKNOWN_PARTITION 'publish to an unknown partition'
send GET '/topics/steady/partitions/2/messages?offset=0';       refused 404 UNKNOWN_PARTITION 'read an unknown partition'
send GET '/topics/steady/partitions/2/offsets';                 refused 404 UNKNOWN_PARTITION 'offsets of an unknown partition'
send GET '/topics/steady/partitions/99999999999999999999/messages?offset=0'
check 'a partition number that is none' grep -qE '^40[04]$' <<<"$status"

# --- names
long=$(printf 'n%.0s' $(seq 250))
for name in '..' '.' 'a/b' '../etc' 'a\u0000b' '' 'a b' 'tab\there' 'ümlaut' "$long" '%2e%2e' 'a\\b'; do
  send POST /topics "{\"name\":\"$name\",\"partitions\":1}"
  refused 400 INVALID_TOPIC_NAME "the name '${name:0:20}'"
done
send POST /topics "{\"name\":\"${long:1}\",\"partitions\":1}";  ok 201 'a name of 249 characters'
send DELETE "/topics/${long:1}"
check 'and it goes away' grep -qE '^20[04]$' <<<"$status"
send POST /topics '{"name":"STEADY","partitions":1}';           refused 409 TOPIC_ALREADY_EXISTS 'a name that differs in case only'
send POST /topics '{"name":"steady","partitions":1}';           refused 409 TOPIC_ALREADY_EXISTS 'the same name again'
for path in '/topics/../../etc' '/topics/..%2f..%2fetc/publish' '/topics/a%00b' '/topics/%2e%2e' "/topics/$long"; do
  send GET "$path"
  check "the path ${path:0:30} is refused" grep -qE '^(40[045])$' <<<"$status"
done

# --- partition counts
for count in 0 -1 100001 10001; do
  send POST /topics "{\"name\":\"counted\",\"partitions\":$count}"
  refused 400 INVALID_PARTITION_COUNT "$count partitions"
done
for count in '"3"' 1.5 99999999999 true '[]'; do
  send POST /topics "{\"name\":\"counted\",\"partitions\":$count}"
  check "partitions $count: status 400" is "$status" 400
  check "partitions $count: a problem document" is "${type%%;*}" application/problem+json
done
send GET /topics/counted;                                       refused 404 UNKNOWN_TOPIC 'none of them made a topic'

# --- sizes
head -c 1100000 /dev/zero | tr '\0' 'x' >"$JUDGE_TMP/large"
send POST /topics/steady/publish "{\"partition\":0,\"value\":\"$(cat "$JUDGE_TMP/large")\"}"
refused 413 MESSAGE_TOO_LARGE 'a value over the limit of the topic'
{ printf '{"partition":0,"value":"'; head -c 80000000 /dev/zero | tr '\0' 'x'; printf '"}'; } >"$JUDGE_TMP/huge"
send POST /topics/steady/publish '' --data-binary "@$JUDGE_TMP/huge" -H 'expect:'
check 'a body of 80 MB is refused' grep -qE '^(413|000)$' <<<"$status"
alive 'after a body of 80 MB'

# --- JSON
deep=$(printf '[%.0s' $(seq 5000))$(printf ']%.0s' $(seq 5000))
malformed() { # body, what
  send POST /topics/steady/publish "$1"
  refused 400 MALFORMED_REQUEST "$2"
}
malformed "{\"value\":$deep}"                    'JSON too deep'
malformed '{"value":"a","value":"b"}'            'a duplicated name'
malformed '{"headers":{"a":"1","a":"2"},"value":"b"}' 'a duplicated header'
malformed '{"value":"\ud800"}'                   'a lone high surrogate'
malformed '{"value":"\udc00x"}'                  'a lone low surrogate'
malformed '{"key":"\ud83d","value":"x"}'         'a lone surrogate in the key'
malformed '{"value":'                            'half a document'
malformed '{"value":"x"} trailing'               'text behind the document'
malformed '[]'                                   'an array for an object'
malformed '"x"'                                  'a string for an object'
malformed 'null'                                 'null for an object'
malformed "{'value':'x'}"                        'single quotes'
malformed '{"value":NaN}'                        'NaN'
malformed "$(printf '{"value":"\xff\xfe"}')"     'bytes that are not UTF-8'
for field in '"key":1' '"key":{}' '"headers":[]' '"headers":{"a":{}}' '"partition":"0"' '"partition":1.5' '"priority":3' '"valueBase64":"***"' '"keyBase64":7' '"priority":"urgent"'; do
  case $field in '"valueBase64'*) send POST /topics/steady/publish "{$field}" ;; *) send POST /topics/steady/publish "{$field,\"value\":\"x\"}" ;; esac
  check "$field: status 400" is "$status" 400
  check "$field: a problem document" is "${type%%;*}" application/problem+json
done
send POST /topics/steady/publish '{"value":"x","valueBase64":"eA=="}'
check 'a value given twice: status 400' is "$status" 400
send POST /topics/steady/publish '';                            refused 400 MALFORMED_REQUEST 'an empty body'
send POST /topics/steady/publish '{"value":"x"}' -H 'content-type: text/csv'
check 'another media type: status 415' is "$status" 415
send POST '/topics/steady/publish?acks=most' '{"value":"x"}'
check 'unknown acks: status 400' is "$status" 400
for batch in '{}' '{"messages":{}}' '{"messages":[1]}' '{"messages":[{"value":"x","value":"y"}]}'; do
  send POST /topics/steady/batch "$batch"
  check "the batch $batch: status 400" is "$status" 400
done

# --- offsets and other arguments
send GET '/topics/steady/partitions/0/messages?offset=2';       refused 416 OFFSET_OUT_OF_RANGE 'an offset beyond the end'
send GET '/topics/steady/partitions/0/messages?offset=9223372036854775807'; refused 416 OFFSET_OUT_OF_RANGE 'the largest offset'
for arguments in offset=-5 offset=abc offset=9999999999999999999 offset=1.5 'offset=0&limit=0' 'offset=0&limit=-1' 'offset=0&limit=x' 'offset=0&waitMs=-1' 'offset=0&maxBytes=-1' fromTime=yesterday; do
  send GET "/topics/steady/partitions/0/messages?$arguments"
  check "?$arguments: refused" grep -qE '^(400|416)$' <<<"$status"
  check "?$arguments: a problem document" is "${type%%;*}" application/problem+json
done
send DELETE /topics/steady/publish;                             check 'a wrong method: status 405' is "$status" 405
send GET /nothing/here;                                         check 'an unknown path: status 404' is "$status" 404

send GET '/topics/steady/partitions/0/messages?offset=0'
ok 200 'nothing was lost and nothing crept in' '[.messages[].value] == ["here before"] and .highWatermark == 1'
send GET '/topics/steady/partitions/1/messages?offset=0'
ok 200 'the other partition is empty' '.highWatermark == 0'
alive 'after bad input'
