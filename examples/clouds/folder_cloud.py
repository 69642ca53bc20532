#!/usr/bin/python3
"""A cloud as a program: its instances are files in a folder ($FOLDER).

It speaks version 1 of the protocol of docs/EXEC_CLOUD.md: one JSON object a line, requests on
standard input, answers on standard output. Replace the functions by calls to your own cloud.
"""

import json
import os
import pathlib
import sys
import time

folder = pathlib.Path(os.environ["FOLDER"])
folder.mkdir(parents=True, exist_ok=True)


def all_instances():
    return [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]


def write(instance):
    # Whole or not at all, whenever this program dies.
    path = folder / (instance["id"] + ".json")
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(instance))
    fresh.rename(path)


def launch(request):
    # One token is one instance, however often it is asked for.
    for instance in all_instances():
        if instance["token"] == request["token"] and instance["cluster"] == request["cluster"]:
            return {"ok": True, "instance": instance["id"]}
    if request["launch"].get("image") == "no-such-image":
        return {"ok": False, "result": "refused", "reason": "config"}
    number = 1 + max((int(i["id"][2:]) for i in all_instances()), default=0)
    instance = {
        "id": f"f-{number:06}",
        "state": "ACTIVE",
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "zone": request["zone"],
        "launch_hash": request["launch_hash"],
        "token": request["token"],
        "group": request["group"],
        "cluster": request["cluster"],
    }
    write(instance)
    return {"ok": True, "instance": instance["id"]}


def change(request):
    found = [i for i in all_instances() if i["id"] == request["instance"]]
    if not found:
        return {"ok": True}  # Gone, as was wanted.
    instance = found[0]
    if (instance["cluster"], instance["group"]) != (request["cluster"], request["group"]):
        return {"ok": False, "result": "refused", "reason": "refused"}
    if request["op"] == "terminate":
        (folder / (instance["id"] + ".json")).unlink()
        return {"ok": True}
    if request["op"] == "drain":
        instance["draining"] = True
    else:
        instance["protected"] = request["op"] == "protect"
    write(instance)
    return {"ok": True}


def answer(request):
    if request["op"] == "list":
        ours = [i for i in all_instances() if i["cluster"] == request["cluster"]]
        return {"ok": True, "complete": True, "finds": True, "instances": ours}
    if request["op"] == "find":
        ours = [i for i in all_instances() if i["cluster"] == request["cluster"]]
        found = [i for i in ours if i["id"] == request["instance"]]
        return {"ok": True, "complete": True, "instances": found}
    if request["op"] == "launch":
        return launch(request)
    return change(request)


for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps({"call": request["call"], **answer(request)}), flush=True)
