// Parts of the records of units and workloads that are used in several places, or by some kinds only.
import { z } from "zod";

/** Who asked for something, and when. */
export const mark = z.object({ sinceMs: z.number(), by: z.string() });

/** Fields of a unit that only some kinds of workloads use. */
export const unitMarks = {
  /** When its task ended by itself, so that it is not launched again before a start is asked for. Absent: it may be. */
  finishedAtMs: z.number().optional(),
  /**
   * The last launch ended without a word of its executor, so that what it ran may still run on this host: nothing of the unit begins
   * elsewhere. Absent: nothing of it runs without an executor, as far as is known.
   */
  mayRunOn: z.string().optional(),
  /** For a unit that is to be apart from others by an attribute of agents: its value where it ran last; "" for none. */
  apartAt: z.string().optional(),
};

/** Why something ended, as reported; without secrets. */
export const failureRecord = z.object({
  /** Mesos' reason, like REASON_EXECUTOR_TERMINATED; "" for none. */
  reason: z.string(),
  /** The executor's reason, like network_missing; "" for none. */
  cause: z.string().default(""),
  /** The text of the executor, Docker or the wrapper. */
  message: z.string(),
  /** The last lines of the process's stderr. */
  output: z.string(),
  atMs: z.number(),
});

export const heldAmount = z.object({ cpu: z.number(), mem: z.number() });

/** The last launch that is over: where its sandbox and its output were. */
export const endedLaunch = z.object({
  executorId: z.string(),
  agentId: z.string(),
  hostname: z.string(),
  endedAtMs: z.number(),
});

export const orphanedResources = z.object({
  /** Of an earlier instance of the unit, which was replaced. Absent: its own. */
  instance: z.string().optional(),
  hostname: z.string(),
  /** Mesos has removed its agent, so the host may never offer again. */
  agentRemoved: z.boolean(),
  /** Number of clean-up incarnations that failed. */
  attempts: z.number(),
  retryAtMs: z.number(),
  /** An executor ended there without having ended what it ran: it may run on. Only of kinds of which several hosts may hold such a unit. */
  mayRun: z.object({ agentId: z.string() }).optional(),
  /** An executor has said that nothing of the unit runs there. Absent: none has, or an earlier version has noted this entry. */
  ended: z.literal(true).optional(),
  /** The removal does not wait for the host any more. It is cleaned up all the same when it returns before the records go. */
  givenUp: z.boolean().optional(),
});

/** A host, and when something happened there. */
export const hostMoment = z.object({ hostname: z.string(), atMs: z.number() });
