# Reading: by offset, by time, in pages, and waiting for what is not there yet.
# shellcheck shell=bash
send POST /topics '{"name":"reads","partitions":1}'
ok 201 'a topic to read from'
send GET '/topics/reads/partitions/0/messages?offset=0'
ok 200 'an empty partition' '.messages == [] and .nextOffset == 0 and .highWatermark == 0 and .logStartOffset == 0'

for i in $(seq 0 9); do send POST /topics/reads/publish "{\"value\":\"m$i\"}"; done
ok 200 'ten messages' '.offset == 9'
send GET '/topics/reads/partitions/0/messages?offset=3&limit=4'
ok 200 'a page' '[.messages[].value] == ["m3","m4","m5","m6"] and .nextOffset == 7 and .highWatermark == 10'
send GET '/topics/reads/partitions/0/messages?offset=7&limit=100'
ok 200 'the last page' '[.messages[].offset] == [7,8,9] and .nextOffset == 10'
send GET '/topics/reads/partitions/0/messages?offset=10'
ok 200 'at the end' '.messages == [] and .nextOffset == 10'
send GET '/topics/reads/partitions/0/messages?offset=0&maxBytes=1'
ok 200 'at least one message whatever maxBytes is' '.messages | length >= 1'
send GET '/topics/reads/partitions/0/offsets'
ok 200 'offsets' '.logStartOffset == 0 and .highWatermark == 10'

send GET '/topics/reads/partitions/0/messages?offset=0&limit=100'
sixth=$(jq '.messages[6].timestamp' <<<"$body")
first=$(jq --argjson t "$sixth" 'first(.messages[] | select(.timestamp >= $t) | .offset)' <<<"$body")
send GET "/topics/reads/partitions/0/messages?fromTime=$sixth&limit=100"
ok 200 'from a time' --argjson first "$first" '.messages[0].offset == $first and .nextOffset == 10'
send GET '/topics/reads/partitions/0/messages?fromTime=0'
ok 200 'from before everything' '.messages[0].offset == 0'

started=$(date +%s%N)
send GET '/topics/reads/partitions/0/messages?offset=10&waitMs=700'
took=$((($(date +%s%N) - started) / 1000000))
ok 200 'a wait that brings nothing' '.messages == [] and .nextOffset == 10'
check "it took its time ($took ms)" test "$took" -ge 650 -a "$took" -le 5000

curl -sS --max-time 20 -o "$JUDGE_TMP/waited" "$api/topics/reads/partitions/0/messages?offset=10&waitMs=15000" &
waiter=$!
sleep 0.3
started=$(date +%s%N)
send POST /topics/reads/publish '{"value":"news"}'
wait "$waiter"
took=$((($(date +%s%N) - started) / 1000000))
body=$(cat "$JUDGE_TMP/waited") last='a waiting GET'
check 'a wait ends with the message' holds '[.messages[].value] == ["news"] and .nextOffset == 11'
check "and soon after it was published ($took ms)" test "$took" -le 2000
