// A cluster for tests of the load balancer.
import { type ClusterRecord, clusterRecordSchema } from "../../cluster/cluster-record.ts";

export interface SampleNode {
  readonly name: string;
  readonly type: string;
  readonly ip: string;
  readonly ingresses?: readonly string[];
  readonly expect?: string;
}

export interface SampleCluster {
  readonly name?: string;
  readonly network?: string;
  readonly nodes?: readonly SampleNode[];
  readonly expect?: string;
  readonly deleting?: boolean;
  readonly apiserver?: object;
  readonly createdAtMs?: number;
}

export function sampleCluster({
  name = "c",
  network = "net-vpc1",
  nodes = [],
  expect = "RUN",
  deleting = false,
  apiserver,
  createdAtMs = 1,
}: SampleCluster): ClusterRecord {
  const units = nodes.map((node) => ({
    host: "*",
    attributes: [],
    reservation: false,
    expect: "RUN",
    ingresses: [],
    ...node,
  }));
  const spec = { name, version: "1", network, attributes: [], units, ingresses: [], expect, apiserver };
  const record = clusterRecordSchema.parse({ kind: "kubernetes", spec, createdAtMs, deleting });
  return { ...record, kind: "kubernetes" };
}
