// Objects of the schema that stand in one file and are referred to from another.
#pragma once

#include "config/schema.h"

namespace settle::schema_parts {

extern const Object policy;
extern const Object steadiness;
extern const Object guards;
extern const Object drain;
extern const Object rollout;
extern const Object hook;
extern const Object warm_pool;
extern const Object alarm;
extern const Object load_balancer;
extern const Object kafka_source;
extern const Object prometheus_source;
extern const Object alertmanager_source;
extern const Object aodh_source;
extern const Object webhook_source;
extern const Object rabbitmq_source;
extern const Object nova_source;
extern const Object source;
extern const Object cloud;
extern const Object launch;

}  // namespace settle::schema_parts
