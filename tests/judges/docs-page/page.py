"""Opens /docs in headless Chromium, looks whether every operation of the OpenAPI document is there, and sends requests by clicking. Drives the
browser over its debugging pipe, so that nothing but Debian's chromium is needed. usage: page.py BASE-ADDRESS SCRATCH-FOLDER"""

import json
import os
import select
import subprocess
import sys
import time
import urllib.request

base, scratch = sys.argv[1:]
PATIENCE = 60
checks = 0


def check(condition, what):
    global checks
    checks += 1
    if not condition:
        raise SystemExit(f"FAILED: {what}")


class Browser:
    """The DevTools protocol: JSON messages that end with a zero byte, on descriptors 3 and 4 of the browser."""

    def __init__(self):
        to_read, self.write_end = os.pipe()
        self.read_end, to_write = os.pipe()

        def place():
            first, second = os.dup(to_read), os.dup(to_write)  # whatever numbers the pipes have, they must not be 3 or 4 by chance
            os.dup2(first, 3)
            os.dup2(second, 4)

        self.process = subprocess.Popen(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--remote-debugging-pipe",
             f"--user-data-dir={scratch}/profile", "about:blank"],
            close_fds=False, preexec_fn=place, stdout=open(f"{scratch}/chromium.log", "wb"), stderr=subprocess.STDOUT)
        os.close(to_read)
        os.close(to_write)
        self.pending, self.number, self.session, self.events = b"", 0, None, []

    def receive(self, deadline):
        while b"\0" not in self.pending:
            ready, _, _ = select.select([self.read_end], [], [], max(0, deadline - time.monotonic()))
            more = os.read(self.read_end, 1 << 20) if ready else b""
            if not more:
                print(open(f"{scratch}/chromium.log").read()[-2000:])
                raise SystemExit("FAILED: the browser does not answer")
            self.pending += more
        message, self.pending = self.pending.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **parameters):
        self.number += 1
        request = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            request["sessionId"] = self.session
        os.write(self.write_end, json.dumps(request).encode() + b"\0")
        deadline = time.monotonic() + PATIENCE
        while True:
            message = self.receive(deadline)
            if message.get("id") == self.number:
                check("error" not in message, f"{method}: {message.get('error')}")
                return message["result"]
            self.events.append(message)

    def value(self, script):
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        check("exceptionDetails" not in answer, f"{script[:80]}: {answer.get('exceptionDetails')}")
        return answer["result"].get("value")

    def until(self, script, what):
        deadline = time.monotonic() + PATIENCE
        while not (value := self.value(script)):
            check(time.monotonic() < deadline, f"{what} did not come")
            time.sleep(0.05)
        return value

    def close(self):
        self.process.kill()
        self.process.wait()


CALL = """(() => {{ const call = [...document.querySelectorAll("details.call")].find(one =>
  one.querySelector(".verb").textContent === "{verb}" && one.querySelector("summary code").textContent === "{path}"); {what} }})()"""


def on(verb, path, what):
    """A script about one operation of the page."""
    return CALL.format(verb=verb, path=path, what=what)


def send(browser, verb, path, body=None, **arguments):
    """Opens the operation, fills it in as a person would, clicks, and answers the line and the text that appear."""
    browser.value(on(verb, path, "call.open = true;"))
    for name, value in arguments.items():
        browser.value(on(verb, path, f"""const label = [...call.querySelectorAll("label")].find(one => one.textContent.startsWith("{name}"));
          label.querySelector("input").value = {json.dumps(value)};"""))
    if body is not None:
        browser.value(on(verb, path, f'call.querySelector("textarea").value = {json.dumps(json.dumps(body))};'))
    browser.value(on(verb, path, 'call.querySelector("button").click();'))
    line = browser.until(on(verb, path, 'const line = call.querySelector("p.good, p.bad"); return line ? line.textContent : "";'), f"an answer to {verb} {path}")
    return line, browser.value(on(verb, path, 'const text = call.querySelector("div div pre"); return text ? text.textContent : "";'))


document = json.loads(urllib.request.urlopen(f"{base}/openapi/v1.json", timeout=30).read())
operations = sorted((verb.upper(), path) for path, verbs in document["paths"].items() for verb in verbs)
browser = Browser()
try:
    target = browser.call("Target.createTarget", url="about:blank")["targetId"]
    browser.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    for domain in ("Page", "Runtime", "Log"):
        browser.call(f"{domain}.enable")
    browser.call("Page.navigate", url=f"{base}/docs")
    browser.until('document.querySelectorAll("details.call").length > 0', "the description")

    shown = browser.value("""[...document.querySelectorAll("details.call")].map(one =>
      [one.querySelector(".verb").textContent, one.querySelector("summary code").textContent, one.querySelector(".what").textContent])""")
    check(sorted((verb, path) for verb, path, _ in shown) == operations, f"the page shows {shown}, the document has {operations}")
    check(all(what for _, _, what in shown), "an operation has no summary")
    check(browser.value("document.title") and browser.value('document.querySelector("h1").textContent'), "the page has a title")
    check(browser.value('document.getElementById("about").textContent') == document["info"]["description"], "the description of the API")

    line, text = send(browser, "POST", "/v1/topics", {"name": "paged", "partitions": 1})
    check(": 201 " in line and json.loads(text)["name"] == "paged", f"creating a topic by the page: {line} {text}")
    line, text = send(browser, "POST", "/v1/topics/{topic}/publish", {"key": "k", "value": "<b>from a browser</b>"}, topic="paged")
    check(": 200 " in line and json.loads(text)["offset"] == 0, f"publishing by the page: {line} {text}")
    line, text = send(browser, "GET", "/v1/topics/{topic}/partitions/{partition}/messages", topic="paged", partition="0", offset="0")
    check("offset=0" in line and ": 200 " in line and json.loads(text)["messages"][0]["value"] == "<b>from a browser</b>", f"reading by the page: {line} {text}")
    check(browser.value('document.querySelectorAll("main b").length') == 0, "what a message holds has become markup")
    line, text = send(browser, "GET", "/v1/topics/{topic}", topic="missing")
    check(": 404 " in line and json.loads(text)["code"] == "UNKNOWN_TOPIC", f"a refusal is shown: {line} {text}")
    check(browser.value(on("GET", "/v1/topics/{topic}", 'return call.querySelector("p.bad") !== null;')), "a refusal looks like one")

    browser.value("1")  # takes in what came last
    problems = [event["params"] for event in browser.events if event.get("method") in ("Runtime.exceptionThrown",)
                or (event.get("method") == "Log.entryAdded" and event["params"]["entry"]["level"] == "error" and "404" not in event["params"]["entry"]["text"])]
    check(problems == [], f"the browser complains: {problems}")
finally:
    browser.close()
print(f"{checks} checks on {len(operations)} operations, {len(shown)} shown")
