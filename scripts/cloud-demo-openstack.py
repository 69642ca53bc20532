"""OpenStack through its own command line: looks, waits and breaks things for scripts/cloud-demo."""

import json
import os
import subprocess
import sys
import time


def openstack(*arguments, user="settle", project="settle"):
    named = dict(os.environ, OS_USERNAME=user, OS_PROJECT_NAME=project)
    done = subprocess.run(["/usr/bin/openstack", *arguments], env=named, check=True,
                          stdout=subprocess.PIPE)
    return done.stdout


def servers():
    return json.loads(openstack("server", "list", "--long", "-f", "json"))


def living():
    return [one for one in servers() if one["Status"] in ("ACTIVE", "BUILD")]


command = sys.argv[1]
if command == "wait-for-server":
    living()
elif command == "wait-for":
    wanted, end = int(sys.argv[2]), time.monotonic() + int(sys.argv[3])
    while len(found := living()) != wanted or any(one["Status"] != "ACTIVE" for one in found):
        if time.monotonic() > end:
            sys.exit(f"gave up after {sys.argv[3]} s: {len(found)} servers")
    print(f"{wanted} servers are ACTIVE")
elif command == "break-two":
    gone, broken = sorted(one["ID"] for one in living())[:2]
    openstack("server", "delete", "--wait", gone)
    openstack("server", "set", "--state", "error", broken, user="admin", project="admin")
    print(f"deleted {gone}, put {broken} into ERROR")
elif command == "list":
    for one in sorted(living(), key=lambda one: one["ID"]):
        print(one["ID"], one["Status"], one["Name"])
