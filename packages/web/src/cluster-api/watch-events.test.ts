import { expect, test } from "vitest";
import { afterEvent, listState } from "./watch-events.ts";

const object = (uid: string, resourceVersion: string, word = "") => ({ metadata: { uid, resourceVersion }, word });
const list = listState({
  apiVersion: "apps/v1",
  kind: "DeploymentList",
  metadata: { resourceVersion: "5" },
  items: [object("a", "1"), object("b", "2")],
});
const event = (type: string, changed: unknown) => afterEvent(list, JSON.stringify({ type, object: changed }));

test("a list is known by its objects' uids", () => {
  expect([...list.items.keys()]).toEqual(["a", "b"]);
  expect(list.resourceVersion).toBe("5");
  expect(list.items.get("a")).toMatchObject({ apiVersion: "apps/v1", kind: "Deployment" });
});

test.each([
  ["ADDED", object("c", "6"), ["a", "b", "c"]],
  ["MODIFIED", object("a", "6", "new"), ["a", "b"]],
  ["DELETED", object("a", "6"), ["b"]],
  ["BOOKMARK", { metadata: { resourceVersion: "6" } }, ["a", "b"]],
])("%s", (type, changed, uids) => {
  const step = event(type, changed);
  if (step.kind !== "next") throw new Error("it is read anew");
  expect([...step.state.items.keys()]).toEqual(uids);
  expect(step.state.resourceVersion).toBe("6");
  expect(list.items.size).toBe(2);
});

test.each([
  ["the version is too old", JSON.stringify({ type: "ERROR", object: { code: 410 } })],
  ["an event that is not known", JSON.stringify({ type: "LATER", object: object("a", "6") })],
  ["no event at all", "{"],
])("read anew: %s", (_why, text) => {
  expect(afterEvent(list, text).kind).toBe("again");
});
