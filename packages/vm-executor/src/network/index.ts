// Networks of VMs on this host.
import type { Networks } from "../ports/networks.ts";
import { commandRunner } from "./command-runner.ts";
import { HostNetworks } from "./host-networks.ts";
import { NetworkRecords } from "./network-records.ts";

/** `root`: where executors of this host keep what they have made; the same for all of them, gone after a restart of the host. */
export const hostNetworks = (root = "/run/cke/networks"): Networks =>
  new HostNetworks({ run: commandRunner(), records: new NetworkRecords(root) });
