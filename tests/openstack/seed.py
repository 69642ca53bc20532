"""Fills a new OpenStack: who there is, where the services are, what can be launched.

  seed.py identity URL PASSWORD TYPE=ENDPOINT...   once Keystone answers
  seed.py cloud URL PASSWORD FILE                  once Nova does; FILE then says what a test needs

The project `settle` is the one that the tests work in; in `small` two servers are all there may be.
"""

import os
import sys
import time

from keystoneauth1 import session
from keystoneauth1.identity import v3
from keystoneclient.v3 import client

what, url, password = sys.argv[1:4]


def log_in(user, project):
    auth = v3.Password(auth_url=url, username=user, password=password, project_name=project,
                       user_domain_name="Default", project_domain_name="Default")
    return session.Session(auth=auth)


def wait(done, what_for):
    end = time.monotonic() + 120
    while not done():
        if time.monotonic() > end:
            sys.exit(f"gave up waiting for {what_for}")
        time.sleep(0.2)


def seed_identity(endpoints):
    keystone = client.Client(session=log_in("admin", "admin"), interface="public")
    roles = {role.name: role for role in keystone.roles.list()}
    service_role = roles.get("service") or keystone.roles.create("service")
    service = keystone.projects.create("service", "default")
    for name in ("nova", "placement", "glance", "neutron"):
        user = keystone.users.create(name, domain="default", password=password)
        for role in (roles["admin"], service_role):
            keystone.roles.grant(role, user=user, project=service)
    for name in ("settle", "small"):
        project = keystone.projects.create(name, "default")
        user = keystone.users.create(name, domain="default", password=password)
        keystone.roles.grant(roles["member"], user=user, project=project)
    for kind, address in (one.split("=", 1) for one in endpoints):
        made = keystone.services.create(kind, type=kind)
        for interface in ("public", "internal", "admin"):
            keystone.endpoints.create(made, address, interface=interface, region="RegionOne")


def seed_cloud(path):
    admin = log_in("admin", "admin")
    compute = {"endpoint_filter": {"service_type": "compute", "interface": "public"}}
    image = {"endpoint_filter": {"service_type": "image", "interface": "public"}}
    # Nova lets none but administrators launch what has no disk.
    admin.post("/flavors", json={"flavor": {"name": "f1", "ram": 64, "vcpus": 1, "disk": 1}},
               **compute)
    made = admin.post("/v2/images", json={"name": "img", "disk_format": "raw",
                                          "container_format": "bare", "visibility": "public"},
                      **image).json()
    admin.put(f"/v2/images/{made['id']}/file", data=b"0" * 1024,
              headers={"Content-Type": "application/octet-stream"}, **image)
    keystone = client.Client(session=admin, interface="public")
    small = keystone.projects.list(name="small")[0].id
    admin.put(f"/os-quota-sets/{small}", json={"quota_set": {"instances": 2}}, **compute)

    def host_is_up():
        services = admin.get("/os-services?binary=nova-compute", **compute).json()["services"]
        return any(one["state"] == "up" for one in services)

    wait(host_is_up, "nova-compute")
    settle = log_in("settle", "settle")
    # The first server takes seconds, while everything connects to everything.
    first = settle.post("/servers", json={"server": {
        "name": "first", "imageRef": made["id"], "networks": "none",
        "flavorRef": admin.get("/flavors", **compute).json()["flavors"][0]["id"]}},
        headers={"OpenStack-API-Version": "compute 2.90"}, **compute).json()["server"]["id"]

    def is_made():
        status = settle.get(f"/servers/{first}", **compute).json()["server"]["status"]
        if status == "ERROR":
            sys.exit("the first server ended in ERROR")
        return status == "ACTIVE"

    wait(is_made, "the first server")
    settle.delete(f"/servers/{first}", **compute)
    user = settle.get_user_id()
    own = client.Client(session=settle, interface="public")
    facts = {"AUTH_URL": url, "PASSWORD": password,
             "COMPUTE_URL": admin.get_endpoint(service_type="compute", interface="public"),
             "USER_ID": user}
    for name in ("A", "B"):
        credential = own.application_credentials.create(f"settle-{name}", user=user,
                                                        secret=f"secret-{name}")
        facts[f"CREDENTIAL_{name}"] = credential.id
        facts[f"SECRET_{name}"] = f"secret-{name}"
    with open(path + ".new", "w") as file:
        file.writelines(f"{key}={value}\n" for key, value in facts.items())
    os.replace(path + ".new", path)


if what == "identity":
    seed_identity(sys.argv[4:])
else:
    seed_cloud(sys.argv[4])
