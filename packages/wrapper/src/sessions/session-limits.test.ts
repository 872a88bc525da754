import { expect, test } from "vitest";
import { type SessionKind, SessionLimits, sessionBounds } from "./session-limits.ts";

const kinds: readonly SessionKind[] = ["exec", "tunnel", "get-file", "put-file", "run-probe", "watch"];

test.each(kinds)("%s: as many as its bound, one more when one is over", async (kind) => {
  const limits = new SessionLimits();
  const over = Promise.withResolvers<string>();
  const sessions = Array.from({ length: sessionBounds[kind] }, () => limits.run(kind, () => over.promise));
  await expect(limits.run(kind, async () => "too many")).rejects.toMatchObject({ code: "resource_exhausted" });
  for (const other of kinds.filter((name) => name !== kind)) {
    expect(await limits.run(other, async () => "another kind")).toBe("another kind");
  }
  over.resolve("over");
  await Promise.all(sessions);
  expect(await limits.run(kind, async () => "room")).toBe("room");
  expect(limits.open(kind)).toBe(0);
});

test("a session that fails is over too", async () => {
  const limits = new SessionLimits();
  await expect(limits.run("exec", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(limits.open("exec")).toBe(0);
});
