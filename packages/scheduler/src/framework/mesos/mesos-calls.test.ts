import { silentLogger } from "@cke/foundation";
import type { CallResult } from "@cke/mesos";
import { expect, test } from "vitest";
import type { FrameworkCall } from "../interfaces/mesos-connection.ts";
import { MesosCalls } from "./mesos-calls.ts";

function calls(results: CallResult["kind"][]) {
  const sent: FrameworkCall[] = [];
  const sink = {
    call: async (call: FrameworkCall): Promise<CallResult> => {
      sent.push(call);
      return results.shift() === "unreachable"
        ? { kind: "unreachable", reason: "test" }
        : { kind: "accepted", status: 202 };
    },
  };
  return { sent, mesos: new MesosCalls(sink, silentLogger) };
}

const decline = (offerId: string, refuse_seconds: number) => ({
  type: "DECLINE",
  decline: { offer_ids: [{ value: offerId }], filters: { refuse_seconds } },
});

test("B16: offers whose answer may be lost are declined until that arrives", async () => {
  const { sent, mesos } = calls(["unreachable", "unreachable", "unreachable"]);
  await mesos.decline(["o1"], 5);
  await mesos.accept(["o2"], [], 1);
  sent.length = 0;
  await mesos.declineAgain();
  expect(sent).toEqual([decline("o1", 5), decline("o2", 1)]);
  await mesos.declineAgain();
  await mesos.declineAgain();
  expect(sent.slice(2)).toEqual([decline("o1", 5)]);
});

test("B16: an earlier subscription's offers are nobody's", async () => {
  const { sent, mesos } = calls(["unreachable"]);
  await mesos.decline(["o1"], 5);
  mesos.forgetOffers();
  await mesos.declineAgain();
  expect(sent).toHaveLength(1);
});
