import { expect, test } from "vitest";
import { checkedName } from "./agent-paths.ts";

test.each(["", ".", "..", "a/b", "x".repeat(256)])("%j is no directory name", (id) => {
  expect(() => checkedName(id)).toThrow("cannot be used as an id");
});
