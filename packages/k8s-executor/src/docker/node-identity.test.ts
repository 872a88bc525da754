import { expect, test } from "vitest";
import { derivedVolumeName, runDirectory } from "./node-identity.ts";

test("directories are short, and differ for every node of every framework", () => {
  const of = (frameworkId: string, cluster: string, node: string) =>
    runDirectory("/run/cke", { frameworkId, cluster, node });
  expect(of("f", "a", "b")).toMatch(/^\/run\/cke\/[0-9a-f]{16}$/);
  expect(new Set([of("f", "a", "b"), of("g", "a", "b"), of("f", "a-b", ""), of("f", "", "a-b")]).size).toBe(4);
});

test("volumes are named after their path", () => {
  expect(derivedVolumeName({ cluster: "c", node: "n" }, "/var/lib/k8s data/")).toBe("cke-c-n-var-lib-k8s-data");
});
