import { expect, test } from "vitest";
import { decodeMessage, encodeMessage, JsonSyntaxError, messageText, parseJson, stringifyJson } from "./index.ts";

test.each([
  ["{not json", "syntax error at line 1 near: not json"],
  ["", "syntax error at line 1 near: "],
  ['{"a":\n[1,}', "syntax error at line 2 near: }"],
  ["{} x", "Parsed JSON included non-whitespace trailing characters:  x"],
])("%j is not JSON: %s", (text, words) => {
  expect(() => parseJson(text)).toThrow(new JsonSyntaxError(words));
});

test("integers beyond 2^53 and escapes survive", () => {
  const text = '{"n":1795441978481000000,"s":"å\\u0001\\"","d":0.5}';
  expect(stringifyJson(parseJson(text))).toBe(text);
});

test.each([
  ["9007199254740993", 9007199254740993n],
  ["[-9007199254740993]", [-9007199254740993n]],
  ["1e3", 1000],
  ['{"a":{"b":[true,null,-0.5]},"a":2}', { a: 2 }],
  ["01", 1],
])("%s is read whole", (text, value) => {
  expect(parseJson(text)).toEqual(value);
});

test.each(["1e400", "-1E+999", `[1${"0".repeat(400)}.0]`])("%s is more than a number holds", (text) => {
  expect(() => parseJson(text)).toThrow("Value out of range");
});

test("200 levels are read, and no more", () => {
  expect(() => parseJson("[".repeat(200) + "]".repeat(200))).not.toThrow();
  expect(() => parseJson("[".repeat(201) + "]".repeat(201))).toThrow(JsonSyntaxError);
  expect(() => parseJson('{"a":'.repeat(100_000))).toThrow(JsonSyntaxError);
});

test.each([
  [[], "Expecting a JSON object"],
  [{ type: 1 }, "Not expecting a JSON number for field 'type'"],
  [{ type: "KILL", kill: {} }, "Missing required fields: kill.task_id"],
  [
    { type: "ACCEPT", accept: { operations: [{ type: "LAUNCH", launch: { task_infos: [{ name: "t" }] } }] } },
    "Missing required fields: accept.operations[0].launch.task_infos[0].task_id, accept.operations[0].launch.task_infos[0].agent_id",
  ],
  [{ acknowledge: { uuid: "!" } }, "Failed to base64 decode bytes field 'uuid': Invalid character '!'"],
])("call %j is refused: %s", (call, words) => {
  expect(() => decodeMessage("scheduler.Call", call)).toThrow(words);
});

test("unknown fields and values go, order and defaults come", () => {
  const info = decodeMessage("FrameworkInfo", { bogus: 1, name: "n", user: "u", capabilities: [{ type: "NEW" }] });
  expect(encodeMessage("FrameworkInfo", info)).toBe(
    '{"user":"u","name":"n","failover_timeout":0.0,"checkpoint":false,"capabilities":[{}]}',
  );
  expect(encodeMessage("CommandInfo.URI", { value: "v" })).toBe('{"value":"v","extract":true}');
});

test("text format goes by field numbers", () => {
  expect(messageText("CommandInfo", { value: 'a"b', shell: true, uris: [{ value: "u" }] })).toBe(
    'uris {\n  value: "u"\n}\nvalue: "a\\"b"\nshell: true\n',
  );
});
