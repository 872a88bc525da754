// Protobuf bytes. The known ones were written down by hand from the field numbers of scheduler.proto and executor.proto.
import { forAll } from "@cke/mesos/testing/wire-arbitraries";
import { expect, test } from "vitest";
import { messageOf } from "../testing/message-arbitraries.ts";
import { decodeBinary, decodeMessage, encodeBinary, encodeMessage, parseJson, stringifyJson } from "./index.ts";
import { v1Schema } from "./messages/schema.ts";

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");

test.each([
  // framework_id{value "f"}, type KILL (6), kill{task_id{"t"}}
  [
    "scheduler.Call",
    "0a 03 0a0166 10 06 32 05 0a 03 0a0174",
    { framework_id: { value: "f" }, type: "KILL", kill: { task_id: { value: "t" } } },
  ],
  // REVIVE is type 5 and field 15
  ["scheduler.Call", "10 05 7a 03 0a0172", { type: "REVIVE", revive: { roles: ["r"] } }],
  // data of an executor's MESSAGE is field 2
  [
    "executor.Call",
    "0a 03 0a0165 12 03 0a0166 18 03 32 04 12 02 6869",
    { executor_id: { value: "e" }, framework_id: { value: "f" }, type: "MESSAGE", message: { data: "aGk=" } },
  ],
  ["Value.Scalar", "09 000000000000e03f", { value: 0.5 }],
  ["DurationInfo", "08 ffffffffffffffffff 01", { nanoseconds: -1 }],
  ["DurationInfo", "08 8180808080808010", { nanoseconds: 9_007_199_254_740_993n }],
  // limits{"mem": 1.0}: a map is a list of entries
  [
    "TaskInfo",
    "0a016e 12030a0174 1a030a0161 7a 10 0a036d656d 12 09 09000000000000f03f",
    { name: "n", task_id: { value: "t" }, agent_id: { value: "a" }, limits: { mem: { value: 1 } } },
  ],
])("%s: %s", (type, bytes, message) => {
  expect(decodeBinary(type, hex(bytes))).toEqual(message);
  expect(Buffer.from(encodeBinary(type, message)).toString("hex")).toBe(hex(bytes).toString("hex"));
});

test.each([
  ["what comes twice is merged", "KillPolicy", "0a 02 0805 0a 00", { grace_period: { nanoseconds: 5 } }],
  ["the last value holds", "Value.Text", "0a0161 0a0162", { value: "b" }],
  ["lists may be packed", "HealthCheck.HTTPCheckInfo", "08 50 22 03 c801 01", { port: 80, statuses: [200, 1] }],
])("%s", (_name, type, bytes, message) => {
  expect(decodeBinary(type, hex(bytes))).toEqual(message);
});

test("unknown fields and unknown values of enums are not there", () => {
  expect(decodeBinary("FrameworkInfo.Capability", hex("08 63 f2ff0f 01 00"))).toEqual({});
});

test.each([
  ["a field that is cut off", "Value.Text", "0a 05 61"],
  ["a number that does not end", "DurationInfo", "08 ffffffffffffffffffffff"],
  ["field number 0", "Value.Text", "00 01"],
  ["a missing required field", "scheduler.Call", "10 06 32 00"],
  ["an unknown value of a required enum", "Attribute", "0a0161 10 63"],
  ["NaN", "Value.Scalar", "09 000000000000f87f"],
  ["101 messages in each other", "ContainerID", nested(100)],
])("%s is no message", (_name, type, bytes) => {
  expect(() => decodeBinary(type, hex(bytes))).toThrow(
    expect.objectContaining({ code: "invalid_message", status: 400 }),
  );
});

/** A container in a container in a container. */
function nested(depth: number): string {
  const container = Array.from({ length: depth }).reduce<object>((parent) => ({ value: "a", parent }), { value: "a" });
  return Buffer.from(encodeBinary("ContainerID", container)).toString("hex");
}

test.each([...v1Schema().messages.keys()])("%s is the same in JSON and in protobuf", (type) => {
  forAll(messageOf(type, 2, true), 12, (message) => {
    const text = stringifyJson(decodeBinary(type, encodeBinary(type, message)));
    if (text !== stringifyJson(decodeMessage(type, message))) throw new Error(`${text} of ${stringifyJson(message)}`);
    const printed = decodeMessage(
      type,
      parseJson(encodeMessage(type, message).replaceAll(/(-?)Infinity/g, '"$1Infinity"')),
    );
    const bytes = Buffer.from(encodeBinary(type, printed)).toString("hex");
    const again = Buffer.from(encodeBinary(type, decodeBinary(type, Buffer.from(bytes, "hex")))).toString("hex");
    if (bytes !== again) throw new Error(`${bytes} and ${again}`);
  });
});
