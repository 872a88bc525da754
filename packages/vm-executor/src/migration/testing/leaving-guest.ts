// The executor of a guest that moves while it runs, on fakes, with a new host that gives the answers of the test.
import { duplexPair } from "node:stream";
import { pipeline } from "node:stream/promises";
import { CkeError } from "@cke/foundation";
import { TunnelTarget, UnitCall, VmCall, VmCallResult, type VmDefinitionInit } from "@cke/protocol";
import * as z from "zod";
import { type SetUpOptions, setUp } from "../../testing/vm-set-up.ts";
import { definition, launchVm, vmUuid } from "../../testing/vm-tasks.ts";
import { migrationSocket } from "../migration-messages.ts";
import { Peer } from "../peer.ts";

const directories = { data: "/b", place: "/b/vms/u", run: "/run/b" };
const askOf = z.looseObject({ ask: z.string() });
type Answers = Readonly<Record<string, () => unknown>>;

/** `answers`: of the new host, by what it is asked. Without a daemon that can be reached nothing is waited for. */
export async function source(answers: Answers = {}, options: SetUpOptions = {}, { disks = [] }: VmDefinitionInit = {}) {
  const parts = setUp(options);
  const { driver, host } = parts;
  driver.launch(launchVm({ definition: definition({ disks, restart: { policy: "never" } }) }));
  if (options.unreachable === undefined) await parts.running();
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

export const begin = async ({ way, ask }: Pick<Awaited<ReturnType<typeof source>>, "way" | "ask">) => {
  await way();
  return await ask("begin");
};

/** Its guest has gone, its executor knows it, and nothing of it is left. */
export async function departed(options: SetUpOptions = {}) {
  const vm = await source({ look: () => ({ arrived: true }) }, options);
  vm.leaving();
  if ((await begin(vm)).moved !== true || vm.hypervisor.held.size > 0) throw new Error("it has not gone");
  return vm;
}
