// Nothing of a VM is more than what Mesos accounts for its task.
import { VmDefinition, type VmDefinitionInit } from "@cke/protocol";
import { expect, test } from "vitest";
import { accountOf, noAccount, withinAccount } from "./accounted-resources.ts";

const scalar = (name: string, value: number) => ({ name, type: "SCALAR" as const, scalar: { value } });

test("the resources of a task, of all roles together", () => {
  expect(
    accountOf({ resources: [scalar("cpus", 0.3), scalar("mem", 100), scalar("cpus", 1.2), scalar("mem", 60)] }),
  ).toEqual({ cpuMillis: 1_500, memMib: 160 });
  expect(accountOf({ resources: [] })).toEqual(noAccount);
});

test.each<[VmDefinitionInit, VmDefinitionInit, readonly string[]]>([
  [{ cpu: { count: 2, limitMillis: 1_500 }, memory: { mib: 256, overheadMib: 64 } }, {}, []],
  [
    { cpu: { count: 2, limitMillis: 1_501 }, memory: { mib: 256, overheadMib: 64 } },
    { cpu: { count: 2, limitMillis: 1_500 } },
    ["cpu.limit_millis"],
  ],
  // Without a limit it would be one CPU for each vCPU.
  [{ cpu: { count: 2 } }, { cpu: { count: 2, limitMillis: 1_500 } }, ["cpu.limit_millis"]],
  [{ memory: { mib: 300, overheadMib: 64 } }, { memory: { mib: 256, overheadMib: 64 } }, ["memory.mib"]],
  [{ memory: { mib: 300 } }, {}, []],
  [{ memory: { mib: 10, overheadMib: 1_000 } }, { memory: { mib: 1, overheadMib: 1_000 } }, ["memory.mib"]],
])("%j", (wanted, changed, held) => {
  const definition = VmDefinition.create(wanted);
  const result = withinAccount(definition, { cpuMillis: 1_500, memMib: 320 });
  expect(result).toEqual({ definition: VmDefinition.create({ ...wanted, ...changed }), held });
  expect(withinAccount(definition, noAccount)).toEqual({ definition, held: [] });
});
