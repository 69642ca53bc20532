#!/usr/bin/python3
"""A source as a program: follows a file of CloudEvents, one a line ($FILE).

It speaks version 1 of the protocol of docs/LINES_SOURCE.md. The sequence of an event is the last byte
of its line, so that the position behind it is where the next line begins. Replace lines_from() by
your own feed.
"""

import json
import os
import selectors
import sys

path = os.environ["FILE"]
unanswered = {}  # By id: what has been said and not been acked.


def say(message):
    sys.stdout.write(json.dumps(message) + "\n")


def lines_from(position):
    """Whole lines from a place in the file on, each with its own place."""
    try:
        with open(path, "rb") as feed:
            feed.seek(position)
            for line in feed:
                if not line.endswith(b"\n"):
                    return
                yield position, line
                position += len(line)
    except FileNotFoundError:
        return


def emit(position):
    """Says what there is from a place on, and returns where that ends."""
    for place, line in lines_from(position):
        position = place + len(line)
        text = line.decode("utf-8", "replace").strip()
        if not text:
            continue
        try:
            event = json.loads(text)
            event["sequence"] = str(position - 1)
            unanswered[event["id"]] = event
            say(event)
        except (ValueError, TypeError, KeyError) as why:
            poison = {"id": f"{path}@{place}", "reason": f"no event: {why!r}", "text": text}
            say({"settle": 1, "bury": poison, "sequence": position - 1})
    return position


def hear(line, again):
    answer = json.loads(line)
    for event in answer.get("ack", []):
        unanswered.pop(event, None)
        again.discard(event)
    again.update(answer.get("fail", []))


def main():
    # What a log has lost while nobody looked is said aloud, and never passed over.
    position = json.loads(sys.stdin.readline()).get("position") or 0
    say({"settle": 1, "ready": True})
    again = set()
    heard = b""
    os.set_blocking(sys.stdin.fileno(), False)
    waiting = selectors.DefaultSelector()
    waiting.register(sys.stdin, selectors.EVENT_READ)
    while True:
        for event in sorted(again):
            if event in unanswered:
                say(unanswered[event])
        again.clear()
        if os.path.exists(path) and os.path.getsize(path) < position:
            say({"settle": 1, "error": f"{path} is shorter than what was read of it"})
        position = emit(position)
        sys.stdout.flush()
        if not waiting.select(timeout=0.05):
            continue
        part = os.read(sys.stdin.fileno(), 65536)
        if not part:
            return
        *lines, heard = (heard + part).split(b"\n")
        for line in lines:
            hear(line, again)


main()
