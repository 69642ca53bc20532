"""The EC2 API through AWS's own client: looks, waits and breaks things for scripts/cloud-demo."""

import sys
import time
import urllib.request

import boto3

endpoint = sys.argv[1]
command = sys.argv[2]
ec2 = boto3.client("ec2", endpoint_url=endpoint)


def living():
    found = []
    for page in ec2.get_paginator("describe_instances").paginate():
        for reservation in page["Reservations"]:
            found += reservation["Instances"]
    return [one for one in found if one["State"]["Name"] in ("pending", "running")]


def wait(done, seconds, what):
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            sys.exit(f"gave up after {seconds} s: {what()}")
        time.sleep(1)


def is_up():
    try:
        return urllib.request.urlopen(endpoint + "/moto-api/").status == 200
    except OSError:
        return False


if command == "wait-for-server":
    wait(is_up, 60, lambda: "no answer")
elif command == "wait-for":
    wanted = int(sys.argv[3])
    wait(lambda: len(living()) == wanted, int(sys.argv[4]), lambda: f"{len(living())} servers")
    print(f"{wanted} servers are running")
elif command == "break-two":
    victims = sorted(one["InstanceId"] for one in living())[:2]
    ec2.terminate_instances(InstanceIds=victims[:1])
    ec2.stop_instances(InstanceIds=victims[1:])
    print(f"terminated {victims[0]}, stopped {victims[1]}")
elif command == "list":
    for one in sorted(living(), key=lambda one: one["InstanceId"]):
        tags = {tag["Key"]: tag["Value"] for tag in one["Tags"]}
        print(one["InstanceId"], one["State"]["Name"], tags["settle:group"], tags["settle:token"])
