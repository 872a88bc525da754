import { expect, test } from "vitest";
import { LibvirtProtocolError } from "../../wire/libvirt-error.ts";
import { XdrWriter } from "../../wire/xdr-writer.ts";
import { stateWithReason } from "./domain-values.ts";
import { eventIds, eventKinds, lifecycleOf, readEvent } from "./event-values.ts";

const uuid = "00112233-4455-6677-8899-aabbccddeeff";

/** A message: its callback, its domain, and what `write` adds. */
function message(write: (output: XdrWriter) => void, id = 4): Buffer {
  const output = new XdrWriter();
  output.int(1, "callback");
  output.string("vm", "name");
  output.uuid(uuid, "uuid");
  output.int(id, "id");
  write(output);
  return output.finish();
}

const domain = { name: "vm", uuid, id: 4 };

test.each([
  [
    318,
    (output: XdrWriter) => [8, 0].forEach((n) => void output.int(n, "n")),
    { kind: "lifecycle", event: "crashed", detail: "panicked" },
  ],
  [319, () => {}, { kind: "reboot" }],
  [321, (output: XdrWriter) => output.int(3, "action"), { kind: "watchdog", action: "poweroff" }],
  [331, (output: XdrWriter) => output.uhyper(65_536, "actual"), { kind: "balloon", memoryKib: 65_536 }],
  [333, (output: XdrWriter) => output.string("net0", "alias"), { kind: "device-removed", alias: "net0" }],
  [
    348,
    (output: XdrWriter) => [1, 2].forEach((n) => void output.int(n, "n")),
    { kind: "agent", state: "connected", reason: "channel" },
  ],
])("message %i", (procedure, write, event) => {
  expect(readEvent(procedure, message(write))).toEqual({ domain, ...event });
});

test("a disk that is full", () => {
  const payload = message((output) => {
    output.string("/disk", "path");
    output.string("virtio-disk0", "alias");
    output.int(1, "action");
    output.string("enospc", "reason");
  });
  expect(readEvent(324, payload)).toEqual({
    kind: "io-error",
    domain,
    path: "/disk",
    device: "virtio-disk0",
    action: "pause",
    reason: "enospc",
  });
});

test("a domain that does not run has no number", () => {
  expect(
    readEvent(
      319,
      message(() => {}, -1),
    )?.domain.id,
  ).toBeUndefined();
});

test("what is malformed is a breach of the protocol, what is not known is nothing", () => {
  expect(() =>
    readEvent(
      318,
      message(() => {}),
    ),
  ).toThrow(LibvirtProtocolError);
  expect(() =>
    readEvent(
      319,
      message((output) => output.int(1, "more")),
    ),
  ).toThrow(LibvirtProtocolError);
  expect(readEvent(9_999, Buffer.alloc(0))).toBeUndefined();
  expect(lifecycleOf(99, 0)).toBeUndefined();
  expect(lifecycleOf(5, 99)).toEqual({ event: "stopped", detail: "unknown" });
});

test("every kind of event has a number of its own", () => {
  expect(new Set(eventKinds)).toEqual(new Set(Object.keys(eventIds)));
  expect(new Set(Object.values(eventIds)).size).toBe(eventKinds.length);
});

test.each([
  [1, 1, "running", "booted"],
  [3, 5, "paused", "io-error"],
  [5, 3, "shut-off", "crashed"],
  [6, 1, "crashed", "panicked"],
  [1, 99, "running", "unknown"],
  [99, 0, "unknown", "unknown"],
])("state %i, reason %i", (number, why, state, reason) => {
  expect(stateWithReason(number, why)).toEqual({ state, reason });
});
