import { expect, test } from "vitest";
import { configuredVersions, prepare } from "./prepare.ts";

test("a version without a configuration is refused with those that have one, before anything is built", async () => {
  const [newest = "", ...older] = configuredVersions();
  expect(older.length).toBeGreaterThan(0);
  await expect(prepare("1.99", false)).rejects.toThrow(
    `there is no default_cfg/cke.conf-1.99.yaml; versions with one: ${[newest, ...older].join(", ")}`,
  );
});
