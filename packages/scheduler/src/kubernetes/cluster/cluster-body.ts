// Schemas of the body of `POST /k8s/v1/clusters` in both dialects, one entity at a time, so that a broken process does
// not hide problems elsewhere. Transforms give the normalised values. Unknown fields are reported apart
// (body-fields.ts).
import { nodeTypes } from "@cke/protocol";
import { z } from "zod";
import {
  assignment,
  attributesBody,
  nameOf,
  scalarText,
  valueMap,
  valueOfText,
} from "../../workload/body/placement-fields.ts";
import { networkField } from "../network/network-spec.ts";
import { routersField } from "../network/router-spec.ts";
import { uplinkBody } from "../network/uplink-spec.ts";
import { nodeAddress } from "../ranges/node-address.ts";
import { poolField } from "../ranges/pool-body.ts";
import { podRange, serviceRange } from "../ranges/range-body.ts";
import { exposures } from "./cluster-spec.ts";
import { labelsBody, taintsBody } from "./node-labels.ts";

const labelLike = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

export const clusterName = z
  .string()
  .regex(/^[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?$/, "letters, digits and - (which is not at an end)")
  .max(63, "at most 63 characters");
const nodeName = z
  .string()
  .regex(
    labelLike,
    "lower-case letters, digits and - (which is not at an end), for it becomes the Kubernetes node's name",
  )
  .max(63, "at most 63 characters");
const processName = z
  .string()
  .regex(labelLike, "lower-case letters, digits and - (which is not at an end)")
  .max(63, "at most 63 characters");
const portWords = "a port from 1 to 65535";
const isPortNumber = (number: number) => number >= 1 && number <= 65_535;
const portNumber = z.int(portWords).min(1, portWords).max(65_535, portWords);
const expectation = z.enum(["RUN", "STOP", "FINISHED"]).default("RUN");

const keyValues = z.union(
  [
    valueMap.transform((map) => Object.entries(map).map(([key, value]) => ({ key, value }))),
    z.array(
      z.union(
        [
          assignment.transform((text) => ({ key: nameOf(text), value: valueOfText(text) })),
          z.object({ key: z.string().min(1), value: scalarText }),
          z
            .object({ name: z.string().min(1), value: scalarText })
            .transform(({ name, value }) => ({ key: name, value })),
        ],
        'NAME=value, or an object like {"name": "A", "value": "b"}',
      ),
    ),
  ],
  'an object like {"NAME": "value"}, or a list of "NAME=value"',
);

const attributes = attributesBody.default([]);

const option = z.union(
  [
    z
      .string()
      .min(1)
      .transform((text) => text.trim()),
    z
      .object({ key: z.string().min(1), value: scalarText.optional() })
      .transform(({ key, value }) => (value === undefined ? key : `${key}=${value}`)),
  ],
  'an option like "--name=value", or an object like {"key": "--name", "value": "a"}',
);

const protocolPort = 'a port of tcp or udp from 1 to 65535, like 34571, "34571/tcp" or "53/udp"';
/** "34571/tcp", "34571", 34571 */
const portText = z.union(
  [
    z
      .int(protocolPort)
      .min(1, protocolPort)
      .max(65_535, protocolPort)
      .transform((number) => ({ number, protocol: "tcp" as const })),
    z
      .string(protocolPort)
      .regex(/^\d{1,5}(\/(tcp|udp))?$/i, { error: protocolPort, abort: true })
      .refine((text) => isPortNumber(Number(text.split("/")[0])), protocolPort)
      .transform((text) => {
        const [number = "", protocol = "tcp"] = text.toLowerCase().split("/");
        return { number: Number(number), protocol: protocol === "udp" ? ("udp" as const) : ("tcp" as const) };
      }),
  ],
  protocolPort,
);

export const ingressChoice = z.object({
  type: z.enum(["bridge", "spider-lb"]),
  bridges: z.array(portText).default([]),
});

export const ingressBody = z.object({
  name: z.string().min(1).max(63),
  port: z.union([z.literal("").transform(() => undefined), portText]).optional(),
});

const exposureWords = exposures.map((name) => JSON.stringify(name)).join(", ");
export const apiserverBody = z.object({
  expose: z.array(z.enum(exposures, `one of ${exposureWords}`)).optional(),
  port: z.union([z.literal("").transform(() => undefined), portText]).optional(),
  address: nodeAddress.optional(),
});

export const processResources = z.object({
  cpu: z.number().optional(),
  memory: z.number().optional(),
  mem: z.number().optional(),
});

const processCommand = z.union([z.literal(""), z.string().regex(/^\//, "empty or an absolute path")]);
const processOptions = z.union([z.null().transform(() => []), z.array(option)]);
const processEnvironment = z.union([z.null().transform(() => []), keyValues]);

export const processBody = z.object({
  name: processName,
  type: z.string().min(1),
  res: processResources.optional(),
  cmd: processCommand.default(""),
  options: processOptions.default([]),
  envs: processEnvironment.default([]),
  attributes,
  expect: expectation,
});
export type ProcessBody = z.infer<typeof processBody>;

/** The body of a PUT of one process: what is given is changed, the rest stays. */
export const processChangeBody = z.object({
  /** Only for a client that sends a whole process: it must be the present one. */
  name: processName.optional(),
  type: z.string().optional(),
  res: processResources.optional(),
  cmd: processCommand.optional(),
  options: processOptions.optional(),
  envs: processEnvironment.optional(),
  expect: z.enum(["RUN", "STOP"], '"RUN" or "STOP"').optional(),
});

export const nodeBody = z.object({
  name: nodeName,
  type: z.enum(nodeTypes, `one of ${nodeTypes.join(", ")}`),
  host: z
    .string()
    .transform((text) => text.trim())
    .transform((text) => (text === "" ? "*" : text))
    .default("*"),
  node_ip: nodeAddress,
  /** Of a gateway, in the uplink's network. */
  uplink_ip: nodeAddress.optional(),
  ingresses: z.union([z.null().transform(() => []), z.array(z.string())]).default([]),
  ingress: ingressChoice.optional(),
  gottyport: z
    .union([
      z.literal("").transform(() => undefined),
      portNumber,
      z
        .string()
        .regex(/^\d{1,5}$/, portWords)
        .transform(Number)
        .pipe(portNumber),
    ])
    .optional(),
  attributes,
  /** Of the Node object. */
  labels: labelsBody.default({}),
  taints: taintsBody.default([]),
  reservation: z.boolean().default(false),
  /** Absent: as in the cluster. */
  pod: z.boolean().optional(),
  expect: expectation,
});
export type NodeBody = z.infer<typeof nodeBody>;

export const clusterBody = z.object({
  cluster_type: z.literal("k8s", '"k8s", no other type is known').default("k8s"),
  k8s_ver: z.string().default(""),
  network: networkField,
  /** Routers outside of the cluster, to which its nodes speak BGP. */
  routers: routersField.optional(),
  /** The way outside of gateways. */
  uplink: uplinkBody.optional(),
  /** Absent: from the scheduler's pool, or as the configuration says. */
  pod_cidr: podRange.optional(),
  service_cidr: serviceRange.optional(),
  /** Of its Services of type LoadBalancer. */
  loadbalancer_pool: poolField.optional(),
  ingress: ingressChoice.optional(),
  apiserver: apiserverBody.optional(),
  attributes,
  /** A Mesos role of the framework; "" for any. */
  role: z
    .string()
    .transform((text) => text.trim())
    .default(""),
  pod: z.boolean().default(false),
  expect: expectation,
});
