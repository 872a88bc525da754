// A VM whose guest moves while it runs, against a fake Mesos: under way, with an end that the test decides.
import { CkeError } from "@cke/foundation";
import { running, runs } from "./moving-vm.ts";

export const ownDisk = { disk: { system: { image: "debian.qcow2" } } };

/** Its executors run on both hosts, and its guest is asked to go. `more`: further hosts. */
export async function moving(wish: object = {}, body: Readonly<Record<string, unknown>> = ownDisk, ...more: string[]) {
  const made = await running(body, ...more);
  const { s, executors } = made;
  const went = Promise.withResolvers<{ moved: boolean; text: string }>();
  executors.moveLive = async (progress, signal) => {
    progress("moving the guest while it runs: 1 MB of 2 MB");
    const gone = new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    return await Promise.race([went.promise, gone]);
  };
  const go = () => {
    executors.gone = true;
    went.resolve({ moved: true, text: "the guest runs on its new host" });
  };
  const words = await s.scheduler.vmControl.migration.begin("web", wish, "ann");
  await s.offer("a", "b");
  await runs(s, "destination");
  await runs(s, "source");
  await s.seconds(10);
  const cut = () => went.reject(new CkeError("no_channel", "its agent is gone"));
  return { ...made, go, cut, words };
}

export const abandon = async ({ s }: Pick<Awaited<ReturnType<typeof moving>>, "s">) =>
  await s.scheduler.vmControl.migration.abandon("web", "ann");
