// What the scheduler gets of its flags: the table's values under their names, each of its own type.
// Flags come from the command line, from CKE_<NAME> in the environment, or from the table's defaults.
import { type Environment, type FlagOutcome, type FlagReader, parseFlags as parse } from "@cke/foundation/flags";
import { environmentName, type FlagName, flagTable, type Row } from "./flags-table.ts";

type ValueOf<R extends Row> = R["type"] extends "int"
  ? number
  : R["type"] extends "bool"
    ? boolean
    : R extends { readonly default: string; readonly environmentLookup?: never }
      ? string
      : string | undefined;

/** Values by flag name; undefined where a flag is not set and has no default. */
export type Flags = { readonly [R in Row as R["name"]]: ValueOf<R> };

export interface ParsedFlags {
  readonly values: Flags;
  /** Flags that were set on the command line or in the environment. */
  readonly given: ReadonlySet<FlagName>;
}

/** Default of -listen for -master local, which is for this host alone. */
const localListen = "127.0.0.1:8512";

/** Parses the arguments after the program's name. */
export function parseFlags(argv: readonly string[], environment: Environment): FlagOutcome<ParsedFlags> {
  return parse({ rows: flagTable, environmentName }, argv, environment, (read) => ({
    values: valuesOf(read),
    given: new Set(flagTable.map(({ name }) => name).filter(read.isGiven)),
  }));
}

function valuesOf({ text, required, int, bool, isGiven }: FlagReader<Row>): Flags {
  // Listening for this host alone, it is asked under that address, whatever name the environment gives the host.
  const forThisHost = text("master") === "local" && !isGiven("listen");
  return {
    storage_type: required("storage_type"),
    storage_servers: text("storage_servers"),
    storage_prefix: text("storage_prefix"),
    storage_ca_file: text("storage_ca_file"),
    storage_cert_file: text("storage_cert_file"),
    storage_key_file: text("storage_key_file"),
    storage_user: text("storage_user"),
    storage_password_file: text("storage_password_file"),
    leader_ttl: int("leader_ttl"),
    listen: forThisHost ? localListen : required("listen"),
    master: text("master"),
    name: required("name"),
    roles: required("roles"),
    service_host: forThisHost && !isGiven("service_host") ? undefined : text("service_host"),
    service_port: text("service_port"),
    failover: int("failover"),
    partition_grace: int("partition_grace"),
    log_level: required("log_level"),
    framework_url: text("framework_url"),
    executor_url: text("executor_url"),
    k8s_cfs: bool("k8s_cfs"),
    k8s_docker_path: text("k8s_docker_path"),
    k8s_executor: required("k8s_executor"),
    k8s_lxcfs: text("k8s_lxcfs"),
    k8s_image_path: required("k8s_image_path"),
    k8s_local_versions: text("k8s_local_versions"),
    k8s_pod_pool: text("k8s_pod_pool"),
    k8s_service_pool: text("k8s_service_pool"),
    k8s_config: required("k8s_config"),
    k8s_registry: required("k8s_registry"),
    k8s_registry_cert: required("k8s_registry_cert"),
    k8s_spider_lb_endpoint: text("k8s_spider_lb_endpoint"),
    vm_executor: required("vm_executor"),
    vm_image_path: text("vm_image_path"),
    vm_data_path: text("vm_data_path"),
    vm_disk_path: required("vm_disk_path"),
    vm_libvirt_uri: text("vm_libvirt_uri"),
    vm_log_path: text("vm_log_path"),
    vm_live_migration: bool("vm_live_migration"),
    vm_history: required("vm_history"),
    exec_dir: text("exec_dir"),
    allowed_hosts: text("allowed_hosts"),
    mesos_user: required("mesos_user"),
    mesos_principal: text("mesos_principal"),
    mesos_secret_file: text("mesos_secret_file"),
    mesos_ca_file: text("mesos_ca_file"),
    mesos_cert_file: text("mesos_cert_file"),
    mesos_key_file: text("mesos_key_file"),
    console_idle: required("console_idle"),
    drain_timeout: int("drain_timeout"),
    local_agents: int("local_agents"),
    local_hostname: text("local_hostname"),
    local_resources: text("local_resources"),
    local_attributes: text("local_attributes"),
    local_work_dir: text("local_work_dir"),
    local_master_listen: required("local_master_listen"),
  };
}
