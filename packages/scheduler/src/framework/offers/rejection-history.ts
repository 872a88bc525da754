// What the last offers lacked for each placement request, in bounded memory: two bytes for every agent, and the texts
// of a few of them. There may be thousands of agents and thousands of requests.
import { type OfferRefusal, type RefusalKind, refusalKinds } from "../offer-fit/offer-refusal.ts";

/** Declined resources are offered again within seconds, so an older refusal says nothing any more. */
export const freshMs = 120_000;
/** Number of agents whose texts are kept. */
export const exampleLimit = 20;
/** With more agents than this, also earlier ones, all numbers are given anew. */
const agentLimit = 50_000;

/** Time is counted in periods, in six bits. */
const periodMs = 10_000;
const freshPeriods = freshMs / periodMs;
const wrap = 64;

interface NumberedAgent {
  readonly role: string;
  readonly number: number;
  /** The numbers for the other roles to which the agent offers. */
  readonly others: ReadonlyMap<string, number>;
}

const noOthers: ReadonlyMap<string, number> = new Map();

/** Small numbers for agents and the roles to which they offer. All requests share them. */
export class AgentNumbers {
  #byAgent = new Map<string, NumberedAgent>();
  #next = 0;
  /** It changes when all numbers are given anew. */
  generation = 0;

  of(agentId: string, role: string): number {
    const known = this.#byAgent.get(agentId);
    const number = known?.role === role ? known.number : known?.others.get(role);
    return number ?? this.#add(agentId, role);
  }

  #add(agentId: string, role: string): number {
    if (this.#next >= agentLimit) {
      this.#byAgent.clear();
      this.#next = 0;
      this.generation += 1;
    }
    const number = this.#next++;
    const known = this.#byAgent.get(agentId);
    if (known === undefined) this.#byAgent.set(agentId, { role, number, others: noOthers });
    else this.#byAgent.set(agentId, { ...known, others: new Map([...known.others, [role, number]]) });
    return number;
  }
}

export interface RefusalExample {
  readonly hostname: string;
  readonly role: string;
  /** An agent may lack several things at once. */
  readonly reasons: readonly Pick<OfferRefusal, "kind" | "words">[];
  readonly atMs: number;
}

export interface RefusalSummary {
  /** Number of agents and roles with an offer in the last `freshMs`. */
  readonly agents: number;
  /** By kind; an agent may count for several. */
  readonly counts: ReadonlyMap<RefusalKind, number>;
  /** Every one, or `exampleLimit` of them. */
  readonly examples: readonly RefusalExample[];
  /** 0: never. */
  readonly newestMs: number;
}

const bitOf: Readonly<Record<RefusalKind, number>> = {
  host: 1,
  attribute: 2,
  "agent-maintenance": 4,
  role: 8,
  reservation: 16,
  kept: 32,
  cpus: 64,
  mem: 128,
  disk: 256,
  ports: 512,
};
/** The bits of a mark that are kinds; the period is above them. */
const kindBits = 10;
const kindMask = (1 << kindBits) - 1;
const firstKind = ({ reasons }: RefusalExample) => reasons[0]?.kind;

export class RejectionHistory {
  readonly #numbers: AgentNumbers;
  #generation: number;
  /** By the agent's number: kinds as bits, above them the period. */
  #marks = new Uint16Array(0);
  readonly #examples = new Map<number, RefusalExample>();
  /** Number of examples that have this kind as their first reason. */
  readonly #exampleKinds = new Map<RefusalKind | undefined, number>();
  #period = 0;
  #newestMs = 0;

  constructor(numbers: AgentNumbers) {
    this.#numbers = numbers;
    this.#generation = numbers.generation;
  }

  /**
   * Notes what the offers of one event lacked. The newest reasons of an agent replace its older ones. The reasons of
   * one agent follow each other.
   */
  note(refusals: readonly OfferRefusal[], now: number): void {
    this.#rotate(now);
    const period = (this.#period % wrap) << kindBits;
    for (let from = 0, to = 0; from < refusals.length; from = to) {
      const first = refusals[from];
      if (first === undefined) return;
      const number = this.#numbers.of(first.agentId, first.role);
      if (this.#generation !== this.#numbers.generation) this.#clear();
      let mark = period;
      for (to = from; to < refusals.length; to++) {
        const refusal = refusals[to];
        if (refusal?.agentId !== first.agentId || refusal.role !== first.role) break;
        mark |= bitOf[refusal.kind];
      }
      this.#mark(number, mark);
      this.#exemplify(number, refusals, from, to, now);
    }
    this.#newestMs = now;
  }

  /** The agent lacks nothing any more. */
  forget(agentId: string, role: string): void {
    const number = this.#numbers.of(agentId, role);
    if (number < this.#marks.length) this.#marks[number] = 0;
    this.#dropExample(number);
  }

  summary(now: number): RefusalSummary {
    this.#rotate(now);
    const byKinds = new Uint32Array(kindMask + 1);
    for (const mark of this.#marks) {
      const kinds = mark & kindMask;
      byKinds[kinds] = (byKinds[kinds] ?? 0) + 1;
    }
    byKinds[0] = 0;
    const counts = new Map<RefusalKind, number>();
    let agents = 0;
    for (const [kinds, count] of byKinds.entries()) {
      agents += count;
      if (count === 0) continue;
      for (const kind of refusalKinds)
        if ((kinds & bitOf[kind]) !== 0) counts.set(kind, (counts.get(kind) ?? 0) + count);
    }
    const examples = [...this.#examples.values()].filter(({ atMs }) => now - atMs < freshMs);
    return { agents, counts, examples, newestMs: this.#newestMs };
  }

  #mark(number: number, mark: number): void {
    if (number >= this.#marks.length) {
      const grown = new Uint16Array(Math.max(16, (number + 1) * 2));
      grown.set(this.#marks);
      this.#marks = grown;
    }
    this.#marks[number] = mark;
  }

  #exemplify(number: number, refusals: readonly OfferRefusal[], from: number, to: number, now: number): void {
    const first = refusals[from];
    if (first === undefined) return;
    const { hostname, role, kind } = first;
    this.#dropExample(number);
    if (this.#examples.size >= exampleLimit && !this.#forgetOldest(kind)) return;
    this.#exampleKinds.set(kind, (this.#exampleKinds.get(kind) ?? 0) + 1);
    const reasons = refusals.slice(from, to).map(({ kind, words }) => ({ kind, words }));
    this.#examples.set(number, { hostname, role, reasons, atMs: now });
  }

  /** A kind without an example takes the place of one that has several. Quick when there is one: it is asked for every agent. */
  #forgetOldest(kind: RefusalKind): boolean {
    if (this.#exampleKinds.has(kind)) return false;
    for (const [number, example] of this.#examples) {
      if ((this.#exampleKinds.get(firstKind(example)) ?? 0) < 2) continue;
      this.#dropExample(number);
      return true;
    }
    return false;
  }

  #dropExample(number: number): void {
    const example = this.#examples.get(number);
    if (example === undefined) return;
    this.#examples.delete(number);
    const kind = firstKind(example);
    const left = (this.#exampleKinds.get(kind) ?? 0) - 1;
    if (left > 0) this.#exampleKinds.set(kind, left);
    else this.#exampleKinds.delete(kind);
  }

  /** Forgets what is not fresh any more, once a period. */
  #rotate(now: number): void {
    if (this.#generation !== this.#numbers.generation) this.#clear();
    const period = Math.floor(now / periodMs);
    const passed = period - this.#period;
    if (passed === 0) return;
    this.#period = period;
    for (const [number, { atMs }] of this.#examples) if (now - atMs >= freshMs) this.#dropExample(number);
    if (passed >= freshPeriods || passed < 0) {
      this.#marks.fill(0);
      return;
    }
    const marks = this.#marks;
    for (let number = 0; number < marks.length; number++) {
      const age = (period - ((marks[number] ?? 0) >> kindBits)) % wrap;
      if ((age < 0 ? age + wrap : age) >= freshPeriods) marks[number] = 0;
    }
  }

  #clear(): void {
    this.#generation = this.#numbers.generation;
    this.#marks.fill(0);
    this.#examples.clear();
    this.#exampleKinds.clear();
  }
}
