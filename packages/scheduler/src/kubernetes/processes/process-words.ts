// What an operator reads about the change of a process: when it is asked for, and until it is done. Pure.
import type { ProcessTask } from "@cke/protocol";
import {
  addAmounts,
  beyondAmount,
  describeAmount,
  type HeldAmount,
  isNoAmount,
} from "../../workload/records/resource-tasks.ts";
import { describeFollowing, type FollowedProcess } from "./followed-process.ts";
import type { ProcessChange } from "./process-change.ts";

export interface AskedChange {
  readonly node: string;
  readonly process: string;
  readonly change: ProcessChange;
  readonly restart: boolean;
  /** It was stopped, and this change does not say that it is to run. */
  readonly stopped: boolean;
  readonly followed: FollowedProcess;
  /** Its node is ending, so that nothing of it begins before its next launch. */
  readonly ending: boolean;
  /** Why it gets another task; undefined when it keeps its own. */
  readonly replaced?: string | undefined;
}

const fieldWords = { cmd: "command", options: "options", envs: "environment" } as const;
type Field = keyof typeof fieldWords;
const fields: readonly Field[] = ["cmd", "options", "envs"];

/** What happens now. */
export function describeChange(asked: AskedChange): string {
  const { node, process, change, restart, followed, ending, replaced } = asked;
  const { expect, res } = change;
  const anew = fields.filter((field) => change[field] !== undefined).map((field) => fieldWords[field]);
  const what = `${process} of node "${node}"`;
  const parts = [
    ...(res === undefined ? [] : [`may take ${describeAmount(res)} from now on`]),
    ...(expect === "STOP"
      ? ["is stopped, and stays stopped until it is to run again (expect)"]
      : restart
        ? [restartWords(anew, asked)]
        : expect === "RUN"
          ? ["is to run"]
          : []),
  ];
  const waits = expect === "STOP" && followed.kind === "ended" && !followed.finished;
  const nothing =
    (ending || followed.kind === "none") && restart && anew.length === 0 && res === undefined && expect !== "STOP";
  const later = replaced !== undefined ? `; ${replaced}` : waits || nothing ? "" : laterWords(followed, ending);
  return `${what} ${parts.join(", and ")}${later}`;
}

function restartWords(anew: readonly string[], { followed, ending, stopped }: AskedChange): string {
  const what = anew.join(" and ");
  if (stopped) return `gets its new ${what}, and stays stopped until it is to run again ({"expect": "RUN"})`;
  if (ending || followed.kind === "none") return unstarted(anew, ending);
  return anew.length === 0 ? "is restarted" : `is restarted with its new ${what}`;
}

/** Of a process whose node does not run, or is ending: nothing begins. */
function unstarted(anew: readonly string[], ending: boolean): string {
  if (anew.length > 0) return `gets its new ${anew.join(" and ")}`;
  const why = ending ? "ends with its node, which is being stopped" : "does not run, for its node does not";
  return `${why}: nothing is restarted, and it starts with its node`;
}

function laterWords(followed: FollowedProcess, ending: boolean): string {
  if (ending) return "; its node is being stopped: this is so from its next launch on";
  switch (followed.kind) {
    case "none":
      return "; its node does not run now: this is so from its next launch on";
    case "ended":
      return followed.finished
        ? "; it has ended: this is so from the next launch of its node on"
        : "; it is launched again now";
    case "fixed":
      return `; ${describeFollowing(followed, "")}`;
    case "starting":
    case "follows":
      return "";
  }
}

/** The resources of a process that runs. */
export interface ProcessResources {
  readonly wanted: HeldAmount;
  /** What it may take now. */
  readonly granted: HeldAmount;
  /** What Mesos accounts for it. */
  readonly held: HeldAmount;
  readonly host: string;
}

/** What is not yet as is wanted, or stays so until the next launch; "" when all figures are the same. */
export function describeResources(resources: ProcessResources | undefined): string {
  if (resources === undefined) return "";
  const { wanted, granted, held, host } = resources;
  const lacking = beyondAmount(wanted, granted);
  const tooMuch = beyondAmount(held, wanted);
  const parts = [
    ...(isNoAmount(lacking)
      ? []
      : [
          `it may take ${describeAmount(granted)} now; Mesos is to account for ${describeAmount(lacking)} more on ${host} first`,
        ]),
    ...(isNoAmount(tooMuch)
      ? []
      : [
          `Mesos accounts for ${describeAmount(addAmounts([wanted, tooMuch]))}, until it is given back what is beyond, or its next launch`,
        ]),
  ];
  return parts.join("; ");
}

export interface FollowingState {
  readonly followed: FollowedProcess;
  /** What it is to be; undefined for what its launch said. */
  readonly wanted: ProcessTask | undefined;
  readonly healthy: boolean;
  readonly resources: ProcessResources | undefined;
}

/** True when nothing more happens now: it is as is wanted and well, or that comes with a later launch only. */
export function isSettled({ followed, wanted, healthy, resources }: FollowingState): boolean {
  if (followed.kind === "none" || followed.kind === "fixed") return true;
  if (followed.kind === "ended") return followed.finished;
  if (followed.kind === "starting") return false;
  if (resources !== undefined && !isNoAmount(beyondAmount(resources.wanted, resources.granted))) return false;
  if (wanted === undefined) return healthy;
  return followed.version === wanted.version && (healthy || wanted.stopped);
}

/** What is not as is wanted; "" when all is. */
export function pendingWords({ followed, wanted, resources }: FollowingState): string {
  const words = [describeFollowing(followed, wanted?.version ?? ""), describeResources(resources)];
  return wanted === undefined ? "" : words.filter((text) => text !== "").join("; ");
}

/** How it is now; "" when it is as is wanted and well. */
export function settledWords(state: FollowingState): string {
  const { followed } = state;
  if (followed.kind === "ended" && !followed.finished)
    return state.wanted?.stopped === true ? "" : `it ended and is tried again: ${followed.why}`.replace(/: $/, "");
  // The answer to the request has said this already.
  if (followed.kind === "none" || followed.kind === "ended" || followed.kind === "fixed") return "";
  if (followed.kind === "starting") return "it is starting";
  const pending = pendingWords(state);
  if (pending !== "") return pending;
  return isSettled(state) ? "" : "it runs as is wanted and is not healthy yet";
}
