// Containers, volumes and networks. CKE's executors make their own containers; these fields are for passing through and
// for what agents report back.
import type * as z from "zod";
import { labelsSchema, parameterSchema } from "./common.ts";
import { containerIdSchema } from "./ids.ts";
import { bool, closedEnum, integer, message, openEnum, optional, repeated, text } from "./schema.ts";
import { secretSchema } from "./secret.ts";

const anything = message({});

const imageSchema = message({
  type: openEnum(["APPC", "DOCKER"]),
  appc: optional(message({ name: text })),
  docker: optional(message({ name: text })),
});

/** What a volume is made of, beside a host path or an image of its own. */
const volumeSourceSchema = message({
  type: optional(openEnum(["DOCKER_VOLUME", "HOST_PATH", "SANDBOX_PATH", "SECRET", "CSI_VOLUME"])),
  docker_volume: optional(message({ name: text })),
  host_path: optional(message({ path: text })),
  sandbox_path: optional(message({ type: optional(openEnum(["SELF", "PARENT"])), path: text })),
  secret: optional(secretSchema),
  csi_volume: optional(message({ plugin_name: text, static_provisioning: optional(anything) })),
});

export const volumeSchema = message({
  mode: closedEnum(["RW", "RO"]),
  container_path: text,
  host_path: optional(text),
  image: optional(imageSchema),
  source: optional(volumeSourceSchema),
});
export interface Volume extends z.output<typeof volumeSchema> {}

const ipAddressSchema = message({
  protocol: optional(openEnum(["IPv4", "IPv6"])),
  ip_address: optional(text),
});
export interface IPAddress extends z.output<typeof ipAddressSchema> {}

const portMappingSchema = message({ host_port: integer, container_port: integer, protocol: optional(text) });
export interface PortMapping extends z.output<typeof portMappingSchema> {}

const networkInfoSchema = message({
  ip_addresses: repeated(ipAddressSchema),
  name: optional(text),
  groups: repeated(text),
  labels: optional(labelsSchema),
  port_mappings: repeated(portMappingSchema),
});
export interface NetworkInfo extends z.output<typeof networkInfoSchema> {}

const dockerInfoSchema = message({
  image: text,
  network: optional(openEnum(["HOST", "BRIDGE", "NONE", "USER"])),
  port_mappings: repeated(portMappingSchema),
  privileged: optional(bool),
  parameters: repeated(parameterSchema),
  force_pull_image: optional(bool),
});
export interface DockerInfo extends z.output<typeof dockerInfoSchema> {}

export const containerInfoSchema = message({
  type: closedEnum(["DOCKER", "MESOS"]),
  volumes: repeated(volumeSchema),
  hostname: optional(text),
  docker: optional(dockerInfoSchema),
  mesos: optional(message({ image: optional(imageSchema) })),
  network_infos: repeated(networkInfoSchema),
  /** `share_cgroups` is true when absent. */
  linux_info: optional(message({ share_cgroups: optional(bool) })),
  rlimit_info: optional(anything),
  tty_info: optional(anything),
});
export interface ContainerInfo extends z.output<typeof containerInfoSchema> {}

export const containerStatusSchema = message({
  container_id: optional(containerIdSchema),
  network_infos: repeated(networkInfoSchema),
  executor_pid: optional(integer),
});
export interface ContainerStatus extends z.output<typeof containerStatusSchema> {}
