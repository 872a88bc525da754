// The configurations that ship: they are read without a complaint and render every type of node.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readCluster } from "./cluster-reader.ts";
import { parseConfiguration } from "./configuration-parser.ts";
import { renderNode } from "./node-renderer.ts";
import { exampleBody } from "./testing/user-bodies.ts";

const directory = join(import.meta.dirname, "../../../../default_cfg");
const files = readdirSync(directory).filter((name) => /^cke\.conf-.*\.yaml$/.test(name));

test("there is at least one", () => {
  expect(files.length).toBeGreaterThan(0);
});

test.each(files)("%s serves the user's example", (file) => {
  const version = file.replace(/^cke\.conf-|\.yaml$/g, "");
  const configuration = parseConfiguration(file, version, readFileSync(join(directory, file), "utf8"));
  const context = {
    configurations: new Map([[version, configuration]]),
    existing: [],
    loadBalancer: false,
    roles: ["*"],
  };
  const { spec } = readCluster(exampleBody(), context);
  for (const node of spec.nodes) {
    const options = {
      imagePath: "reg.mg.hcbss/open",
      registry: { domain: "reg.mg.hcbss", ip: "10.124.142.43" },
      registryCertificate: new Uint8Array([1]),
      cfsQuota: false,
      lxcfsPath: undefined,
      dockerPath: undefined,
    };
    const rendered = renderNode(spec, node, configuration, options);
    const text = JSON.stringify(rendered.processes.map(({ spec: process }) => process));
    expect(text).not.toContain("$native");
    expect(text).not.toMatch(/\$\{?[A-Z_]{3,}/);
    expect(rendered.processes.map(({ name }) => name)).toEqual(
      expect.arrayContaining((node.processes ?? []).map(({ name }) => name)),
    );
    for (const { phase } of configuration.nodes[node.type].processes)
      if (phase !== "") expect(configuration.phases[node.type]).toContain(phase);
  }
});
