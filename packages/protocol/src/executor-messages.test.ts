// The bytes of executor messages have stayed the same since the first release. Executors of that version may still run,
// so both sides must be able to read each other. The bytes here were written by commit 28ee906.
import { expect, test } from "vitest";
import { ExecutorConfig, ExecutorMessage, SchedulerMessage } from "./index.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const bytes = (text: string) => new Uint8Array(Buffer.from(text, "hex"));

const address = { subnet: "10.77.0.0/24", gateway: "10.77.0.1" };
const host = {
  networks: [{ name: "net", driver: "bridge", scope: "local", ranges: [address] }],
  images: [{ name: "i:1", id: "sha256:1" }],
};

test("ExecutorInfo.data", () => {
  const config = { frameworkName: "cke", workload: "my", unit: "n0", incarnation: "1k", logLevel: "info" };
  const wire = "0a03636b6512026d791a026e302202316b2a04696e666f";
  expect(hex(ExecutorConfig.encode(config))).toBe(wire);
  expect(ExecutorConfig.decode(bytes(wire))).toEqual(config);
});

test.each<[ExecutorMessage["message"], string]>([
  [
    { kind: "secretsRequest", value: { publicKey: new Uint8Array([1, 2]), requestId: "r", names: ["a", "b"] } },
    "0a0d0a0201021201721a01611a0162",
  ],
  [
    { kind: "log", value: { level: "warning", message: "words", timeMs: 1893456000000, process: "etcd" } },
    "121d0a077761726e696e671205776f7264731880e896d68d37220465746364",
  ],
  [
    { kind: "host", value: host },
    "1a420a2f0a036e657412066272696467651a056c6f63616c22190a0c31302e37372e302e302f3234120931302e37372e302e31120f0a03693a3112087368613235363a31",
  ],
])("executor to scheduler: %o", (message, wire) => {
  expect(hex(ExecutorMessage.encode({ message }))).toBe(wire);
  expect(ExecutorMessage.decode(bytes(wire)).message).toEqual(message);
});

const sealed = {
  requestId: "r",
  publicKey: new Uint8Array([3]),
  nonce: new Uint8Array([4]),
  sealed: new Uint8Array([5]),
  error: "e",
};

test.each<[SchedulerMessage["message"], string]>([
  [{ kind: "secretsResponse", value: sealed }, "0a0f0a01721201031a01042201052a0165"],
  [{ kind: "unitState", value: { state: new Uint8Array([7]) } }, "42030a0107"],
  [{ kind: "logLevel", value: "debug" }, "1a056465627567"],
  [
    { kind: "removeUnit", value: { executorId: "cke.my.n0.1k", instance: "l" } },
    "22110a0c636b652e6d792e6e302e316b12016c",
  ],
  [{ kind: "reportHost", value: {} }, "2a00"],
])("scheduler to executor: %o", (message, wire) => {
  expect(hex(SchedulerMessage.encode({ message }))).toBe(wire);
  expect(SchedulerMessage.decode(bytes(wire)).message).toEqual(message);
});

test("an executor that does not know a kind of message sees none", () => {
  expect(SchedulerMessage.decode(bytes("fa0100")).message).toBeUndefined();
});
