// Reads bodies of clusters for tests of what is accepted and what is refused.
import { SpecInvalidError } from "../../workload/body/spec-invalid-error.ts";
import { type ReadContext, readCluster } from "../cluster/cluster-reader.ts";
import { claimedPortsOf } from "../cluster/cluster-spec.ts";
import { anyImages } from "../configuration/version-images.ts";
import { sampleConfiguration } from "./sample-configuration.ts";

/** What a body is read with: three versions, no other clusters. */
export const context = (overrides: Partial<ReadContext> = {}): ReadContext => ({
  configurations: new Map([
    ["1.36", sampleConfiguration("1.36")],
    ["1.9", sampleConfiguration("1.9")],
    ["1.15", sampleConfiguration("1.15")],
  ]),
  existing: [],
  claimedPorts: (overrides.existing ?? []).filter(({ expect }) => expect === "RUN").flatMap(claimedPortsOf),
  roles: ["cke"],
  images: anyImages,
  loadBalancer: false,
  ...overrides,
});
/** Why a body is refused. */
export const failure = (body: unknown, overrides: Partial<ReadContext> = {}): SpecInvalidError => {
  try {
    readCluster(body, context(overrides));
  } catch (error) {
    if (error instanceof SpecInvalidError) return error;
    throw error;
  }
  throw new Error("the body was accepted");
};
/** A master of a body. */
export const node = (overrides: Readonly<Record<string, unknown>>) => ({
  name: "m",
  type: "master",
  host: "a",
  node_ip: "10.0.0.1",
  ...overrides,
});
