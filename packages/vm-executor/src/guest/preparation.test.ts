// When the seed of a VM is written again, on fakes.
import { VmNic } from "@cke/protocol";
import { expect, test } from "vitest";
import { setUp } from "../testing/vm-set-up.ts";
import { definition, launchVm, vmUuid } from "../testing/vm-tasks.ts";

test.each([
  ["once while its network stays", "24", 1],
  ["again when its network has another prefix length", "16", 2],
])("a seed is written %s", async (_what, later, times) => {
  const { driver, ports, hypervisor, running, until, last } = setUp();
  const { networks } = ports;
  const { prepare, locate } = networks;
  let [prefix, prepared] = ["", "24"];
  Object.assign(networks, {
    prepare: async (...asked: Parameters<typeof prepare>) => {
      prefix = `/${prepared}`;
      return await prepare(...asked);
    },
    locate: (...asked: Parameters<typeof locate>) => ({ ...locate(...asked), ip: `10.9.0.7${prefix}` }),
  });
  const nics = [VmNic.create({ name: "lan", ip: "10.9.0.7" })];
  driver.launch(launchVm({ definition: definition({ nics, seed: { hostname: "h" }, restart: { policy: "always" } }) }));
  await running();
  prepared = later;
  hypervisor.happen(vmUuid, "shut-off", "crashed", { event: "stopped", detail: "failed" });
  await until(() => last()?.message?.startsWith("restarted") === true);
  expect(ports.calls.filter((call) => call.startsWith("seeds.write"))).toHaveLength(times);
  await driver.detach();
});
