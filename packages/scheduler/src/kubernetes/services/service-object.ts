// Services of type LoadBalancer as the API server shows them, with what addresses depend on. Pure.
import { z } from "zod";

/** Annotation that asks for an address, like `spec.loadBalancerIP`, which Kubernetes has deprecated. It counts before that. */
export const addressAnnotation = "cke-loadbalancer-address";

const objectSchema = z.object({
  metadata: z.object({
    uid: z.string(),
    namespace: z.string(),
    name: z.string(),
    resourceVersion: z.string(),
    creationTimestamp: z.string().default(""),
    deletionTimestamp: z.string().optional(),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  spec: z.object({
    type: z.string().default("ClusterIP"),
    loadBalancerIP: z.string().default(""),
    loadBalancerClass: z.string().optional(),
    externalTrafficPolicy: z.string().default("Cluster"),
    ipFamilies: z.array(z.string()).optional(),
  }),
  status: z
    .object({
      loadBalancer: z
        .object({ ingress: z.array(z.object({ ip: z.string().default("") })).default([]) })
        .default({ ingress: [] }),
    })
    .default({ loadBalancer: { ingress: [] } }),
});

export interface LoadBalancerService {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly resourceVersion: string;
  /** RFC 3339, so that texts have the order of times. */
  readonly createdAt: string;
  /** It has been deleted, and something keeps it for a while. */
  readonly ending: boolean;
  /** The address that it asks for; "" for any. */
  readonly asked: string;
  /** What its status says now; "" for an entry without an address. */
  readonly addresses: readonly string[];
  /** `externalTrafficPolicy: Local`: only nodes with an endpoint of it take its traffic. */
  readonly local: boolean;
  /** It has an address of IPv4. */
  readonly ipv4: boolean;
}

/** Undefined for a Service that gets no address of a pool: another type, another class of load balancer, or nothing readable. */
export function readService(object: unknown): LoadBalancerService | undefined {
  const { data } = objectSchema.safeParse(object);
  if (data === undefined || data.spec.type !== "LoadBalancer" || data.spec.loadBalancerClass !== undefined)
    return undefined;
  const { metadata, spec, status } = data;
  return {
    ...{ uid: metadata.uid, namespace: metadata.namespace, name: metadata.name },
    ...{ resourceVersion: metadata.resourceVersion, createdAt: metadata.creationTimestamp },
    ending: metadata.deletionTimestamp !== undefined,
    asked: metadata.annotations[addressAnnotation] ?? spec.loadBalancerIP,
    addresses: status.loadBalancer.ingress.map(({ ip }) => ip),
    local: spec.externalTrafficPolicy === "Local",
    ipv4: spec.ipFamilies === undefined || spec.ipFamilies.includes("IPv4"),
  };
}
