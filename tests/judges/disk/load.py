"""What is sent to a broker whose disk gives out, and what must hold. usage: load.py STEP FOLDER NOTES
NOTES keeps every acknowledged message over the steps; a message is acknowledged once, and must be read back once and in order ever after."""

import json
import os
import sys
import time
import urllib.error
import urllib.request

import grpc

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../grpc-python"))
import batch as records
from protos import Stub, enum, message

step, folder, notes_file = sys.argv[1:]
SIZE = 100_000
WAIT = 30
M = lambda name: message("goqueue.v1." + name)
ERRORS = {number: name.removeprefix("ERROR_CODE_") for name, number in enum("goqueue.v1.ErrorCode").items()}
notes = json.load(open(notes_file)) if os.path.exists(notes_file) else {"acked": {"rest": [], "grpc": [], "stream": []}, "next": 0, "topics": 0, "checks": 0}


def check(condition, what):
    notes["checks"] += 1
    if not condition:
        raise SystemExit(f"FAILED at '{step}': {what}")


def http(method, path, body=None):
    request = urllib.request.Request(f"http://{os.environ['GOQUEUE_HTTP']}{path}", method=method, data=None if body is None else json.dumps(body).encode(), headers={"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=WAIT) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as refused:
        return refused.code, json.loads(refused.read())


def text(number):
    return f"{number}:".ljust(SIZE, "x")


def new_number():
    notes["next"] += 1
    return notes["next"]


def publish_rest():
    """The code of the refusal, or None."""
    number = new_number()
    status, answer = http("POST", "/v1/topics/rest/publish", {"value": text(number)})
    if status == 200:
        check(answer["offset"] == len(notes["acked"]["rest"]), f"offset {answer['offset']} is not the next one")
        check(answer["durability"]["flushed"], "acknowledged without a flush")
        notes["acked"]["rest"].append(number)
        return None
    check(answer["status"] == status and answer["detail"], f"a refusal without a reason: {answer}")
    expected = {"DISK_FULL": 507, "STORAGE_FAILURE": 500, "OUTCOME_UNKNOWN": 503}
    check(expected.get(answer["code"]) == status, f"{status} {answer}")
    notes["detail"] = answer["detail"]
    return answer["code"]


channel = grpc.insecure_channel(os.environ.get("GOQUEUE_GRPC", ""), options=[("grpc.max_receive_message_length", 64 << 20)])
stub = Stub(channel, "goqueue.v1.GoQueue")


def publish_grpc():
    number = new_number()
    try:
        answer = stub.Publish(M("PublishRequest")(topic="grpc", messages=[M("Message")(value=text(number).encode())]), timeout=WAIT)
    except grpc.RpcError as refused:
        code = dict(refused.trailing_metadata()).get("goqueue-error")
        if code == "DISK_FULL":
            check(refused.code() == grpc.StatusCode.RESOURCE_EXHAUSTED, f"{code} came as {refused.code()}")
        return code or str(refused)
    check(answer.durability.flushed and answer.results[0].offset == len(notes["acked"]["grpc"]), f"{answer}")
    notes["acked"]["grpc"].append(number)
    return None


def publish_stream():
    """One batch of an idempotent producer, with the sequence that follows what was acknowledged: a refusal must not have used it up."""
    if "producer" not in notes:
        made = stub.InitProducer(M("InitProducerRequest")(), timeout=WAIT)
        notes["producer"] = [made.producer_id, made.producer_epoch]
    sequence = len(notes["acked"]["stream"])
    number = new_number()
    raw = records.build([(None, text(number).encode(), [])], producer=(*notes["producer"], sequence))
    answer = next(stub.PublishStream(iter([M("PublishStreamRequest")(correlation_id=7, topic="stream", batch=raw)]), timeout=WAIT))
    if answer.error:
        return ERRORS[answer.error]
    check(answer.correlation_id == 7 and answer.base_offset == sequence, f"{answer}")
    notes["acked"]["stream"].append(number)
    return None


WAYS = {"rest": publish_rest, "grpc": publish_grpc, "stream": publish_stream}


def read(topic):
    """All values of a topic, over REST for one and gRPC for the others."""
    found, at = [], 0
    while True:
        if topic == "rest":
            status, answer = http("GET", f"/v1/topics/rest/partitions/0/messages?offset={at}&limit=1000&maxBytes=4194304")
            check(status == 200, f"reading at {at}: {status} {answer}")
            found += [(m["offset"], m["value"]) for m in answer["messages"]]
            at, end = answer["nextOffset"], answer["highWatermark"]
        else:
            answer = stub.Fetch(M("FetchRequest")(topic=topic, offset=at, max_bytes=4 << 20), timeout=WAIT)
            found += [(m.offset, m.value.decode()) for m in answer.messages]
            at, end = answer.next_offset, answer.high_watermark
        if at >= end:
            return found


def all_there():
    for topic, acked in notes["acked"].items():
        found = read(topic)
        check([offset for offset, _ in found] == list(range(len(found))), f"offsets of {topic}")
        numbers = [int(value.split(":")[0]) for _, value in found]
        check(numbers[:len(acked)] == acked, f"{topic}: acknowledged {acked}, stored {numbers}")
        check(all(value == text(number) for (_, value), number in zip(found, numbers)), f"values of {topic} are as they were sent")
        yield topic, numbers[len(acked):]


def nothing_more():
    """Exactly what was acknowledged: nothing lost, and nothing of what was refused."""
    for topic, extra in all_there():
        check(extra == [], f"{topic} holds {extra}, which were refused")


def new_topic():
    """The code of the refusal, or None."""
    notes["topics"] += 1
    name = f"new-{notes['topics']}"
    status, answer = http("POST", "/v1/topics", {"name": name, "partitions": 1})
    seen, _ = http("GET", f"/v1/topics/{name}")
    check(seen == (200 if status == 201 else 404), f"after {status} the topic is {seen}")
    return None if status == 201 else f"{status} {answer['code']}"


def serves_metadata():
    status, answer = http("GET", "/v1/topics")
    check(status == 200 and {"rest", "grpc", "stream"} <= {topic["name"] for topic in answer["topics"]}, f"listing topics: {status} {answer}")
    check(stub.GetTopic(M("GetTopicRequest")(name="grpc"), timeout=WAIT).topic.name == "grpc", "describing a topic")
    check(http("GET", "/health")[0] == 200 and http("GET", "/ready")[0] == 200, "health")


def make_topics(**settings):
    for name in WAYS:
        status, answer = http("POST", "/v1/topics", {"name": name, "partitions": 1, "settings": settings})
        check(status == 201, f"{status} {answer}")


if step == "fill":
    make_topics(segmentBytes=1 << 20)  # files then grow in small steps
    full = set()
    for _ in range(2000):
        for name, publish in WAYS.items():
            code = publish()
            check(code in (None, "DISK_FULL"), f"{name} was refused with {code}, not for want of room")
            if code:
                full.add(name)
        if full == set(WAYS):
            break
    check(full == set(WAYS), "the disk never filled up")
    # The last room goes to a file of ours. The metadata log may still have some of its own: a topic is either refused, or it is there and
    # its partition refuses.
    with open(os.path.join(folder, "rest-of-it"), "wb", buffering=0) as rest:
        try:
            for size in (1 << 20, 4096, 1):
                try:
                    while True:
                        rest.write(b"x" * size)
                except OSError:
                    pass
        finally:
            os.fsync(rest.fileno())
    codes = [new_topic() for _ in range(10)]
    check(set(codes) <= {None, "507 DISK_FULL"}, f"making topics without room: {codes}")
    notes["starved"] = [f"new-{i + 1}" for i, code in enumerate(codes) if code is None]
    for name in notes["starved"]:
        status, answer = http("POST", f"/v1/topics/{name}/publish", {"value": "small"})
        check((status, answer["code"]) == (507, "DISK_FULL"), f"publishing to {name}, which has no room: {status} {answer}")
    check([publish() for publish in WAYS.values()] == ["DISK_FULL"] * 3, "still full")
    serves_metadata()
    nothing_more()
elif step == "again":
    if os.path.exists(os.path.join(folder, "rest-of-it")):
        os.remove(os.path.join(folder, "rest-of-it"))
    for name, publish in WAYS.items():
        for _ in range(5):
            code = publish()
            check(code is None, f"{name} refused with {code} although there is room again")
    check(new_topic() is None, "a topic can be made again")
    for name in notes.pop("starved", []):
        deadline = time.monotonic() + WAIT
        while http("POST", f"/v1/topics/{name}/publish", {"value": "small"})[0] != 200:
            check(time.monotonic() < deadline, f"{name} was made without room and does not come to life when there is some")
            time.sleep(0.1)
    serves_metadata()
    nothing_more()
elif step == "refused":
    for name, publish in WAYS.items():
        codes = [publish() for _ in range(30)]  # the files have some room of their own
        check(set(codes) <= {None, "DISK_FULL"} and codes[-1] == "DISK_FULL", f"{name}: {codes}")
    serves_metadata()
elif step in ("some", "more"):
    if step == "some":
        make_topics()
    for _ in range(20):
        for name, publish in WAYS.items():
            code = publish()
            check(code is None, f"{name} was refused with {code}")
    nothing_more()
elif step == "stops":
    codes = []
    while len(codes) < 2000 and "STORAGE_FAILURE" not in codes:
        codes.append(publish_rest())
    check(codes[-1] == "STORAGE_FAILURE", f"no flush failed in {len(codes)} messages of {SIZE} bytes")
    first = next(code for code in codes if code)
    check(first == "OUTCOME_UNKNOWN", f"the message whose flush failed was answered {first}")
    check("restart" in notes["detail"], f"what to do is not said: {notes['detail']}")
    check(publish_rest() == "STORAGE_FAILURE", "a partition whose flush failed takes messages again")
    status, answer = http("GET", "/health")
    check(status == 200, f"the process answers: {status} {answer}")
    with urllib.request.urlopen(f"http://{os.environ['GOQUEUE_METRICS']}/metrics", timeout=WAIT) as answer:
        counted = [line for line in answer.read().decode().splitlines() if line.startswith("goqueue_storage_partition_failures_total")]
    check(counted and float(counted[0].split()[-1]) >= 1, f"the failure is not counted: {counted}")
elif step == "verify":
    for topic, extra in all_there():
        # A write whose flush failed may be there or not, but only behind what was acknowledged.
        check(len(extra) <= 1, f"{topic} holds {extra} beyond what was acknowledged")
        notes["acked"][topic] += extra
elif step == "count":
    print(f"{notes['checks']} checks")

json.dump(notes, open(notes_file, "w"))
