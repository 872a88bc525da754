// The nodes of the example cluster, rendered with the sample configuration.
import { readCluster } from "../cluster/cluster-reader.ts";
import { anyImages } from "../configuration/version-images.ts";
import type { NodeOutline } from "../rendering/node-outline.ts";
import { outlineOf, type RenderedNode, type RenderOptions, renderNode } from "../rendering/node-renderer.ts";
import { sampleConfiguration } from "./sample-configuration.ts";
import { exampleBody } from "./user-bodies.ts";

const options: RenderOptions = {
  imagePath: "reg.mg.hcbss/open",
  registry: { domain: "reg.mg.hcbss", ip: "10.124.142.43" },
  registryCertificate: undefined,
  cfsQuota: false,
  lxcfsPath: undefined,
  dockerPath: undefined,
};

/** Of a body whose nodes' processes are the configuration's. */
export function sampleNode(name: string, body: unknown = exampleBody()): RenderedNode {
  const configuration = sampleConfiguration();
  const { spec } = readCluster(body, {
    configurations: new Map([["1.36", configuration]]),
    existing: [],
    claimedPorts: [],
    loadBalancer: false,
    roles: ["*"],
    images: anyImages,
  });
  const node = spec.units.find((candidate) => candidate.name === name);
  if (node === undefined) throw new Error(`no node ${name}`);
  return renderNode(spec, node, configuration, options);
}

/** A worker with all processes of the sample configuration. */
export function sampleOutline(): NodeOutline {
  const kubenodes = [
    { name: "m", type: "master", node_ip: "10.0.0.1" },
    { name: "n", type: "node", node_ip: "10.0.0.2" },
  ];
  return outlineOf(sampleNode("n", exampleBody({ kubenodes, ingresses: [] })));
}
