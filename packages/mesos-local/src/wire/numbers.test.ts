// What protobuf's JSON printers write, and what Mesos' parser makes of numbers and booleans. Facts: stout/protobuf.hpp.
import { expect, test } from "vitest";
import { decodeMessage, type JsonObject, parseJson } from "./index.ts";

const read = (type: string, text: string) => decodeMessage(type, parseJson(text));

test.each([
  ["DurationInfo", '{"nanoseconds":"9007199254740993"}', { nanoseconds: 9_007_199_254_740_993n }],
  ["DurationInfo", '{"nanoseconds":9007199254740993}', { nanoseconds: 9_007_199_254_740_993n }],
  ["DurationInfo", '{"nanoseconds":"-5"}', { nanoseconds: -5 }],
  ["DurationInfo", '{"nanoseconds":1.9}', { nanoseconds: 1 }],
  ["DurationInfo", '{"nanoseconds":1e300}', { nanoseconds: -(2n ** 63n) }],
  ["Value.Range", '{"begin":"18446744073709551615","end":-1}', { begin: 2n ** 64n - 1n, end: 2n ** 64n - 1n }],
  ["CheckInfo.Tcp", '{"port":"8080"}', { port: 8080 }],
  ["CheckInfo.Tcp", '{"port":-1}', { port: 4_294_967_295 }],
  ["CgroupInfo.NetCls", '{"classid":4294967297}', { classid: 1 }],
  ["Value.Scalar", '{"value":"0.5"}', { value: 0.5 }],
  ["Value.Scalar", '{"value":"Infinity"}', { value: Number.POSITIVE_INFINITY }],
  ["Value.Scalar", '{"value":"-Infinity"}', { value: Number.NEGATIVE_INFINITY }],
  ["Value.Scalar", '{"value":9007199254740993}', { value: 9_007_199_254_740_992 }],
  ["CommandInfo", '{"shell":"false","value":"v"}', { shell: false, value: "v" }],
  ["CommandInfo", '{"shell":null,"arguments":"one"}', { arguments: ["one"] }],
  ["CommandInfo", '{"arguments":[["a",null],["b"]]}', { arguments: ["a", "b"] }],
  [
    "ContainerInfo.MesosInfo",
    '{"image":{"type":"DOCKER","docker":{"name":"n"},"cached":"true"}}',
    {
      image: { type: "DOCKER", docker: { name: "n" }, cached: true },
    },
  ],
  [
    "TaskInfo",
    '{"name":"n","task_id":{"value":"t"},"agent_id":{"value":"a"},"data":" aGk\\n=="}',
    {
      name: "n",
      task_id: { value: "t" },
      agent_id: { value: "a" },
      data: "aGk=",
    },
  ],
])("%s %s is taken", (type, text, message) => {
  expect(read(type, text)).toEqual(message);
});

test.each([
  [
    "DurationInfo",
    '{"nanoseconds":"x"}',
    "Failed to parse 'x' as a JSON number for field 'nanoseconds': syntax error at line 1 near: x",
  ],
  [
    "DurationInfo",
    '{"nanoseconds":"true"}',
    "Failed to parse 'true' as a JSON number for field 'nanoseconds': Unexpected JSON type parsed",
  ],
  [
    "Value.Scalar",
    '{"value":"NaN"}',
    "Failed to parse 'NaN' as a JSON number for field 'value': syntax error at line 1 near: NaN",
  ],
  ["Value.Scalar", '{"value":true}', "Not expecting a JSON boolean for field 'value'"],
  [
    "CommandInfo",
    '{"shell":"yes"}',
    "Failed to parse 'yes' as a JSON boolean for field 'shell': syntax error at line 1 near: yes",
  ],
  [
    "CommandInfo",
    '{"shell":"1"}',
    "Failed to parse '1' as a JSON boolean for field 'shell': Unexpected JSON type parsed",
  ],
  ["CommandInfo", '{"shell":1}', "Not expecting a JSON number for field 'shell'"],
  ["Value.Scalar", '{"value":1e999}', "Value out of range"],
])("%s %s is refused", (type, text, words) => {
  expect(() => read(type, text)).toThrow(words);
});

test("a map is a list of entries: their required fields are missed too, and lists of objects are one map", () => {
  const constraints = (predicate: JsonObject): JsonObject => ({
    subscribe: {
      framework_info: { user: "u", name: "n" },
      offer_constraints: {
        role_constraints: { "*": { groups: [{ attribute_constraints: [{ selector: {}, predicate }] }] } },
      },
    },
  });
  expect(() => decodeMessage("scheduler.Call", constraints({ text_matches: {} }))).toThrow(
    "Missing required fields: subscribe.offer_constraints.role_constraints[0].value.groups[0].attribute_constraints[0].predicate.text_matches.regex",
  );
  const task = { name: "n", task_id: { value: "t" }, agent_id: { value: "a" } };
  expect(() => decodeMessage("TaskInfo", { ...task, limits: { cpus: null } })).toThrow(
    "Missing required fields: limits[0].value.value",
  );
  expect(decodeMessage("TaskInfo", { ...task, limits: [{ cpus: { value: 1 } }, { mem: { value: "2" } }] })).toEqual({
    ...task,
    limits: { cpus: { value: 1 }, mem: { value: 2 } },
  });
});
