import { expect, test } from "vitest";
import type { HostFacts } from "../../workload/agents/host-facts.ts";
import { sampleConfiguration } from "../testing/sample-configuration.ts";
import { type ImageSources, imageProblem, launchableVersions } from "./version-images.ts";

const withImage = (version: string, imageName: string) => {
  const base = sampleConfiguration(version);
  const nodes = Object.fromEntries(Object.entries(base.nodes).map(([type, node]) => [type, { ...node, imageName }]));
  return { ...base, nodes: { ...base.nodes, ...nodes } };
};
const configurations = new Map([
  ["1.36", withImage("1.36", "cke-kube-node:v1.36.3")],
  ["1.37", withImage("1.37", "cke-kube-node:v1.37.2")],
]);
const host = (...images: readonly string[]): HostFacts => ({
  hostname: "a",
  atMs: 0,
  networks: [],
  images: images.map((name) => ({ name, id: "sha256:1" })),
});
const sources = (hosts: readonly HostFacts[], complete: boolean, more: Partial<ImageSources> = {}): ImageSources => ({
  imagePath: "cke.local",
  localVersions: [],
  known: { hosts, complete, now: 5_000 },
  ...more,
});
const newer = "cke.local/cke-kube-node:v1.37.2";
const older = "cke.local/cke-kube-node:v1.36.3";

test.each<readonly [string, ImageSources, readonly string[]]>([
  ["nothing is known", sources([], false), ["1.37", "1.36"]],
  ["not every agent is known", sources([host(newer)], false), ["1.37", "1.36"]],
  ["one image on every agent there is", sources([host(newer)], true), ["1.37"]],
  ["each image somewhere", sources([host(newer), host(older)], true), ["1.37", "1.36"]],
  ["what make up has built", sources([], false, { localVersions: ["1.37"] }), ["1.37"]],
  [
    "what make up has built, and one that was built later",
    sources([host(older)], false, { localVersions: ["1.37"] }),
    ["1.37", "1.36"],
  ],
  ["local images without a path", sources([host("cke-kube-node:v1.36.3")], true, { imagePath: "" }), ["1.36"]],
  ["a registry may have all", sources([host()], true, { imagePath: "registry.example/open" }), ["1.37", "1.36"]],
])("launchable: %s", (_title, of, versions) => {
  expect(launchableVersions(configurations, of)).toEqual(versions);
});

test("the refusal names image, agents, the command that builds it, and what can be launched", () => {
  const configuration = withImage("1.36", "cke-kube-node:v1.36.3");
  expect(imageProblem(configuration, ["master"], configurations, sources([host(newer)], true))).toBe(
    "Kubernetes 1.36 has no image on any agent (host a (seen 5 s ago)): cke.local/cke-kube-node:v1.36.3 is a local image, which is pulled from nowhere. Build it: make image VERSION=1.36. What can be launched now: 1.37",
  );
  const withoutPath = sources([host(older)], true, { imagePath: "" });
  expect(imageProblem(configuration, ["master"], configurations, withoutPath)).toMatch(
    /: cke-kube-node:v1\.36\.3 is a local image, .* Build it: make image VERSION=1\.36 IMAGE=cke-kube-node:v1\.36\.3\. What/,
  );
  expect(imageProblem(configuration, ["master"], configurations, sources([], false))).toBeUndefined();
  const told = sources([], false, { localVersions: ["1.35"] });
  expect(imageProblem(configuration, ["master"], configurations, told)).toMatch(/launched now: nothing$/);
});
