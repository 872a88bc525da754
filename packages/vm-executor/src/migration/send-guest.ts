// Sends a guest that runs to another host: libvirt's steps, at this host's daemon and, by its executor, at the other's. Memory and disks go
// through two sockets here and the way to the other executor. When it resolves or throws, the guest runs on one of both hosts; only when the
// answer to the last question is lost, a note stays, and the guest stands still here until the other host has said whether it has it.
import { join } from "node:path";
import { CkeError, type Clock, messageOf } from "@cke/foundation";
import { isLibvirtError, type JobStats, LibvirtConnectionError, type MigrationStepOptions } from "@cke/libvirt";
import type { VirtualMachine } from "../guest/virtual-machine.ts";
import { describeBytes } from "../storage/free-space.ts";
import { movedText, withoutMemoryLimit } from "./definition-text.ts";
import { type Listening, listenAt } from "./local-sockets.ts";
import {
  type Directories,
  doneSchema,
  finishedSchema,
  type MirroredDisk,
  preparedSchema,
  streams,
  toBytes,
  toText,
} from "./migration-messages.ts";
import type { Peer } from "./peer.ts";

export interface GuestWay {
  readonly vm: { readonly machine: Pick<VirtualMachine, "open"> };
  readonly peer: Peer;
  readonly disks: readonly MirroredDisk[];
  readonly ours: Directories;
  readonly theirs: Directories;
  readonly paused: boolean;
  /** It writes to disks on storage of all hosts. libvirt knows few kinds of such storage by itself. */
  readonly shared: boolean;
  readonly clock: Clock;
  readonly say: (words: string) => void;
  readonly signal: AbortSignal;
}

export interface HandOver {
  /** On storage when it resolves: the other host decides from now on. */
  leaving(): Promise<void>;
  /** The other host has said that it has the guest. On storage when it resolves. */
  gone(): Promise<void>;
  /** The guest is this host's again. */
  stays(): Promise<void>;
}

export interface SentGuest {
  readonly arrived: boolean;
  /** Why it did not. */
  readonly reason: string;
}

const progressMs = 1_000;

/** Throws LibvirtError when libvirt refuses to begin, and CkeError of the other host. Else resolves to what came of it. */
export async function sendGuest(way: GuestWay, handOver: HandOver): Promise<SentGuest> {
  const { vm, peer, disks, ours } = way;
  const { hypervisor, domain } = await vm.machine.open();
  const socket = (name: string) => join(ours.run, `${name}.sock`);
  const listening: Listening[] = [];
  try {
    for (const name of [streams.memory, streams.disks])
      listening.push(await listenAt(socket(name), (stream) => peer.open(name, stream)));
    const present = await domain.present();
    if (present === undefined) return { arrived: false, reason: "its domain is gone" };
    const text = async (inactive: boolean) =>
      movedText(
        withoutMemoryLimit(await hypervisor.domains.xml(present, { secure: true, inactive, migratable: !inactive })),
        directoryPairs(way),
      );
    const targets = disks.map(({ target }) => target);
    const copied =
      targets.length === 0
        ? {}
        : { copyDisks: targets, incremental: true, disksUri: `unix://${socket(streams.disks)}` };
    const options: MigrationStepOptions = {
      ...{ ...copied, uri: `unix://${socket(streams.memory)}`, persistDestination: true, undefineSource: true },
      // What libvirt would look at instead is looked at before: the cache (`liveProblem`), and that the new host has these files (`offeredPlace`).
      ...(way.shared ? { unsafe: true } : {}),
      ...{ autoConverge: true, paused: way.paused, xml: await text(false), persistentXml: await text(true) },
    };
    return await go(way, handOver, { hypervisor, present, options });
  } finally {
    for (const one of listening) await one.close();
  }
}

type Opened = Awaited<ReturnType<VirtualMachine["open"]>>;
interface Steps {
  readonly hypervisor: Opened["hypervisor"];
  readonly present: NonNullable<Awaited<ReturnType<Opened["domain"]["present"]>>>;
  readonly options: MigrationStepOptions;
}

async function go(way: GuestWay, handOver: HandOver, steps: Steps): Promise<SentGuest> {
  const { peer, paused, signal } = way;
  const { hypervisor, present, options } = steps;
  const { migrationSteps } = hypervisor;
  const begun = await migrationSteps.begin(present, options);
  let cookie: Uint8Array;
  let noted = false;
  try {
    const request = { ask: "prepare", xml: begun.xml, cookie: toText(begun.cookie), paused };
    const prepared = await peer.ask(request, preparedSchema);
    cookie = await perform(way, steps, toBytes(prepared.cookie));
    signal.throwIfAborted();
    noted = true;
    await handOver.leaving();
  } catch (error) {
    await peer.ask({ ask: "cancel" }, doneSchema).catch(() => {});
    // The note may be there though its writing has failed: the other host was not asked.
    if (noted) await handOver.stays();
    await goOnHere(way, steps);
    // That libvirt refuses on the way is no refusal for good.
    if (isLibvirtError(error) || error instanceof LibvirtConnectionError)
      return { arrived: false, reason: messageOf(error) };
    throw error;
  }
  way.say("the guest goes on at its new host");
  const finished = await peer.ask({ ask: "finish", cookie: toText(cookie) }, finishedSchema);
  if (finished.arrived) {
    await handOver.gone();
    // Ends what is left of it here; without an answer it is ended all the same.
    await migrationSteps.confirm(present, toBytes(finished.cookie), options).catch(() => {});
    return { arrived: true, reason: "" };
  }
  await handOver.stays();
  await goOnHere(way, steps);
  return { arrived: false, reason: finished.reason };
}

async function goOnHere({ vm }: GuestWay, { hypervisor, present, options }: Steps): Promise<void> {
  const cancelled = { ...options, cancelled: true };
  await hypervisor.migrationSteps.confirm(present, new Uint8Array(), cancelled).catch(() => {});
  await hypervisor.whenConnected();
  await (await vm.machine.open()).domain.goOn();
}

async function perform(
  way: GuestWay,
  { hypervisor, present, options }: Steps,
  cookie: Uint8Array,
): Promise<Uint8Array> {
  const { clock, signal, say, peer } = way;
  const stop = () => void hypervisor.migration.abortJob(present).catch(() => {});
  signal.addEventListener("abort", stop, { once: true });
  let over = false;
  const work = hypervisor.migrationSteps.perform(present, cookie, options).finally(() => {
    over = true;
  });
  work.catch(() => {});
  // A way that is cut ends the job too: QEMU may wait for it without an end.
  void peer.ended.then(() => over || stop());
  try {
    while (!over) {
      await Promise.race([work.catch(() => {}), clock.sleep(progressMs)]);
      if (over) break;
      const stats = await hypervisor.migration.jobStats(present).catch(() => undefined);
      if (stats !== undefined) say(progressWords(stats));
    }
    return await work;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (way.peer.isClosed) throw new CkeError("unavailable", "the way to the new host was cut", { retryable: true });
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** Pure. */
export function progressWords({ dataTotal, dataProcessed, dataRemaining, memoryIteration }: JobStats): string {
  if (dataTotal === undefined || dataProcessed === undefined || dataTotal === 0)
    return "moving the guest while it runs";
  const rest = dataRemaining === undefined ? "" : `, ${describeBytes(dataRemaining)} remain`;
  const round = memoryIteration === undefined || memoryIteration < 2 ? "" : `, round ${memoryIteration} of memory`;
  return `moving the guest while it runs: ${describeBytes(dataProcessed)} of ${describeBytes(dataTotal)}${rest}${round}`;
}

const directoryPairs = ({ ours, theirs }: GuestWay): readonly (readonly [string, string])[] => [
  [ours.place, theirs.place],
  [ours.run, theirs.run],
  [ours.data, theirs.data],
];
