// A service of VMs for tests that have none.
import { VmNotFoundError } from "../body/vm-errors.ts";
import type { VmControl } from "../views/vm-control-service.ts";
import type { VmService } from "../views/vm-service.ts";

const absent = (name: string): never => {
  throw new VmNotFoundError(name);
};
const refuse = async (name: string): Promise<never> => absent(name);

export const noVmControl: VmControl = {
  migration: { begin: refuse, abandon: refuse, settled: refuse },
  power: refuse,
  pause: refuse,
  change: refuse,
  snapshots: refuse,
  snapshot: refuse,
  revert: refuse,
  removeSnapshot: refuse,
  guest: refuse,
  screenshot: refuse,
  files: refuse,
  file: refuse,
  console: refuse,
};

export const noVms: VmService = {
  list: () => [],
  over: () => [],
  get: absent,
  state: absent,
  pending: absent,
  json: absent,
  log: absent,
  create: async () => {
    throw new Error("this test creates no VM");
  },
  remove: refuse,
  expect: refuse,
  replace: refuse,
  changePlan: refuse,
};
