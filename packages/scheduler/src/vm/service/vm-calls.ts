// Asks executors of VMs that run, over their channels: power, snapshots, questions to the guest, pictures, files and consoles.
import type { Duplex } from "node:stream";
import { CkeError } from "@cke/foundation";
import { VmCall, type VmCallInit, VmCallResult, type VmSnapshot } from "@cke/protocol";
import type { FileStream } from "../../channel/channel.ts";
import type { WorkloadChannels } from "../../channel/workload-channels.ts";
import { vmUnit } from "../body/vm-spec.ts";
import type {
  FilePart,
  GuestQuestion,
  Picture,
  PowerAction,
  SnapshotAsk,
  SnapshotView,
  VmFileView,
} from "../views/vm-control-service.ts";

const time = (ms: number) => (ms === 0 ? "" : new Date(ms).toISOString());

function snapshotView({ createdAtMs, sizeMib, ...rest }: VmSnapshot): SnapshotView {
  return { ...rest, create_time: time(createdAtMs), size: sizeMib };
}

/** Asks for the names of a VM's snapshots, for a clone of one of them. */
export const snapshotNames =
  (channels: Pick<WorkloadChannels, "open">) =>
  async (vm: string, signal: AbortSignal): Promise<readonly string[]> => {
    const snapshots = await new VmCalls({ channels, onProgress: () => {} }).snapshots(vm, signal);
    return snapshots.map(({ name }) => name);
  };

const directories = ["/logs", "/seed"] as const;
/** A picture of a large screen, uncompressed. Executors send less. */
const contentTypes: Readonly<Record<string, string>> = { png: "image/png", ppm: "image/x-portable-pixmap" };

export class VmCalls {
  readonly #channels: Pick<WorkloadChannels, "open">;
  readonly #onProgress: (vm: string, words: string) => void;

  /** `onProgress`: gets what an executor says on the way. */
  constructor({
    channels,
    onProgress,
  }: { readonly channels: Pick<WorkloadChannels, "open">; readonly onProgress: (vm: string, words: string) => void }) {
    this.#channels = channels;
    this.#onProgress = onProgress;
  }

  async power(vm: string, action: PowerAction | "resume", signal: AbortSignal): Promise<string> {
    return (await this.#call(vm, { kind: "power", value: { action } }, signal)).text;
  }

  async snapshots(vm: string, signal: AbortSignal): Promise<readonly SnapshotView[]> {
    const { snapshots } = await this.#call(vm, { kind: "snapshot", value: { action: "list" } }, signal);
    return snapshots.map(snapshotView);
  }

  /** `present`: the snapshots that are there afterwards. */
  async snapshot(
    vm: string,
    action: "create" | "revert" | "delete",
    ask: Partial<SnapshotAsk>,
    signal: AbortSignal,
  ): Promise<{ readonly words: string; readonly present: readonly SnapshotView[] }> {
    const { text, snapshots } = await this.#call(vm, { kind: "snapshot", value: { ...ask, action } }, signal);
    return { words: text, present: snapshots.map(snapshotView) };
  }

  /** A question about the move of a guest that runs, by its plan: true when the guest has moved, or may have moved. */
  async migrate(
    vm: string,
    unit: string,
    ask: { readonly action: "give-up" | "take-back" | "look"; readonly plan: string },
    signal: AbortSignal,
  ): Promise<boolean> {
    return (await this.#call(vm, { kind: "migrate", value: ask }, signal, unit)).moved;
  }

  async guest(vm: string, question: GuestQuestion, signal: AbortSignal): Promise<unknown> {
    const { guestJson } = await this.#call(vm, { kind: "guest", value: { question } }, signal);
    try {
      const answer: unknown = JSON.parse(guestJson);
      return answer;
    } catch (cause) {
      throw new CkeError("guest_answer", "the guest's agent answers with no JSON", { status: 502, cause });
    }
  }

  async screenshot(vm: string, signal: AbortSignal): Promise<Picture> {
    const { picture, pictureType } = await this.#call(vm, { kind: "screenshot", value: {} }, signal);
    const short = pictureType
      .toLowerCase()
      .replace(/^image\//, "")
      .replace("x-portable-pixmap", "ppm");
    const type = Object.hasOwn(contentTypes, short) ? contentTypes[short] : undefined;
    if (type === undefined || picture.length === 0)
      throw new CkeError("no_picture", "the executor gave no picture that is known here", { status: 502 });
    return { type, bytes: picture };
  }

  async files(vm: string, signal: AbortSignal): Promise<readonly VmFileView[]> {
    const channel = await this.#channels.open(vm, vmUnit, signal);
    const all: VmFileView[] = [];
    for (const directory of directories) {
      const { files } = await channel.files(directory, signal);
      all.push(
        ...files.map(({ name, size, modifiedAtMs }) => ({
          path: `${directory}/${name}`,
          size,
          modified: time(modifiedAtMs),
        })),
      );
    }
    return all;
  }

  async file(vm: string, path: string, part: FilePart, signal: AbortSignal): Promise<FileStream> {
    const channel = await this.#channels.open(vm, vmUnit, signal);
    return await channel.file({ path, ...part }, signal);
  }

  async console(vm: string, console: "vnc" | "serial", signal: AbortSignal): Promise<Duplex> {
    const channel = await this.#channels.open(vm, vmUnit, signal);
    return await channel.tunnel({ target: { kind: "unixSocket", value: console } }, signal);
  }

  async #call(vm: string, call: VmCallInit["call"], signal: AbortSignal, unit = vmUnit): Promise<VmCallResult> {
    const channel = await this.#channels.open(vm, unit, signal);
    const answer = await channel
      .call(VmCall.encode({ call }), (words) => this.#onProgress(vm, words), signal)
      .catch((error: unknown) => {
        throw asNotRunning(error);
      });
    try {
      return VmCallResult.decode(answer);
    } catch (cause) {
      throw new CkeError("unreadable_answer", "the executor's answer cannot be read: it is of another version", {
        status: 502,
        cause,
      });
    }
  }
}

/** An executor is there whose guest does not run, or not yet: as for a VM without an executor. */
function asNotRunning(error: unknown): unknown {
  if (!(error instanceof CkeError) || error.code !== "unavailable") return error;
  return new CkeError("vm_not_running", error.message, { status: 409, retryable: true, cause: error });
}
