# Topics: create, describe, list, change, delete.
# shellcheck shell=bash
send GET /topics
ok 200 'a new broker has no topics' '.topics == []'

send POST /topics '{"name":"orders","partitions":3}'
ok 201 'create' '.name == "orders"'
send POST /topics '{"name":"defaults"}'
ok 201 'create with the default partitions' '.name == "defaults"'
send GET /topics/defaults
ok 200 'three partitions are the default' '.partitions | length == 3'
send GET /topics/orders
ok 200 'describe' '.name == "orders" and (.settings.cleanupPolicy == "delete" and .settings.flushMode == "flush")'
check 'its hash ranges cover every key once' holds '[.partitions[] | [.firstHash, .lastHash]] as $r
  | $r[0][0] == 0 and $r[-1][1] == 4294967295 and all(range(1; $r | length); $r[.][0] == $r[. - 1][1] + 1)'
send GET /topics
ok 200 'list in name order' '[.topics[].name] == ["defaults","orders"]'

send PATCH /topics/orders '{"retentionHours":1.5,"maxMessageBytes":2048}'
ok 200 'change' '.name == "orders"'
send GET /topics/orders
ok 200 'the change is there' '.settings | .maxMessageBytes == 2048 and .retentionMs == 5400000 and .retentionHours == 1.5'
send POST /topics/orders/publish "{\"value\":\"$(printf 'x%.0s' $(seq 3000))\"}"
refused 413 MESSAGE_TOO_LARGE 'the changed limit holds at once'
send PATCH /topics/orders '{"maxMessageBytes":5}'
refused 400 INVALID_CONFIGURATION 'a setting outside its bounds'
send PATCH /topics/orders '{"flushMode":"sometimes"}'
check 'an unknown flush mode: status 400' is "$status" 400
send PATCH /topics/orders '{"maxMessageBytes":"big"}'
check 'a setting of the wrong type: status 400' is "$status" 400
version=$(curl -sS "$api/topics/orders" | jq .version)
send PATCH /topics/orders '{"retentionMs":60000}' -H "if-match: \"$((version + 1))\""
refused 412 PRECONDITION_FAILED 'a change based on another version'
send PATCH /topics/orders '{"retentionMs":60000}' -H "if-match: \"$version\""
ok 200 'a change based on this version' ".version > $version"
send POST /topics '{"name":"both-wrong","maxMessageBytes":5,"segmentBytes":7}'
refused 400 INVALID_CONFIGURATION 'two wrong settings'
check 'both are named' holds '(.detail | test("messages")) and (.detail | test("segments"))'

send POST /topics '{"name":"compacted","partitions":1,"cleanupPolicy":"compact","flushMode":"none","retentionMs":-1}'
ok 201 'create with settings'
send GET /topics/compacted
ok 200 'settings are kept' '.settings | .cleanupPolicy == "compact" and .flushMode == "none" and .retentionMs == -1'

for name in orders defaults compacted; do
  send DELETE "/topics/$name"
  check "delete $name" grep -qE '^20[04]$' <<<"$status"
done
send GET /topics/orders
refused 404 UNKNOWN_TOPIC 'a deleted topic is gone'
send POST /topics '{"name":"orders","partitions":1}'
ok 201 'its name is free again'
send GET '/topics/orders/partitions/0/messages?offset=0'
ok 200 'and the new one is empty' '.highWatermark == 0'
send DELETE /topics/orders
