// A guest that has gone, and the daemon of its old host, which answers late or never: on fakes.
import { expect, test } from "vitest";
import { hastyClock } from "../testing/vm-set-up.ts";
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
