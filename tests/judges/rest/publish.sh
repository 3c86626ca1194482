# Publishing: keys and values in every form, acks, batches.
# shellcheck shell=bash
send POST /topics '{"name":"writes","partitions":4}'
ok 201 'a topic to write to'

send POST /topics/writes/publish '{"key":"ann","value":"hello","headers":{"lang":"en","n":"1"},"priority":"high"}'
ok 200 'publish' '.topic == "writes" and (.partition | . >= 0 and . < 4) and .offset == 0 and .timestamp > 1700000000000'
check 'durability is told' holds '.durability == {"acks":"all","replicas":1,"flushed":true}'
home=$(jq -r .partition <<<"$body")

for i in 1 2 3; do
  send POST /topics/writes/publish "{\"key\":\"ann\",\"value\":\"hello $i\"}"
  ok 200 "publish $i of a key" ".partition == $home and .offset == $i"
done

send GET "/topics/writes/partitions/$home/messages?offset=0"
ok 200 'read back' '[.messages[].value] == ["hello","hello 1","hello 2","hello 3"] and ([.messages[].key] | unique) == ["ann"]'
check 'headers and priority come back' holds '.messages[0].headers == {"lang":"en","n":"1"} and .messages[0].priority == "high" and .messages[1].priority == "normal"'
check 'the frame of the answer' holds '.nextOffset == 4 and .highWatermark == 4 and .logStartOffset == 0'

send POST /topics/writes/publish '{"partition":3,"value":{"b" : 1, "a":[true,null,1.50,"x y"]}}'
ok 200 'a JSON value' '.partition == 3'
at=$(jq .offset <<<"$body")
send GET "/topics/writes/partitions/3/messages?offset=$at&limit=1"
ok 200 'a JSON value is stored as its compact text' '.messages[0].value == "{\"b\":1,\"a\":[true,null,1.50,\"x y\"]}" and .messages[0].key == null'

for value in '"umlaut äöü, snow ☃, face 😀"' '"line\nbreak\ttab \"quote\" back\\slash"' '"\u0000nul"' '""'; do
  send POST /topics/writes/publish "{\"partition\":3,\"value\":$value}"
  ok 200 "value $value" '.partition == 3'
  at=$(jq .offset <<<"$body")
  send GET "/topics/writes/partitions/3/messages?offset=$at&limit=1"
  ok 200 "value $value comes back" --argjson value "$value" '.messages[0].value == $value'
done

send POST /topics/writes/publish '{"partition":3,"keyBase64":"/wABAv4=","valueBase64":"AP/+gA=="}'
ok 200 'bytes that are not UTF-8' '.partition == 3'
at=$(jq .offset <<<"$body")
send GET "/topics/writes/partitions/3/messages?offset=$at&limit=1"
ok 200 'they come back as base64' '.messages[0].valueBase64 == "AP/+gA==" and .messages[0].keyBase64 == "/wABAv4=" and (.messages[0].value // null) == null'

send POST '/topics/writes/publish?acks=leader' '{"value":"x"}'
ok 200 'acks=leader' '.durability.acks == "leader" and .durability.flushed == true'
send POST '/topics/writes/publish?acks=none' '{"value":"x"}'
check 'acks=none is accepted' grep -qE '^20[02]$' <<<"$status"
for lane in critical high normal low background; do
  send POST /topics/writes/publish "{\"partition\":2,\"value\":\"$lane\",\"priority\":\"$lane\"}"
  ok 200 "priority $lane" '.partition == 2'
done
send GET '/topics/writes/partitions/2/messages?offset=0&limit=1000'
ok 200 'priorities come back' '[.messages[] | select(.value == .priority) | .priority] | contains(["critical","high","normal","low","background"])'

send POST /topics '{"name":"batches","partitions":3}'
ok 201 'a topic for batches'
send POST /topics/batches/batch "$(jq -cn '{messages: [range(500) | {key: "k\(. % 50)", value: "v\(.)"}]}')"
ok 200 'a batch of 500' '.results | length == 500 and all(.offset >= 0 and .partition >= 0)'
answers=$body
total=0
for p in 0 1 2; do
  send GET "/topics/batches/partitions/$p/messages?offset=0&limit=1000"
  ok 200 "partition $p of the batch" '[.messages[].offset] == [range(.messages | length)]'
  total=$((total + $(jq '.messages | length' <<<"$body")))
  check "partition $p: each key in order" holds '[.messages[] | {key, n: (.value[1:] | tonumber)}] | group_by(.key) | all([.[].n] == ([.[].n] | sort))'
  check "partition $p: every message where its answer says" jq -en --argjson answers "$answers" --argjson page "$body" --argjson p "$p" '
    [$answers | .results | to_entries[] | select(.value.partition == $p) | {offset: .value.offset, value: "v\(.key)"}] | sort_by(.offset)
      == [$page.messages[] | {offset, value}]'
done
check 'nothing lost, nothing twice' is "$total" 500
