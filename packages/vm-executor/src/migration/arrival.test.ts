// What a new host makes of domains that are there before the guest comes, on fakes: libvirt refuses to prepare anything.
import { duplexPair } from "node:stream";
import { pipeline } from "node:stream/promises";
import { CkeError } from "@cke/foundation";
import { LibvirtConnectionError } from "@cke/libvirt";
import { TunnelTarget, type VmTaskInit } from "@cke/protocol";
import { expect, test } from "vitest";
import * as z from "zod";
import { FakeHypervisor } from "../testing/fake-hypervisor.ts";
import { FakePorts } from "../testing/fake-ports.ts";
import { type SetUpOptions, setUp } from "../testing/vm-set-up.ts";
import { definition, launchVm, taskId, vmUuid } from "../testing/vm-tasks.ts";
import { cannotMoveCode, migrationSocket } from "./migration-messages.ts";
import { Peer } from "./peer.ts";

const anything = z.record(z.string(), z.unknown());
const prepare = {
  ask: "prepare",
  xml: `<domain><name>cke-vm1-6f1c1d1e</name><uuid>${vmUuid}</uuid></domain>`,
  cookie: "",
  paused: false,
};
const refuse = async (): Promise<never> => {
  throw new CkeError("invalid_argument", "asks nothing");
};

/** The daemon of a host where the VM was before. */
async function left(state: "running" | "shut-off") {
  const { hypervisor, driver, running } = setUp();
  driver.launch(launchVm());
  await running();
  await driver.detach();
  if (state === "shut-off") hypervisor.happen(vmUuid, state, "shutdown");
  return hypervisor;
}

async function destination(hypervisor = new FakeHypervisor(), options: SetUpOptions = {}, task: VmTaskInit = {}) {
  const parts = setUp({ ...options, hypervisor });
  parts.driver.launch(launchVm({ ...task, part: "destination" }));
  await parts.running();
  const { signal } = new AbortController();
  const target = TunnelTarget.create({ target: { kind: "unixSocket", value: migrationSocket } });
  const way = await parts.driver.streams.tunnel(target, signal);
  const [mine, theirs] = duplexPair();
  pipeline(way, theirs).catch(() => {});
  pipeline(theirs, way).catch(() => {});
  const peer = new Peer(mine, { answer: refuse, open: refuse });
  return { ...parts, ask: (request: unknown) => peer.ask(request, anything), close: () => peer.close() };
}

test("the definition that an earlier stay has left is no guest that has come", async () => {
  const { ask, hypervisor, driver } = await destination(await left("shut-off"));
  await ask({ ask: "offer" });
  expect(hypervisor.held.size).toBe(0);
  await expect(ask(prepare)).rejects.toMatchObject({ code: cannotMoveCode });
  expect(await ask({ ask: "look" })).toMatchObject({ arrived: false });
  await driver.detach();
});

test.each(["restart", "adopt"])(
  "a domain of this VM that is there when an emulator is asked for: %s",
  async (found) => {
    const hypervisor = await left(found === "adopt" ? "running" : "shut-off");
    const { ask, driver, ports, close, host } = await destination(hypervisor);
    await expect(ask(prepare)).rejects.toMatchObject({ code: cannotMoveCode });
    expect(await ask({ ask: "look" })).toMatchObject({ arrived: false });
    expect([...host.notes.keys()].filter((note) => note.endsWith("arrival"))).toEqual([]);
    close();
    await driver.detach();
    expect(hypervisor.held.get(vmUuid)?.state).toBe(found === "adopt" ? "running" : "shut-off");
    expect(ports.calls).not.toContain("networks.prepare ");
  },
);

test("a guest that runs there already stays as it is", async () => {
  const { ask, hypervisor, driver } = await destination(await left("running"));
  await expect(ask({ ask: "offer" })).rejects.toMatchObject({ code: cannotMoveCode });
  expect(hypervisor.held.get(vmUuid)?.state).toBe("running");
  await driver.detach();
});

test.each(["before", "after"])("a stranger's guest of this uuid is not touched, defined %s the offer", async (when) => {
  const stranger = await left("running");
  const held = stranger.held.get(vmUuid);
  if (held === undefined) throw new Error("no domain");
  held.metadata = undefined;
  const hypervisor = new FakeHypervisor();
  if (when === "before") hypervisor.held.set(vmUuid, held);
  const { ask, driver, close } = await destination(hypervisor);
  if (when === "before") {
    await expect(ask({ ask: "offer" })).rejects.toMatchObject({ code: cannotMoveCode });
    await expect(ask(prepare)).rejects.toMatchObject({ code: cannotMoveCode });
  } else {
    await ask({ ask: "offer" });
    hypervisor.migrationSteps.prepare = async () => {
      hypervisor.held.set(vmUuid, held);
      throw FakeHypervisor.refusal("it is there");
    };
    await expect(ask(prepare)).rejects.toMatchObject({ code: cannotMoveCode });
  }
  expect(await ask({ ask: "look" })).toMatchObject({ arrived: false });
  close();
  await driver.detach();
  expect(hypervisor.held.get(vmUuid)?.state).toBe("running");
  expect(hypervisor.calls).not.toContain("destroy");
});

test("a host that sees another file at the path of a shared disk is no place for the guest", async () => {
  const ports = new FakePorts();
  const { filename: path } = import.meta;
  const disks = [{ name: "data", role: "data", format: "raw", path, shared: true }];
  const { ask, driver, host } = await destination(undefined, { ports }, { definition: definition({ disks }) });
  ports.foreignDisks.add("data");
  await expect(ask({ ask: "offer" })).rejects.toMatchObject({
    code: cannotMoveCode,
    message: expect.stringContaining("other files at the paths of its shared disks (data)"),
  });
  ports.foreignDisks.clear();
  await ask({ ask: "offer" });
  expect(host.notes.size).toBe(0);
  await driver.detach();
});

test("shared disks are claimed by the host where the guest is: not when it does not come", async () => {
  const { ask, driver, ports } = await destination();
  await ask({ ask: "offer" });
  await expect(ask(prepare)).rejects.toMatchObject({ code: cannotMoveCode });
  await ask({ ask: "cancel" });
  expect(await ask({ ask: "look" })).toMatchObject({ arrived: false });
  expect(ports.calls).not.toContain("disks.claim");
  await driver.detach();
});

test("shared disks are claimed when the guest has come", async () => {
  const hypervisor = new FakeHypervisor();
  const there = await left("running");
  const held = there.held.get(vmUuid);
  if (held === undefined) throw new Error("no domain");
  const { ask, driver, ports } = await destination(hypervisor);
  await ask({ ask: "offer" });
  hypervisor.migrationSteps.prepare = async () => ({ cookie: new Uint8Array(), uri: "" });
  hypervisor.migrationSteps.finish = async () => {
    hypervisor.held.set(vmUuid, held);
    return { cookie: new Uint8Array(), domain: { uuid: vmUuid, name: held.name, id: 1 } };
  };
  await ask(prepare);
  expect(ports.calls).not.toContain("disks.claim");
  ports.failures.set("disks.claim", new CkeError("disk_busy", "another VM has it"));
  expect(await ask({ ask: "finish", cookie: "" })).toMatchObject({ arrived: true });
  expect(ports.calls).toContain("disks.claim");
  await driver.detach();
});

test.each(["kill", "shutdown"])("a guest that has come, at the %s of the executor that took it", async (end) => {
  const there = await left("running");
  // No order to remove anything is waited for.
  const { driver, host, hypervisor, ended, context } = await destination(there, { orderMs: 3_600_000_000 });
  host.started.add(`/var/lib/cke/vms/${vmUuid}`);
  host.notes.set(`/var/lib/cke/vms/${vmUuid}/arrival`, JSON.stringify({ kind: "arrived" }));
  if (end === "kill") driver.kill(launchVm(), {});
  else await driver.shutdown();
  await ended();
  expect(context.of(taskId).at(-1)?.state).toBe("TASK_KILLED");
  // Another executor follows a kill. What Mesos shuts down has nothing that runs on.
  expect(hypervisor.held.get(vmUuid)?.state).toBe(end === "kill" ? "running" : "shut-off");
});

test("a cookie whose definition names what is not the VM's is refused, and nothing goes on", async () => {
  const { ask, driver, hypervisor } = await destination();
  const bad = `<q><domain><name>cke-vm1-6f1c1d1e</name><uuid>${vmUuid}</uuid><os><nvram>/etc/shadow</nvram></os></domain></q>`;
  const cookie = Buffer.from(bad).toString("base64");
  await ask({ ask: "offer" });
  await expect(ask({ ...prepare, cookie })).rejects.toMatchObject({ code: cannotMoveCode });
  hypervisor.migrationSteps.prepare = async () => ({ cookie: new Uint8Array(), uri: "" });
  await ask(prepare);
  const answer = await ask({ ask: "finish", cookie });
  expect(answer).toMatchObject({ arrived: false, reason: expect.stringContaining("/etc/shadow") });
  await driver.detach();
});

test("a host that lost its power after it was asked to let the guest go on says that it may have run there", async () => {
  const { ask, driver, host, hypervisor } = await destination();
  await ask({ ask: "offer" });
  let note: string | undefined;
  hypervisor.migrationSteps.prepare = async () => ({ cookie: new Uint8Array(), uri: "" });
  hypervisor.migrationSteps.finish = async () => {
    note = [...host.notes].find(([name]) => name.endsWith("arrival"))?.[1];
    throw new LibvirtConnectionError("the daemon has died");
  };
  await ask(prepare);
  expect(await ask({ ask: "look" })).toEqual({ arrived: false, mayHaveRun: false });
  await ask({ ask: "offer" });
  await ask(prepare);
  expect(await ask({ ask: "finish", cookie: "" })).toMatchObject({ arrived: false });
  expect(JSON.parse(note ?? "")).toEqual({ kind: "expected", finishedIn: "boot-1" });
  // The same kernel: that libvirt has no definition is an answer.
  expect(await ask({ ask: "look" })).toEqual({ arrived: false, mayHaveRun: false });
  host.boot = "boot-2";
  expect(await ask({ ask: "look" })).toEqual({ arrived: false, mayHaveRun: true });
  await ask({ ask: "offer" });
  expect(await ask({ ask: "look" })).toEqual({ arrived: false, mayHaveRun: false });
  await driver.detach();
});
