// Puts several disks of a VM back to a snapshot that lies in each of them: all of them, or none, whatever is killed meanwhile. Nothing may
// have them open.
import { CkeError, type Clock, messageOf } from "@cke/foundation";
import type { QemuImg } from "../qemu-img/qemu-img.ts";
import { type RevertJournal, readJournal, removeJournal, writeJournal } from "./revert-journal.ts";

/** Of what a disk was before. No snapshot of an operator begins with a dot. */
export const safetySnapshot = ".cke-before-revert";

const waitMs = 500;
const mostWaits = 240;

export interface RevertParts {
  readonly qemuImg: Pick<QemuImg, "snapshots" | "snapshot">;
  /** Path of the journal. */
  readonly journal: string;
  readonly signal: AbortSignal;
  readonly clock: Pick<Clock, "sleep">;
  /** Called before each step that changes something. */
  readonly onStep?: (step: string) => void;
}

/** Throws CkeError snapshot_failed, when all disks are as they were; and revert_unfinished when they may not be: finishRevert follows. */
export async function revertDisks(disks: readonly string[], snapshot: string, parts: RevertParts): Promise<void> {
  for (const disk of disks) await idOf(disk, snapshot, parts);
  await proceed({ phase: "saving", snapshot, disks: [...disks] }, parts);
}

/** Ends what an executor that was killed has begun. Words on what came of it; "" when there was nothing. Throws CkeError as revertDisks. */
export async function finishRevert(parts: RevertParts): Promise<string> {
  const journal = await readJournal(parts.journal);
  if (journal === undefined) return "";
  const { phase, snapshot } = journal;
  const begun = `the disks were being put back to snapshot ${snapshot} when the executor ended`;
  // No disk has gone back yet.
  await proceed(phase === "saving" ? { ...journal, phase: "forgetting" } : journal, parts);
  if (phase === "saving" || phase === "taking-back") return `${begun}: all of them are as they were`;
  return phase === "reverting" ? `${begun}: all of them are as they were at that snapshot` : "";
}

/** For disks that a guest has used since: none of them is changed any more, but for the snapshots of the first phase. */
export async function forgetRevert(path: string): Promise<string> {
  const journal = await readJournal(path);
  if (journal === undefined || journal.phase === "forgetting") return "";
  await writeJournal(path, { ...journal, phase: "forgetting" });
  return `the disks were being put back to snapshot ${journal.snapshot} when their guest was started by somebody else: some of them may be as at that snapshot, others not`;
}

async function proceed(journal: RevertJournal, parts: RevertParts): Promise<void> {
  const { disks, snapshot } = journal;
  let failure: unknown;
  const to = async (phase: RevertJournal["phase"]) => {
    parts.onStep?.(phase);
    await writeJournal(parts.journal, { ...journal, phase });
  };
  let { phase } = journal;
  if (phase === "saving") {
    await to(phase);
    try {
      for (const disk of disks) await save(disk, parts);
      phase = "reverting";
    } catch (error) {
      failure = error;
      phase = "forgetting";
    }
    await to(phase);
  }
  if (phase === "reverting") {
    try {
      for (const disk of disks) await back(disk, snapshot, parts);
      phase = "forgetting";
    } catch (error) {
      failure = error;
      phase = "taking-back";
    }
    await to(phase);
  }
  if (phase === "taking-back") {
    try {
      for (const disk of disks) await back(disk, safetySnapshot, parts);
    } catch (error) {
      const words = `the disks could neither be put back to snapshot ${snapshot} nor to what they were`;
      throw new CkeError(
        "revert_unfinished",
        `${words}: ${messageOf(error)}; it is tried again before the next start`,
        {
          cause: error,
          retryable: true,
        },
      );
    }
    await to("forgetting");
  }
  for (const disk of disks) await drop(disk, parts);
  parts.onStep?.("end");
  await removeJournal(parts.journal);
  if (failure === undefined) return;
  const words = `the disks could not be put back to snapshot ${snapshot}, and are as they were`;
  throw new CkeError("snapshot_failed", `${words}: ${messageOf(failure)}`, { cause: failure });
}

/** A qemu-img of an executor that was killed may be at its last step still. */
async function patiently<T>({ clock, signal }: RevertParts, work: () => Promise<T>): Promise<T> {
  for (let waited = 0; ; waited += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof CkeError && error.code === "disk_busy") || waited >= mostWaits) throw error;
      await clock.sleep(waitMs, signal);
    }
  }
}

async function save(disk: string, parts: RevertParts): Promise<void> {
  const { qemuImg, signal, onStep } = parts;
  onStep?.(`save ${disk}`);
  await patiently(parts, () => qemuImg.snapshot("create", disk, safetySnapshot, signal));
}

async function back(disk: string, snapshot: string, parts: RevertParts): Promise<void> {
  const { qemuImg, signal, onStep } = parts;
  const id = await idOf(disk, snapshot, parts);
  onStep?.(`back ${disk}`);
  await patiently(parts, () => qemuImg.snapshot("apply", disk, id, signal));
}

async function drop(disk: string, parts: RevertParts): Promise<void> {
  const { qemuImg, signal, onStep } = parts;
  const saved = (await patiently(parts, () => qemuImg.snapshots(disk, signal))).filter(
    ({ name }) => name === safetySnapshot,
  );
  for (const { name } of saved) {
    onStep?.(`drop ${disk}`);
    await patiently(parts, () => qemuImg.snapshot("delete", disk, name, signal));
  }
}

/** qemu-img takes a name that is another snapshot's id for that one. */
async function idOf(disk: string, snapshot: string, parts: RevertParts): Promise<string> {
  const { qemuImg, signal } = parts;
  const found = (await patiently(parts, () => qemuImg.snapshots(disk, signal))).findLast(
    ({ name }) => name === snapshot,
  );
  if (found !== undefined) return found.id;
  throw new CkeError("snapshot_failed", `disk ${disk} has no snapshot ${snapshot}`);
}
