import { describe, expect, test } from "vitest";
import { MalformedMessageError, ProcessSpec, SecretBundle, TaskData, WatchEvent } from "../index.ts";

describe("message codecs", () => {
  const spec = ProcessSpec.create({
    name: "etcd",
    command: ["/usr/bin/etcd", "--name=m1"],
    environment: [{ name: "ETCDCTL_API", value: "3" }],
    resources: { cpuMillis: 100, memoryBytes: 2 ** 40 + 1, cfsQuota: true },
    health: [
      {
        name: "health",
        check: { kind: "http", value: { url: "http://127.0.0.1:2381/health", expectStatus: [200, 204] } },
      },
    ],
    restart: { mode: "on-failure", backoffMinMs: 500 },
  });

  test("a message survives the wire", () => {
    expect(ProcessSpec.decode(ProcessSpec.encode(spec))).toEqual(spec);
  });

  test("oneofs and nested messages survive the wire", () => {
    const data = TaskData.create({ task: { kind: "process", value: { spec } } });
    expect(TaskData.decode(TaskData.encode(data))).toEqual(data);
    expect(TaskData.decode(new Uint8Array(0)).task).toBeUndefined();
  });

  test("bytes of a message are its own: what was received may be used again", () => {
    const bundle = { secrets: { token: Uint8Array.from([1, 2, 3]) } };
    const received = Buffer.from(SecretBundle.encode(bundle));
    const decoded = SecretBundle.decode(received);
    received.fill(0);
    expect(decoded).toEqual(bundle);
    expect(decoded.secrets.token).not.toBeInstanceOf(Buffer);
  });

  test("unknown fields are skipped", () => {
    const bytes = WatchEvent.encode({ sequence: 7 });
    expect(WatchEvent.decode(Uint8Array.from([...bytes, 0xfa, 0x3f, 2, 1, 2])).sequence).toBe(7);
  });

  test("a torn message is an error at every cut inside a field", () => {
    const bytes = ProcessSpec.encode({ name: "kube-apiserver" });
    for (let length = 1; length < bytes.length; length += 1)
      expect(() => ProcessSpec.decode(bytes.subarray(0, length))).toThrow(MalformedMessageError);
  });
});
