import { expect, test } from "vitest";
import { readableOffers } from "./readable-offers.ts";
import { parseSchedulerEvent } from "./scheduler-event.ts";

const offer = (id: string, more: Readonly<Record<string, unknown>> = {}) => ({
  id: { value: id },
  framework_id: { value: "f" },
  agent_id: { value: "a" },
  hostname: "a",
  ...more,
});

test("one offer that cannot be read costs no other one, and is named", () => {
  const strange = offer("o2", { resources: [{ name: "x", type: "SOMETHING_NEW" }] });
  const event = parseSchedulerEvent({ type: "OFFERS", offers: { offers: [offer("o1"), strange, 7, offer("o3")] } });
  const read = event.type === "UNKNOWN" ? readableOffers(event) : undefined;
  expect(read?.event.offers.offers?.map(({ id }) => id.value)).toEqual(["o1", "o3"]);
  expect(read?.unreadable).toEqual(["o2"]);
});

test("anything else is none of its business", () => {
  const event = parseSchedulerEvent({ type: "SURPRISE" });
  expect(event.type === "UNKNOWN" && readableOffers(event)).toBeUndefined();
});
