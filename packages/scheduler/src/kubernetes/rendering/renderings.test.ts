import { silentLogger, systemClock } from "@cke/foundation";
import { expect, test } from "vitest";
import { MemoryStore } from "../../store/memory-store.ts";
import { readCluster } from "../cluster/cluster-reader.ts";
import { context } from "../testing/read-bodies.ts";
import { sampleConfiguration } from "../testing/sample-configuration.ts";
import { exampleBody } from "../testing/user-bodies.ts";
import { PresentRenderer } from "./current-renderer.ts";
import { renderNode } from "./node-renderer.ts";
import { Renderings } from "./renderings.ts";

const options = { imagePath: "", cfsQuota: false, configurations: new Map([["1.36", sampleConfiguration()]]) };
/** A version of CKE whose nodes know the first master only. */
const earlier = {
  version: "0.0.1",
  render: (...[spec, node, configuration, more]: Parameters<typeof renderNode>) =>
    renderNode(spec, node, configuration, { ...more, balancerPort: 0 }),
};

test("a process that is rendered anew finds the API server where its node's other programs do", async () => {
  const { spec } = readCluster(exampleBody(), context());
  const before = new Renderings(new PresentRenderer(options, earlier), systemClock);
  const created = before.create(spec);
  const store = new MemoryStore();
  await store.commit([...created.operations]);
  const now = new Renderings(new PresentRenderer(options), systemClock);
  await now.load(
    store,
    { clusters: [{ kind: "kubernetes", spec, createdAtMs: 1, deleting: false }], nodesOf: () => [] },
    silentLogger,
  );
  const balancers: unknown[] = [];
  for (const renderings of [now, new Renderings(new PresentRenderer(options), systemClock)]) {
    if (renderings !== now) renderings.keep(spec.name, renderings.create(spec));
    renderings.change(spec, "node0", (rendered, fresh) => {
      balancers.push([rendered.kubeNode.apiBalancer?.port, fresh().kubeNode.apiBalancer?.port]);
      return rendered;
    });
  }
  expect(balancers).toEqual([
    [undefined, undefined],
    [6444, 6444],
  ]);
});
