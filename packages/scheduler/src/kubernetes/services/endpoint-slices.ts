// On which nodes a Service has endpoints that are ready, by its EndpointSlices. Pure.
import { z } from "zod";

/** Label of a slice: the name of its Service. */
export const serviceLabel = "kubernetes.io/service-name";

const objectSchema = z.object({
  metadata: z.object({
    uid: z.string(),
    namespace: z.string(),
    labels: z.record(z.string(), z.string()).default({}),
  }),
  endpoints: z
    .array(
      z.object({
        nodeName: z.string().default(""),
        /** Unknown counts as ready (discovery.k8s.io/v1, EndpointConditions). */
        conditions: z.object({ ready: z.boolean().default(true) }).default({ ready: true }),
      }),
    )
    .nullish()
    .transform((endpoints) => endpoints ?? []),
});

export interface ServiceEndpoints {
  readonly uid: string;
  readonly namespace: string;
  readonly service: string;
  /** Names of nodes with an endpoint that is ready. */
  readonly nodes: readonly string[];
}

/** Undefined for a slice of no Service. */
export function readSlice(object: unknown): ServiceEndpoints | undefined {
  const { data } = objectSchema.safeParse(object);
  const service = data?.metadata.labels[serviceLabel];
  if (data === undefined || service === undefined) return undefined;
  const ready = data.endpoints.filter(({ nodeName, conditions }) => conditions.ready && nodeName !== "");
  const nodes = [...new Set(ready.map(({ nodeName }) => nodeName))].sort();
  return { uid: data.metadata.uid, namespace: data.metadata.namespace, service, nodes };
}
