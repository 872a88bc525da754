import { expect, test } from "vitest";
import { sampleNode } from "../testing/sample-rendering.ts";
import { outlineOf } from "./node-renderer.ts";
import { earlierPodCidr, storedRenderingSchema, storeRendering, unpackRendering } from "./stored-rendering.ts";

const packed = (name: string) => {
  const { messages, ...rest } = storedRenderingSchema.parse(
    JSON.parse(JSON.stringify(storeRendering(sampleNode(name), "9.9.9"))),
  );
  return { ...rest, messages: new Uint8Array(Buffer.from(messages, "base64")) };
};

test.each(["master", "node0", "console"])("%s comes back from the store as it was rendered", (name) => {
  const rendered = sampleNode(name);
  const stored = packed(name);
  expect(unpackRendering(stored, "renderings/my/m")).toEqual(rendered);
  expect(stored.outline).toEqual(outlineOf(rendered));
  expect(stored.renderedBy).toBe("9.9.9");
});

test("nodes that differ in name and address alone have one outline", () => {
  expect(packed("master").outline).toEqual(outlineOf(sampleNode("master")));
  expect(packed("master").outline).not.toEqual(packed("node0").outline);
});

const whole = packed("master");
const torn = whole.messages.slice(0, -20);
test.each([
  ["nothing", { ...whole, messages: new Uint8Array(0) }],
  ["a torn value", { ...whole, messages: torn }],
  ["another number of processes", { ...whole, outline: { ...whole.outline, processes: [] } }],
])("%s is corrupt, and says where", (_title, stored) => {
  expect(() => unpackRendering(stored, "renderings/my/m")).toThrow("the stored renderings/my/m cannot be read");
});

test("a rendering of an earlier version has the block in an environment", () => {
  const worker = sampleNode("node0");
  const withBlock = (value: string) => ({
    processes: worker.processes.map((process) => ({
      ...process,
      spec: { ...process.spec, environment: [...process.spec.environment, { name: "POD_CIDR", value }] },
    })),
  });
  expect(earlierPodCidr(withBlock("10.1.0.0/24"))).toBe("10.1.0.0/24");
  expect(earlierPodCidr(withBlock(""))).toBeUndefined();
  expect(earlierPodCidr(worker)).toBeUndefined();
});
