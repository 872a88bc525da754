// What the last offers lacked for one need, in bounded memory: two bytes for every agent, and the words of a few of them.
// There may be thousands of agents and thousands of needs.
import { type OfferRefusal, type RefusalKind, refusalKinds } from "./offer-refusal.ts";

/** Declined resources come again within seconds: what is older than this says nothing any more. */
export const freshMs = 120_000;
/** Agents whose words are kept; all of them are as long as there are no more. */
export const exampleLimit = 20;
/** More agents than this in a Mesos cluster, or that came and went: all are numbered anew. */
const agentLimit = 50_000;

/** Time is kept in periods, in one byte. */
const periodMs = 10_000;
const freshPeriods = freshMs / periodMs;
const wrap = 256;

/** Small numbers for agents and the roles they offer to, shared by all needs. */
export class AgentNumbers {
  #byAgent = new Map<string, Map<string, number>>();
  #next = 0;
  /** Changes when all numbers became worthless. */
  generation = 0;

  of(agentId: string, role: string): number {
    const roles = this.#byAgent.get(agentId) ?? new Map<string, number>();
    const known = roles.get(role);
    if (known !== undefined) return known;
    if (this.#next >= agentLimit) {
      this.#byAgent = new Map();
      this.#next = 0;
      this.generation += 1;
      return this.of(agentId, role);
    }
    roles.set(role, this.#next);
    this.#byAgent.set(agentId, roles);
    return this.#next++;
  }
}

export interface RefusalExample {
  readonly hostname: string;
  readonly role: string;
  /** An agent may be short of several things at once. */
  readonly reasons: readonly Pick<OfferRefusal, "kind" | "words">[];
  readonly atMs: number;
}

export interface RefusalSummary {
  /** Agents and roles that offered something; 0: nothing was offered in the last `freshMs`. */
  readonly agents: number;
  /** By kind; an agent may be counted under several. */
  readonly counts: ReadonlyMap<RefusalKind, number>;
  /** Every one, or `exampleLimit` of them. */
  readonly examples: readonly RefusalExample[];
  /** 0: never. */
  readonly newestMs: number;
}

const bitOf = new Map(refusalKinds.map((kind, index) => [kind, 1 << index]));
const firstKind = ({ reasons }: RefusalExample) => reasons[0]?.kind;

export class RefusalMemory {
  readonly #numbers: AgentNumbers;
  #generation: number;
  /** By number of the agent: kinds as bits, above them the period. */
  #marks = new Uint16Array(0);
  readonly #examples = new Map<number, RefusalExample>();
  /** How many examples have it as their first reason. */
  readonly #exampleKinds = new Map<RefusalKind | undefined, number>();
  #period = 0;
  #newestMs = 0;

  constructor(numbers: AgentNumbers) {
    this.#numbers = numbers;
    this.#generation = numbers.generation;
  }

  /** What the offers of one event lacked; an agent's newest reasons replace its older ones. */
  note(refusals: readonly OfferRefusal[], now: number): void {
    this.#turn(now);
    let number = -1;
    let reasons: OfferRefusal[] = [];
    for (const refusal of refusals) {
      const next = this.#numbers.of(refusal.agentId, refusal.role);
      if (this.#generation !== this.#numbers.generation) this.#clear();
      if (next !== number) {
        this.#set(number, reasons, now);
        number = next;
        reasons = [];
      }
      reasons.push(refusal);
    }
    this.#set(number, reasons, now);
    this.#newestMs = now;
  }

  summary(now: number): RefusalSummary {
    this.#turn(now);
    const counts = new Map<RefusalKind, number>();
    let agents = 0;
    for (const mark of this.#marks) {
      if (mark === 0) continue;
      agents += 1;
      for (const [kind, bit] of bitOf) if ((mark & bit) !== 0) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
    const examples = [...this.#examples.values()].filter(({ atMs }) => now - atMs < freshMs);
    return { agents, counts, examples, newestMs: this.#newestMs };
  }

  #set(number: number, reasons: readonly OfferRefusal[], now: number): void {
    const [first] = reasons;
    if (first === undefined) return;
    if (number >= this.#marks.length) {
      const grown = new Uint16Array(Math.max(16, (number + 1) * 2));
      grown.set(this.#marks);
      this.#marks = grown;
    }
    let mark = (this.#period % wrap) << 8;
    for (const { kind } of reasons) mark |= bitOf.get(kind) ?? 0;
    this.#marks[number] = mark;
    const { hostname, role, kind } = first;
    this.#dropExample(number);
    if (this.#examples.size >= exampleLimit && !this.#makeRoom(kind)) return;
    this.#exampleKinds.set(kind, (this.#exampleKinds.get(kind) ?? 0) + 1);
    this.#examples.set(number, {
      hostname,
      role,
      reasons: reasons.map(({ kind, words }) => ({ kind, words })),
      atMs: now,
    });
  }

  /** A kind without an example takes the place of one that has several. Quick when there is one: it is asked for every agent. */
  #makeRoom(kind: RefusalKind): boolean {
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
  #turn(now: number): void {
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
    for (const [number, mark] of this.#marks.entries()) {
      const age = (period - (mark >> 8) + wrap * wrap) % wrap;
      if (age >= freshPeriods) this.#marks[number] = 0;
    }
  }

  #clear(): void {
    this.#generation = this.#numbers.generation;
    this.#marks.fill(0);
    this.#examples.clear();
    this.#exampleKinds.clear();
  }
}
