"""Drives every call of a running broker with grpcio, a client that nobody here wrote. usage: run.py HOST:PORT
Ends with 0 when everything is as the documents say, and with a line that names the first difference when not."""

import queue
import struct
import sys
import threading
import time
import uuid

import grpc

import batch as records
from protos import POOL, SET, Stub, enum, message

M = lambda name: message("goqueue.v1." + name)
ERRORS = {name.removeprefix("ERROR_CODE_"): number for name, number in enum("goqueue.v1.ErrorCode").items()}
ACKS = enum("goqueue.v1.Acks")
WAIT = 30
checks = 0

def check(condition, what):
    global checks
    checks += 1
    if not condition:
        raise AssertionError(what)

def same(seen, expected, what):
    check(seen == expected, f"{what}: expected {expected!r}, saw {seen!r}")

def refused(call, status, reason, what):
    """The call fails with this status, and the trailers say why for programs."""
    try:
        call()
    except grpc.RpcError as error:
        same(error.code(), status, f"status of {what} ({error.details()})")
        if reason:
            trailers = dict(error.trailing_metadata())
            same(trailers.get("goqueue-error"), reason, f"goqueue-error of {what}")
            details = message("google.rpc.Status").FromString(trailers["grpc-status-details-bin"])
            info = message("google.rpc.ErrorInfo").FromString(details.details[0].value)
            same((details.code, info.reason, info.domain), (status.value[0], reason, "goqueue"), f"details of {what}")
            same(details.message, error.details(), f"message of {what}")
        return error
    check(False, f"{what} was not refused")

def murmur3(key):
    mask, h = 0xFFFFFFFF, 0
    rotate = lambda x, r: ((x << r) | (x >> (32 - r))) & mask
    whole = len(key) // 4 * 4
    for i in range(0, whole, 4):
        k = rotate(int.from_bytes(key[i:i + 4], "little") * 0xCC9E2D51 & mask, 15) * 0x1B873593 & mask
        h = (rotate(h ^ k, 13) * 5 + 0xE6546B64) & mask
    if whole < len(key):
        h ^= rotate(int.from_bytes(key[whole:], "little") * 0xCC9E2D51 & mask, 15) * 0x1B873593 & mask
    h ^= len(key)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        h = (h ^ (h >> shift)) * factor & mask
    return h ^ (h >> 16)

class PublishCall:
    """One PublishStream: send when you like, read answers one by one."""

    def __init__(self, stub, **options):
        self.requests = queue.Queue()
        self.answers = stub.PublishStream(iter(self.requests.get, None), **options)

    def send(self, **fields):
        self.requests.put(M("PublishStreamRequest")(**fields))

    def close(self):
        self.requests.put(None)

def health(channel):
    stub = Stub(channel, "grpc.health.v1.Health")
    request = message("grpc.health.v1.HealthCheckRequest")
    for name in ("", "goqueue.v1.GoQueue"):
        same(stub.Check(request(service=name), timeout=WAIT).status, 1, f"health of '{name}'")
    refused(lambda: stub.Check(request(service="other"), timeout=WAIT), grpc.StatusCode.NOT_FOUND, None, "health of an unknown service")
    watch = stub.Watch(request(), timeout=WAIT)
    same(next(watch).status, 1, "first word of a health watch")
    watch.cancel()
    watch = stub.Watch(request(service="other"), timeout=WAIT)
    same(next(watch).status, 3, "health watch of an unknown service")
    watch.cancel()

def reflection(channel, version):
    stub = Stub(channel, f"grpc.reflection.{version}.ServerReflection")
    request = message(f"grpc.reflection.{version}.ServerReflectionRequest")
    asked = [request(list_services=""), request(file_containing_symbol="goqueue.v1.GoQueue"), request(file_by_filename="goqueue/v1/goqueue.proto"), request(file_containing_symbol="no.Such")]
    services, by_symbol, by_name, missing = list(stub.ServerReflectionInfo(iter(asked), timeout=WAIT))
    names = {service.name for service in services.list_services_response.service}
    check({"goqueue.v1.GoQueue", "grpc.health.v1.Health"} <= names, f"services by reflection {version}: {names}")
    described = type(SET.file[0]).FromString(by_symbol.file_descriptor_response.file_descriptor_proto[0])
    ours = next(file for file in SET.file if file.name == "goqueue/v1/goqueue.proto")
    same([m.name for m in described.service[0].method], [m.name for m in ours.service[0].method], f"methods by reflection {version}")
    same([m.name for m in described.message_type], [m.name for m in ours.message_type], f"messages by reflection {version}")
    same(by_name.file_descriptor_response.file_descriptor_proto[0], by_symbol.file_descriptor_response.file_descriptor_proto[0], "file by name and by symbol")
    same(missing.error_response.error_code, 5, "reflection of an unknown symbol")

def topics(stub, prefix):
    name = prefix + "-admin"
    settings = M("TopicSettings")(retention_ms=60_000, segment_bytes=1 << 20, max_message_bytes=100_000, flush_mode=3, cleanup_policy=2)
    made = stub.CreateTopic(M("CreateTopicRequest")(name=name, partitions=4, settings=settings), timeout=WAIT).topic
    same((made.name, len(made.partitions), made.settings.retention_ms, made.settings.flush_mode, made.settings.cleanup_policy), (name, 4, 60_000, 3, 2), "a topic as made")
    same((made.partitions[0].first_hash, made.partitions[3].last_hash), (0, 0xFFFFFFFF), "ends of the hash space")
    for left, right in zip(made.partitions, made.partitions[1:]):
        same(left.last_hash + 1, right.first_hash, "neighbouring hash ranges")
    same(stub.GetTopic(M("GetTopicRequest")(name=name), timeout=WAIT).topic, made, "a topic read again")
    check(made in stub.ListTopics(M("ListTopicsRequest")(), timeout=WAIT).topics, "the topic is in the list")
    altered = stub.AlterTopic(M("AlterTopicRequest")(name=name, settings=M("TopicSettings")(retention_ms=90_000), expected_version=made.version), timeout=WAIT).topic
    same((altered.settings.retention_ms, altered.settings.max_message_bytes), (90_000, 100_000), "an altered topic")
    check(altered.version > made.version, "a change raises the version")
    code = grpc.StatusCode
    get = lambda n: stub.GetTopic(M("GetTopicRequest")(name=n), timeout=WAIT)
    create = lambda n, p=1, s=None: stub.CreateTopic(M("CreateTopicRequest")(name=n, partitions=p, settings=s), timeout=WAIT)
    refused(lambda: get(prefix + "-nothing"), code.NOT_FOUND, "UNKNOWN_TOPIC", "an unknown topic")
    for bad in ("", "..", ".", "a/b", "a\0b", "x" * 250, "größe"):
        refused(lambda: create(bad), code.INVALID_ARGUMENT, "INVALID_TOPIC_NAME", f"the topic name {bad[:20]!r}")
    refused(lambda: create(name), code.ALREADY_EXISTS, "TOPIC_ALREADY_EXISTS", "a topic made twice")
    refused(lambda: create(name.upper()), code.ALREADY_EXISTS, "TOPIC_ALREADY_EXISTS", "a name that differs in case only")
    for count in (-1, 100_001):
        refused(lambda: create(prefix + "-count", count), code.INVALID_ARGUMENT, "INVALID_PARTITION_COUNT", f"{count} partitions")
    refused(lambda: create(prefix + "-set", 1, M("TopicSettings")(segment_bytes=1)), code.INVALID_ARGUMENT, "INVALID_CONFIGURATION", "a tiny segment size")
    refused(lambda: stub.AlterTopic(M("AlterTopicRequest")(name=name, expected_version=made.version), timeout=WAIT), code.FAILED_PRECONDITION, "PRECONDITION_FAILED", "a change of an old version")
    stub.DeleteTopic(M("DeleteTopicRequest")(name=name), timeout=WAIT)
    refused(lambda: get(name), code.NOT_FOUND, "UNKNOWN_TOPIC", "a deleted topic")
    refused(lambda: stub.DeleteTopic(M("DeleteTopicRequest")(name=name), timeout=WAIT), code.NOT_FOUND, "UNKNOWN_TOPIC", "a topic deleted twice")

def unary(stub, packed, prefix):
    name = prefix + "-unary"
    topic = stub.CreateTopic(M("CreateTopicRequest")(name=name, partitions=3), timeout=WAIT).topic
    now = int(time.time() * 1000)  # old ones would be gone by retention
    sent = [M("Message")(key=f"key-{i % 20}".encode(), value=f"value {i}".encode(), timestamp_ms=now + i, priority=i % 5) for i in range(100)]
    sent[7].headers.add(key="größe", value=b"\x00\xff")
    sent[8].ClearField("value")
    for client in (stub, packed):  # plain, and with gzip on the channel
        response = client.Publish(M("PublishRequest")(topic=name, messages=sent), timeout=WAIT)
        same((response.durability.acks, response.durability.replicas, response.durability.flushed), (ACKS["ACKS_ALL"], 1, True), "durability of a publish")
        last = {}
        for message_, result in zip(sent, response.results):
            where = next(p.index for p in topic.partitions if p.first_hash <= murmur3(message_.key) <= p.last_hash)
            same((result.error, result.partition), (0, where), f"partition of {message_.key}")
            check(result.offset > last.get(where, -1), "offsets of a partition rise in request order")
            last[where] = result.offset
            back = stub.Fetch(M("FetchRequest")(topic=name, partition=where, offset=result.offset, max_messages=1), timeout=WAIT).messages[0]
            expected = type(message_)()
            expected.CopyFrom(message_)
            expected.partition, expected.offset = where, result.offset
            same(back, expected, f"message {result.offset} of partition {where}")
    code = grpc.StatusCode
    publish = lambda **f: stub.Publish(M("PublishRequest")(**f), timeout=WAIT)
    one = [M("Message")(value=b"x")]
    refused(lambda: publish(topic=prefix + "-no", messages=one), code.NOT_FOUND, "UNKNOWN_TOPIC", "a publish to an unknown topic")
    refused(lambda: publish(topic=name, partition=3, messages=one), code.NOT_FOUND, "UNKNOWN_PARTITION", "a publish to an unknown partition")
    refused(lambda: publish(topic=name), code.INVALID_ARGUMENT, "INVALID_ARGUMENT", "a publish of nothing")
    refused(lambda: publish(topic=name, messages=[M("Message")(value=bytes(2 << 20))]), code.INVALID_ARGUMENT, "MESSAGE_TOO_LARGE", "a message over the topic's limit")
    refused(lambda: publish(topic=name, messages=[M("Message")(value=bytes(5 << 20))]), code.RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE", "a message over the server's limit")
    same(publish(topic=name, partition=2, acks=ACKS["ACKS_NONE"], messages=one).results[0].offset, -1, "offset of a publish without acks")
    fetch = lambda **f: stub.Fetch(M("FetchRequest")(topic=name, **f), timeout=WAIT)
    end = stub.GetOffsets(M("GetOffsetsRequest")(topic=name, partition=0, time_ms=now + 50), timeout=WAIT)
    same(end.log_start_offset, 0, "start of a fresh partition")
    first = fetch(partition=0, from_time_ms=now + 50, max_messages=1)
    same(first.messages[0].offset, end.offset_for_time, "the first message of a time, by fetch and by offsets")
    error = refused(lambda: fetch(partition=0, offset=end.high_watermark + 1), code.OUT_OF_RANGE, "OFFSET_OUT_OF_RANGE", "an offset beyond the end")
    check(str(end.high_watermark) in error.details(), f"the range is named: {error.details()}")
    refused(lambda: fetch(partition=9), code.NOT_FOUND, "UNKNOWN_PARTITION", "a fetch of an unknown partition")
    began = time.monotonic()
    same(len(fetch(partition=0, offset=end.high_watermark, wait_ms=200).messages), 0, "a fetch at the end")
    check(time.monotonic() - began > 0.15, "a fetch waits as long as it is told")

def bad_batches(stub, prefix):
    name = prefix + "-bad"
    stub.CreateTopic(M("CreateTopicRequest")(name=name, partitions=1, settings=M("TopicSettings")(max_message_bytes=1 << 20)), timeout=WAIT)
    good = records.build([(b"k", b"v", [])])
    patched = lambda at, value: good[:at] + bytes([value]) + good[at + 1:]
    cases = [
        ("empty", b"", "CORRUPT_BATCH"),
        ("cut in the header", good[:40], "CORRUPT_BATCH"),
        ("cut at the end", good[:-1], "CORRUPT_BATCH"),
        ("with a byte behind it", good + b"\0", "CORRUPT_BATCH"),
        ("with a wrong CRC", patched(17, good[17] ^ 1), "CORRUPT_BATCH"),
        ("with a changed record", patched(len(good) - 2, good[-2] ^ 1), "CORRUPT_BATCH"),
        ("of magic 1", patched(16, 1), "UNSUPPORTED_BATCH_VERSION"),
        ("of a wrong count", records.build([(b"k", b"v", [])], count=7), "CORRUPT_BATCH"),
        ("of no records", records.build([(b"k", b"v", [])], count=0), "CORRUPT_BATCH"),
        ("of a wrong last offset", records.build([(b"k", b"v", [])], last_delta=5), "CORRUPT_BATCH"),
        ("of negative length", good[:8] + struct.pack(">i", -5) + good[12:], "CORRUPT_BATCH"),
        ("of huge length", good[:8] + struct.pack(">i", 0x7FFFFFFF) + good[12:], "CORRUPT_BATCH"),
        ("over the topic's limit", records.build([(None, bytes(1 << 20), [])]), "MESSAGE_TOO_LARGE"),
        ("of lz4", records.build([(b"k", b"v", [])], attributes=3), "UNSUPPORTED_COMPRESSION"),
        ("with reserved bits", records.build([(b"k", b"v", [])], attributes=0x4000), "CORRUPT_BATCH"),
        ("of state records", records.build([(b"\0\0\0\1", b"v", [])], attributes=0x20), None),
        ("that is not gzip", records.build([(b"k", b"v", [])], attributes=1), "CORRUPT_BATCH"),
        ("that is a bomb", records.build([(None, bytes(16 << 20), [])] * 5, compress=True), "DECOMPRESSION_TOO_LARGE"),
    ]
    call = PublishCall(stub, timeout=120)
    for number, (what, data, expected) in enumerate(cases, 1):
        call.send(correlation_id=number, topic=name, batch=data)
        answer = next(call.answers)
        same(answer.correlation_id, number, "correlation id")
        if expected is None:
            check(answer.error != 0, f"a batch {what} is refused")
        else:
            same(answer.error, ERRORS[expected], f"error of a batch {what} ({answer.detail})")
        check(answer.base_offset == -1 and answer.detail, f"a batch {what} gets no offset and a reason")
    for fields, expected in (({"topic": prefix + "-no"}, "UNKNOWN_TOPIC"), ({"topic": name, "partition": 1}, "UNKNOWN_PARTITION"), ({"topic": "a/b"}, "INVALID_TOPIC_NAME"), ({"topic": name, "acks": 9}, "INVALID_ARGUMENT")):
        call.send(batch=good, **fields)
        same(next(call.answers).error, ERRORS[expected], f"error of {fields}")
    call.send(correlation_id=1 << 63, batch=good)
    answer = next(call.answers)
    same((answer.error, answer.base_offset, answer.correlation_id), (0, 0, 1 << 63), "a good batch after the bad ones")
    call.close()
    check(next(call.answers, None) is None and call.answers.code() == grpc.StatusCode.OK, "the stream ends well")
    call = PublishCall(stub, timeout=WAIT)
    call.send(topic=name, batch=bytes(5 << 20))
    refused(lambda: next(call.answers), grpc.StatusCode.RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE", "a stream message over the server's limit")
    call.close()

def idempotence(stub, prefix):
    name = prefix + "-once"
    stub.CreateTopic(M("CreateTopicRequest")(name=name, partitions=1), timeout=WAIT)
    producer = stub.InitProducer(M("InitProducerRequest")(), timeout=WAIT)
    check(producer.producer_id != stub.InitProducer(M("InitProducerRequest")(), timeout=WAIT).producer_id, "producer ids differ")
    make = lambda sequence: records.build([(b"k", b"%d" % sequence, [])], producer=(producer.producer_id, producer.producer_epoch, sequence))
    call = PublishCall(stub, timeout=WAIT)
    for sequence, expected in ((0, 0), (1, 1), (1, 1), (0, 0), (2, 2)):
        call.send(topic=name, batch=make(sequence))
        answer = next(call.answers)
        same((answer.error, answer.base_offset), (0, expected), f"answer to sequence {sequence}")
    call.send(topic=name, batch=make(9))
    same(next(call.answers).error, ERRORS["OUT_OF_ORDER_SEQUENCE"], "a gap in the sequence")
    call.close()

def many(stub, prefix, total=100_000, per_batch=200, partitions=3):
    """A stream of messages, published without waiting, read back while it is written: every one there, once, in order."""
    name = prefix + "-many"
    stub.CreateTopic(M("CreateTopicRequest")(name=name, partitions=partitions), timeout=WAIT)
    expected = {p: [] for p in range(partitions)}
    failures, read = [], {p: [] for p in range(partitions)}
    batches = []
    for first in range(0, total, per_batch):
        p = first // per_batch % partitions
        values = [f"{name}/{i}".encode() for i in range(first, first + per_batch)]
        expected[p] += values
        batches.append((p, records.build([(b"k%d" % p, value, []) for value in values], compress=first % 3 == 0)))

    def consume(p, raw):
        try:
            got = []
            call = stub.Subscribe(M("SubscribeRequest")(topic=name, partition=p, offset=0, format=2 if raw else 1, max_messages=len(expected[p])), timeout=240)
            for response in call:
                if raw:
                    got += [(offset, value) for offset, _, _, value in records.parse(response.batches)]
                else:
                    got += [(m.offset, m.value) for m in response.messages]
            read[p, raw] = got
        except Exception as failure:  # noqa: BLE001 - reported below
            failures.append(f"reading partition {p}: {failure!r}")

    threads = [threading.Thread(target=consume, args=(p, raw), daemon=True) for p in range(partitions) for raw in (True, False)]
    for thread in threads:
        thread.start()
    call = PublishCall(stub, timeout=240)
    for number, (p, data) in enumerate(batches):
        call.send(correlation_id=number, topic=name if number == 0 else "", partition=p, batch=data)
    call.close()
    next_offset = {p: 0 for p in range(partitions)}
    seen = set()
    for answer in call.answers:
        p = batches[answer.correlation_id][0]
        same((answer.error, answer.base_offset), (0, next_offset[p]), f"answer {answer.correlation_id}")
        next_offset[p] += per_batch
        seen.add(answer.correlation_id)
    same(len(seen), len(batches), "answers")
    for thread in threads:
        thread.join(240)
    check(not failures, "; ".join(failures))
    for p in range(partitions):
        for raw in (True, False):
            kind = "raw" if raw else "decoded"
            got = read[p, raw]
            same(len(got), len(expected[p]), f"messages read of partition {p}, {kind}")
            check(got == list(enumerate(expected[p])), f"partition {p}, {kind}: contents, order and offsets")

def endings(channel, stub, prefix):
    name = prefix + "-end"
    stub.CreateTopic(M("CreateTopicRequest")(name=name, partitions=1), timeout=WAIT)
    subscribe = lambda **o: stub.Subscribe(M("SubscribeRequest")(topic=name, offset=-1), **o)
    began = time.monotonic()
    refused(lambda: next(subscribe(timeout=0.5)), grpc.StatusCode.DEADLINE_EXCEEDED, None, "a subscription past its deadline")
    check(time.monotonic() - began < 5, "a deadline ends the call in time")
    refused(lambda: stub.Fetch(M("FetchRequest")(topic=name, wait_ms=20_000), timeout=0.3), grpc.StatusCode.DEADLINE_EXCEEDED, None, "a fetch past its deadline")
    idle = PublishCall(stub, timeout=0.5)
    refused(lambda: next(idle.answers), grpc.StatusCode.DEADLINE_EXCEEDED, None, "a publish stream past its deadline")
    idle.close()
    call = subscribe()
    call.initial_metadata()
    call.cancel()
    refused(lambda: next(call), grpc.StatusCode.CANCELLED, None, "a cancelled subscription")
    publishing = PublishCall(stub)
    publishing.send(topic=name, batch=records.build([(b"k", b"before the cancel", [])]))
    same(next(publishing.answers).base_offset, 0, "a publish before the cancel")
    publishing.answers.cancel()
    publishing.close()
    same(stub.GetOffsets(M("GetOffsetsRequest")(topic=name), timeout=WAIT).high_watermark, 1, "the end after a cancelled stream")
    refused(lambda: list(stub.Subscribe(M("SubscribeRequest")(topic=name, offset=99), timeout=WAIT)), grpc.StatusCode.OUT_OF_RANGE, "OFFSET_OUT_OF_RANGE", "a subscription beyond the end")
    refused(lambda: channel.unary_unary("/goqueue.v1.GoQueue/NoSuch")(b"", timeout=WAIT), grpc.StatusCode.UNIMPLEMENTED, None, "an unknown method")
    refused(lambda: channel.unary_unary("/goqueue.v1.GoQueue/GetTopic")(b"\xff\xff", timeout=WAIT), grpc.StatusCode.INVALID_ARGUMENT, "MALFORMED_REQUEST", "bytes that are no message")
    refused(lambda: stub.ListTopics(M("ListTopicsRequest")(), timeout=WAIT, metadata=[("x-large", "a" * 20_000)]), grpc.StatusCode.RESOURCE_EXHAUSTED, None, "metadata over the limit")
    same(stub.GetTopic(M("GetTopicRequest")(name=name), timeout=WAIT).topic.name, name, "a call after all that")

def main(address):
    options = [("grpc.max_send_message_length", 64 << 20), ("grpc.max_receive_message_length", 64 << 20)]
    prefix = "py-" + uuid.uuid4().hex[:8]
    with grpc.insecure_channel(address, options) as channel, grpc.insecure_channel(address, options, compression=grpc.Compression.Gzip) as packed:
        grpc.channel_ready_future(channel).result(WAIT)
        stub = Stub(channel, "goqueue.v1.GoQueue")
        health(channel)
        reflection(channel, "v1")
        reflection(channel, "v1alpha")
        topics(stub, prefix)
        unary(stub, Stub(packed, "goqueue.v1.GoQueue"), prefix)
        bad_batches(stub, prefix)
        idempotence(stub, prefix)
        endings(channel, stub, prefix)
        began = time.monotonic()
        many(stub, prefix)
        print(f"{checks} checks, 100,000 messages in {time.monotonic() - began:.1f} s, grpcio {grpc.__version__}")

if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        main(sys.argv[1])
    except AssertionError as difference:
        print(f"DIFFERENT after {checks} checks: {difference}")
        sys.exit(1)
