// The standing of a leader for tests, with what a test does not care about.
import { FakeProcessService } from "../../api/testing/fake-process-service.ts";
import { noChannels } from "../../channel/testing/no-channels.ts";
import { noMasters } from "../../kubernetes/access/testing/no-masters.ts";
import { noFiles } from "../../kubernetes/testing/no-files.ts";
import { noFloating } from "../../kubernetes/testing/no-floating.ts";
import { noNodes } from "../../kubernetes/testing/no-nodes.ts";
import { noVmControl, noVms } from "../../vm/testing/no-vms.ts";
import type { Standing } from "../standing.ts";

type Leader = Extract<Standing, { kind: "leader" }>;

/** A leader with this service, without channels, masters and files unless the test gives some. */
export const leaderStanding = (standing: Pick<Leader, "service"> & Partial<Leader>): Leader => ({
  kind: "leader",
  processes: new FakeProcessService(),
  channels: noChannels,
  masters: noMasters,
  files: noFiles,
  sandboxFiles: noFiles,
  nodes: noNodes,
  floating: noFloating,
  vms: noVms,
  vmControl: noVmControl,
  ...standing,
});
