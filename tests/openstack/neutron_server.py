"""neutron-server with all its models loaded before the first request.

Debian 12's Neutron 21.0.0 answers GET /v2.0/ports with 500 otherwise: it uses attributes of Port that
other models add, before anything has imported these.
"""

import sys

import sqlalchemy.orm
from neutron.cmd.eventlet import server
from neutron.db.migration.models import head  # noqa: F401: imports every model.

sys.argv[0] = "neutron-server"
sqlalchemy.orm.configure_mappers()
sys.exit(server.main())
