// A guest that has gone, and the daemon of its old host, which answers late or never: on fakes.
import { expect, test } from "vitest";
import { hastyClock, type SetUpOptions } from "../testing/vm-set-up.ts";
import { vmUuid } from "../testing/vm-tasks.ts";
import { begin, departed, source } from "./testing/leaving-guest.ts";

test("a guest that has gone has moved, whether or not the daemon of its old host ever answers", async () => {
  const { host, driver } = await departed();
  await driver.detach();
  const next = await source({}, { host, unreachable: () => new Error("no daemon") });
  expect(await next.ask("begin")).toMatchObject({ moved: true });
  await next.driver.detach();
});

test("a daemon that takes a question and does not answer keeps no move up, and ends nothing that is started later", async () => {
  const vm = await source({ look: () => ({ arrived: true }) });
  vm.leaving();
  const { domains, held } = vm.hypervisor;
  const { destroy } = domains;
  const [asked, goes] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  domains.destroy = async (domain) => {
    domains.destroy = destroy;
    asked.resolve();
    await goes.promise;
    await destroy(domain);
  };
  const moved = begin(vm);
  await asked.promise;
  expect(await vm.ask("give-up")).toMatchObject({ moved: true });
  expect(await moved).toMatchObject({ moved: true });
  const taken = vm.ask("take-back");
  await hastyClock.sleep(100_000);
  expect(held.get(vmUuid)?.starts).toBe(1);
  goes.resolve();
  expect(await taken).toMatchObject({ moved: false });
  expect(held.get(vmUuid)).toMatchObject({ state: "running", starts: 1 });
  await vm.driver.detach();
});

const sharedDisk = { name: "data", role: "data", format: "raw", path: "/mnt/data.raw", shared: true };

/** Its executor begins while its guest leaves; the new host says that it does not have the guest any more, which may have run there. */
async function returning(options: SetUpOptions) {
  const first = await source({}, {}, { disks: [sharedDisk] });
  first.leaving();
  first.hypervisor.happen(vmUuid, "paused", "migration");
  await first.driver.detach();
  const asked = Promise.withResolvers<void>();
  const look = () => {
    asked.resolve();
    return { arrived: false, mayHaveRun: true };
  };
  const { host, hypervisor } = first;
  const next = await source({ look }, { host, hypervisor, ...options }, { disks: [sharedDisk] });
  return { next, asked: asked.promise };
}

test.each(["another attempt", "the end of its executor"])(
  "a guest that is started anew waits for its daemon, but not against %s",
  async (what) => {
    const { next, asked } = await returning({ unreachable: () => new Error("no daemon") });
    const moved = begin(next).catch((error: unknown) => error);
    await asked;
    // Time for what follows the answer.
    await hastyClock.sleep(100_000);
    if (what.includes("attempt")) await next.way();
    else await next.driver.detach();
    expect(await moved).toMatchObject({ retryable: true });
    if (what.includes("attempt")) await next.driver.detach();
    expect(next.note()).toMatchObject({ kind: "leaving" });
  },
);

test.each(["begin", "take-back"])(
  "a guest that is started anew gets over a daemon that dies meanwhile: %s",
  async (action) => {
    const { next, asked } = await returning({});
    const { hypervisor } = next;
    const { destroy } = hypervisor.domains;
    const lost = Promise.withResolvers<void>();
    hypervisor.domains.destroy = async (domain) => {
      hypervisor.domains.destroy = destroy;
      hypervisor.lose();
      lost.resolve();
      await destroy(domain);
    };
    const answer = (action === "begin" ? begin(next) : next.ask(action)).catch((error: unknown) => error);
    await Promise.all([lost.promise, ...(action === "begin" ? [asked] : [])]);
    await hastyClock.sleep(100_000);
    hypervisor.mend();
    const anew = { retryable: true, message: expect.stringContaining("started anew") };
    expect(await answer).toMatchObject(action === "begin" ? anew : { moved: false });
    await next.until(() => next.last()?.healthy === true && hypervisor.held.get(vmUuid)?.state === "running");
    expect(hypervisor.held.get(vmUuid)?.starts).toBe(1);
    await next.driver.detach();
  },
);
