import { CkeError, createLogger, silentLogger } from "@cke/foundation";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { FakeClusterService } from "../api/testing/fake-cluster-service.ts";
import { FakeProcessService } from "../api/testing/fake-process-service.ts";
import { noChannels } from "../channel/testing/no-channels.ts";
import { ManualClock, settle } from "../framework/testing/manual-clock.ts";
import { noMasters } from "../kubernetes/access/testing/no-masters.ts";
import { noFiles } from "../kubernetes/testing/no-files.ts";
import { noFloating } from "../kubernetes/testing/no-floating.ts";
import { noNodes } from "../kubernetes/testing/no-nodes.ts";
import { StoreError } from "../store/store.ts";
import { noVmControl, noVms } from "../vm/testing/no-vms.ts";
import { Leadership, type LeadershipOptions, type LeadersWork } from "./leadership.ts";
import { FakePlace, type FakeTerm } from "./testing/fake-election.ts";

class FakeWork implements LeadersWork {
  readonly processes = new FakeProcessService();
  readonly channels = noChannels;
  readonly masters = noMasters;
  readonly files = noFiles;
  readonly sandboxFiles = noFiles;
  readonly nodes = noNodes;
  readonly floating = noFloating;
  readonly vms = noVms;
  readonly vmControl = noVmControl;
  readonly service = new FakeClusterService();
  readonly #failed = Promise.withResolvers<never>();
  readonly failed = this.#failed.promise;
  stopped = false;
  /** `stop` waits for this promise. */
  stuck: Promise<void> = Promise.resolve();

  fail(error: Error): void {
    this.#failed.promise.catch(() => undefined);
    this.#failed.reject(error);
  }

  stop = async (): Promise<void> => {
    await this.stuck;
    this.stopped = true;
  };
}

class Member {
  readonly works: FakeWork[] = [];
  readonly clock = new ManualClock();
  readonly leadership: Leadership;
  readonly lines: string[] = [];
  fatal: unknown;
  stepDowns = 0;
  changes = 0;

  constructor(name: string, place: FakePlace, options: Partial<LeadershipOptions> = {}) {
    this.leadership = new Leadership({
      election: place.election(),
      self: { id: name, url: `http://${name}:8512` },
      lead: async () => {
        const work = new FakeWork();
        this.works.push(work);
        return work;
      },
      clock: this.clock,
      logger: createLogger({ destination: { write: (line) => void this.lines.push(line) } }),
      onStepDown: () => {
        this.stepDowns += 1;
      },
      onChange: () => {
        this.changes += 1;
      },
      ...options,
    });
    this.leadership.failed.catch((error: unknown) => {
      this.fatal = error;
    });
  }

  get kind(): string {
    return this.leadership.standing().kind;
  }

  /** URL of the leader that it follows. */
  get following(): string | undefined {
    const standing = this.leadership.standing();
    return standing.kind === "follower" ? standing.leader?.address.url : undefined;
  }

  async start(): Promise<this> {
    this.leadership.start();
    await settle();
    return this;
  }
}

let place: FakePlace;
let members: Member[];
beforeEach(() => {
  place = new FakePlace();
  members = [];
});
afterEach(async () => {
  await Promise.all(members.map(({ leadership }) => leadership.stop()));
});

async function member(name: string, options: Partial<LeadershipOptions> = {}): Promise<Member> {
  const made = new Member(name, place, options);
  members.push(made);
  return await made.start();
}

function term(): FakeTerm {
  if (place.holder === undefined) throw new Error("nobody leads");
  return place.holder.term;
}

describe("the life of a scheduler", () => {
  it("the first one leads, the second one follows it and takes over when the first one's lease is gone", async () => {
    const a = await member("a");
    const b = await member("b");
    expect([a.kind, b.kind]).toEqual(["leader", "follower"]);
    expect(b.following).toBe("http://a:8512");
    term().lose();
    await settle();
    expect([a.kind, b.kind]).toEqual(["follower", "leader"]);
    expect(a.following).toBe("http://b:8512");
    expect(a.works[0]?.stopped).toBe(true);
    expect(a.stepDowns).toBe(1);
    expect(a.lines.join("")).toContain("the lease ran out");
    expect([a.changes, b.changes]).toEqual([2, 2]);
  });

  test("B8: a leader whose lease ran out while it slept is a follower before any timer or event has told it", async () => {
    const a = await member("a");
    term().leaseRuns = false;
    expect(a.kind).toBe("follower");
  });

  it("makes everything anew for every term", async () => {
    const a = await member("a");
    term().lose();
    await settle();
    expect(a.kind).toBe("leader");
    expect(a.works).toHaveLength(2);
    expect(a.works.map(({ stopped }) => stopped)).toEqual([true, false]);
  });

  it("remembers for reading what it knew, until another one leads", async () => {
    const a = await member("a");
    place.away = true;
    term().lose();
    await settle();
    const standing = a.leadership.standing();
    expect(standing).toMatchObject({ kind: "follower", leader: undefined });
    expect(standing.kind === "follower" && standing.memory?.service).toBe(a.works[0]?.service);
    place.setAway(false);
    await settle();
    const b = await member("b");
    expect([a.kind, b.kind]).toEqual(["leader", "follower"]);
    term().lose();
    await settle();
    expect(b.kind).toBe("leader");
    expect(a.leadership.standing()).toMatchObject({ memory: undefined });
  });

  it("tells what waits for a leader that another one leads now, and not that nobody can be seen", async () => {
    await member("a");
    const b = await member("b");
    const standing = b.leadership.standing();
    const gone = standing.kind === "follower" ? standing.leader?.gone : undefined;
    place.away = true;
    expect(b.leadership.standing()).toMatchObject({ leader: undefined, lastLeader: { address: { id: "a" } } });
    expect(gone?.aborted).toBe(false);
    place.setAway(false);
    expect(b.following).toBe("http://a:8512");
    expect(gone?.aborted).toBe(false);
    term().lose();
    await settle();
    expect(b.kind).toBe("leader");
    expect(gone?.aborted).toBe(true);
  });

  it("resigns when it is stopped, after its work has ended", async () => {
    const a = await member("a");
    const b = await member("b");
    const first = term();
    let stoppedFirst = false;
    first.lost.addEventListener("abort", () => {
      stoppedFirst = a.works[0]?.stopped === true;
    });
    await a.leadership.stop();
    await settle();
    expect(first.resigned).toBe(true);
    expect(stoppedFirst).toBe(true);
    expect(b.kind).toBe("leader");
  });
});

describe("what goes wrong", () => {
  it("a store that cannot be read yet is tried again while the term holds", async () => {
    let attempts = 0;
    const a = await member("a", {
      lead: async () => {
        attempts += 1;
        if (attempts < 3) throw new StoreError("store_unavailable", "away");
        return new FakeWork();
      },
    });
    expect(a.kind).toBe("starting");
    await a.clock.advance(1_000);
    await settle();
    await a.clock.advance(1_000);
    await settle();
    expect(a.kind).toBe("leader");
    expect(attempts).toBe(3);
  });

  it("a store that is corrupt ends it, with its words, and the leadership is free", async () => {
    const a = await member("a", {
      lead: async () => {
        throw new StoreError("store_corrupt", "restore the backup");
      },
    });
    expect(a.fatal).toMatchObject({ code: "store_corrupt", message: "restore the backup" });
    expect(place.holder).toBeUndefined();
  });

  it("a commit that is refused as not the leader's is no failure: it follows and campaigns again", async () => {
    const a = await member("a");
    a.works[0]?.fail(new StoreError("not_leader", "another one leads"));
    await settle();
    expect(a.fatal).toBeUndefined();
    expect(a.works).toHaveLength(2);
  });

  test("B4: another subscriber of the framework id while the term holds: it resigns and ends, it does not fight", async () => {
    const a = await member("a");
    const first = term();
    a.works[0]?.fail(new CkeError("mesos_failed_over", "Framework failed over"));
    await settle();
    expect(a.fatal).toBeUndefined();
    await a.clock.advance(2_000);
    await settle();
    expect(a.fatal).toMatchObject({ code: "framework_taken_over" });
    expect(first.resigned).toBe(true);
    expect(a.works).toHaveLength(1);
  });

  it("Mesos tells of the new leader before the store does: it follows", async () => {
    const a = await member("a");
    a.works[0]?.fail(new CkeError("mesos_failed_over", "Framework failed over"));
    await a.clock.advance(500);
    term().lose();
    await settle();
    expect(a.fatal).toBeUndefined();
    expect(a.works).toHaveLength(2);
  });

  it("work that does not end in time ends the process, and the leadership is given up all the same", async () => {
    const a = await member("a");
    const [work] = a.works;
    if (work !== undefined) work.stuck = new Promise(() => undefined);
    const first = term();
    work?.fail(new CkeError("mesos_framework_removed", "removed"));
    await settle();
    await a.clock.advance(10_000);
    await settle();
    expect(a.fatal).toMatchObject({ code: "step_down_failed" });
    expect(first.resigned).toBe(true);
  });

  it("logs nothing of it when silent", async () => {
    const a = await member("a", { logger: silentLogger });
    expect(a.kind).toBe("leader");
    expect(a.lines).toEqual([]);
  });
});
