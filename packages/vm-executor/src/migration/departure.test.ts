// The executor of a guest that moves while it runs, on fakes: what it asks, and what it does with answers.
import { duplexPair } from "node:stream";
import { pipeline } from "node:stream/promises";
import { CkeError } from "@cke/foundation";
import { TunnelTarget, UnitCall, VmCall, VmCallResult } from "@cke/protocol";
import { expect, test } from "vitest";
import * as z from "zod";
import { FakeHypervisor } from "../testing/fake-hypervisor.ts";
import { hastyClock, setUp } from "../testing/vm-set-up.ts";
import { definition, launchVm, vmUuid } from "../testing/vm-tasks.ts";
import { migrationSocket } from "./migration-messages.ts";
import { Peer } from "./peer.ts";

const directories = { data: "/b", place: "/b/vms/u", run: "/run/b" };
const askOf = z.looseObject({ ask: z.string() });
type Answers = Readonly<Record<string, () => unknown>>;

/** `answers`: of the new host, by what it is asked. */
async function source(answers: Answers = {}) {
  const parts = setUp();
  const { driver, host } = parts;
  driver.launch(launchVm({ definition: definition({ disks: [], restart: { policy: "never" } }) }));
  await parts.running();
  parts.hypervisor.monitor.set("query-block", { return: [] });
  const { signal } = new AbortController();
  const target = TunnelTarget.create({ target: { kind: "unixSocket", value: migrationSocket } });
  const way = async () => {
    const opened = await driver.streams.tunnel(target, signal);
    const [mine, theirs] = duplexPair();
    pipeline(opened, theirs).catch(() => {});
    pipeline(theirs, opened).catch(() => {});
    const all: Answers = { offer: () => directories, files: () => ({}), cancel: () => ({}), ...answers };
    return new Peer(mine, {
      answer: async (request) => {
        const { ask } = askOf.parse(request);
        const answer = all[ask];
        if (answer === undefined) throw new CkeError("invalid_argument", ask);
        return await answer();
      },
      open: async () => duplexPair()[0],
    });
  };
  const ask = async (action: string, plan = "p1") => {
    const request = VmCall.encode({ call: { kind: "migrate", value: { action, plan } } });
    for await (const { answer } of driver.streams.call(UnitCall.create({ request }), signal))
      if (answer?.kind === "result") return VmCallResult.decode(answer.value);
    throw new Error("no answer");
  };
  const place = `/var/lib/cke/vms/${vmUuid}`;
  const leaving = () => host.notes.set(`${place}/departure`, JSON.stringify({ kind: "leaving", plan: "p1" }));
  const note = (): unknown => JSON.parse(host.notes.get(`${place}/departure`) ?? "null");
  return { ...parts, way, ask, leaving, note };
}

const begin = async ({ way, ask }: Pick<Awaited<ReturnType<typeof source>>, "way" | "ask">) => {
  await way();
  return await ask("begin");
};

test("the end of what is left of a guest that has gone is not the guest's end", async () => {
  const vm = await source({ look: () => ({ arrived: true }) });
  vm.leaving();
  const { undefine } = vm.hypervisor.domains;
  vm.hypervisor.domains.undefine = async (domain, options) => {
    // Time for a look at the guest, which the event of its end asks for.
    await hastyClock.sleep(100_000);
    await undefine(domain, options);
  };
  expect(await begin(vm)).toMatchObject({ moved: true });
  expect(vm.note()).toEqual({ kind: "gone", plan: "p1" });
  expect(vm.hypervisor.held.size).toBe(0);
  expect(vm.last()).toMatchObject({ state: "TASK_RUNNING", message: expect.stringContaining("runs on its new host") });
  await vm.driver.detach();
});

test.each([
  ["has got a snapshot", "has snapshots"],
  ["stands still by an error", "does not run"],
])("a guest that %s while files go over is looked at once more", async (what, words) => {
  const vm = await source({
    files: () => {
      const image = { snapshots: [{ name: "s1", "date-sec": 1, "vm-state-size": 0 }] };
      const inserted = { "node-name": "n1", drv: "qcow2", ro: false, image };
      if (what.includes("snapshot")) vm.hypervisor.monitor.set("query-block", { return: [{ qdev: "/x", inserted }] });
      else vm.hypervisor.happen(vmUuid, "paused", "io-error");
      return {};
    },
  });
  expect(await begin(vm)).toMatchObject({ moved: false, text: expect.stringContaining(words) });
  expect(vm.note()).toBeNull();
  await vm.driver.detach();
});

test("a job that is under way at the domain is waited for, but not without an end", async () => {
  const vm = await source();
  const busy = FakeHypervisor.refusal("cannot acquire state change lock", 68);
  vm.hypervisor.failOn("monitor", busy, busy, busy);
  for (const _ of [1, 2]) await expect(begin(vm)).rejects.toMatchObject({ retryable: true });
  expect(await begin(vm)).toMatchObject({ moved: false, text: expect.stringContaining("after 3 attempts") });
  await vm.driver.detach();
});

test("one question moves it at a time", async () => {
  const offered = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const vm = await source({
    offer: async () => {
      asked.resolve();
      await offered.promise;
      throw new CkeError("disk_full", "no room");
    },
  });
  const first = begin(vm).catch((error: unknown) => error);
  await asked.promise;
  await expect(vm.ask("begin")).rejects.toMatchObject({ code: "vm_busy", retryable: true });
  offered.resolve();
  expect(await first).toMatchObject({ code: "disk_full" });
  await vm.driver.detach();
});

test("what was handed over is not let go on here", async () => {
  const vm = await source();
  vm.leaving();
  vm.hypervisor.happen(vmUuid, "paused", "unknown");
  const { signal } = new AbortController();
  for (const value of [{ action: "resume" }, { action: "reset" }]) {
    const request = VmCall.encode({ call: { kind: "power", value } });
    const asked = async () => {
      for await (const _ of vm.driver.streams.call(UnitCall.create({ request }), signal));
    };
    await expect(asked()).rejects.toMatchObject({ code: "guest_away" });
  }
  expect(vm.hypervisor.held.get(vmUuid)?.state).toBe("paused");
  expect(vm.hypervisor.calls.filter((call) => call === "resume" || call === "reset")).toEqual([]);
  await vm.driver.detach();
});

test("taken back from a host that is lost for good, it goes on here, and does not move by that plan", async () => {
  const vm = await source();
  vm.leaving();
  vm.hypervisor.happen(vmUuid, "paused", "migration");
  await expect(vm.ask("give-up")).rejects.toMatchObject({ retryable: true });
  expect(vm.hypervisor.held.get(vmUuid)?.state).toBe("paused");
  expect(await vm.ask("take-back")).toMatchObject({ moved: false });
  expect(vm.hypervisor.held.get(vmUuid)?.state).toBe("running");
  expect(vm.note()).toEqual({ kind: "stays", plan: "p1" });
  await expect(begin(vm)).rejects.toMatchObject({ code: "failed_precondition" });
  await vm.driver.detach();
});

test("a guest that a move has left standing still goes on, and it is said when it does not", async () => {
  const vm = await source();
  const suspended = { event: "suspended", detail: "migrated" };
  const { held } = vm.hypervisor;
  vm.hypervisor.happen(vmUuid, "paused", "migration", suspended);
  await expect.poll(() => held.get(vmUuid)?.state, { timeout: 120_000 }).toBe("running");
  vm.hypervisor.failOn("resume", ...Array.from({ length: 300 }, () => FakeHypervisor.refusal("busy")));
  vm.hypervisor.happen(vmUuid, "paused", "migration", suspended);
  await vm.until(() => vm.last()?.healthy === false);
  expect(vm.last()?.message).toContain("stands still since a move");
  await expect.poll(() => held.get(vmUuid)?.state, { timeout: 120_000 }).toBe("running");
  await vm.until(() => vm.last()?.healthy === true);
  await vm.driver.detach();
});

test("a guest that is being handed over stands still", async () => {
  const vm = await source();
  vm.leaving();
  const before = vm.hypervisor.calls.length;
  vm.hypervisor.happen(vmUuid, "paused", "migration", { event: "suspended", detail: "migrated" });
  await expect
    .poll(() => vm.hypervisor.calls.slice(before).filter((call) => call === "state").length, { timeout: 120_000 })
    .toBeGreaterThan(2);
  expect(vm.hypervisor.held.get(vmUuid)?.state).toBe("paused");
  await vm.driver.detach();
});
