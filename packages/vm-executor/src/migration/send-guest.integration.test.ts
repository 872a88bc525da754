// The moment in which a guest is handed over, with a daemon in memory: the note, and what is undone when it cannot be written.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { duplexPair } from "node:stream";
import { CkeError, systemClock } from "@cke/foundation";
import type { MigrationStepOptions } from "@cke/libvirt";
import { expect, test } from "vitest";
import * as z from "zod";
import { Domain } from "../guest/domain.ts";
import { FakeHypervisor } from "../testing/fake-hypervisor.ts";
import { vmUuid } from "../testing/vm-tasks.ts";
import { Peer } from "./peer.ts";
import { sendGuest } from "./send-guest.ts";

const wanted = { uuid: vmUuid, name: "vm1", vm: "vm1", instance: "i1", frameworkId: "f" };

/** `leaving`: writes the note, or fails. Resolves to what happened, in its order. */
async function handedOver(leaving: () => Promise<void>, finish: () => unknown, shared = false) {
  const run = await mkdtemp(join(tmpdir(), "cke-send-"));
  const hypervisor = new FakeHypervisor();
  const all: string[] = [];
  let unsafe: boolean | undefined;
  const held = { name: "vm1", uuid: vmUuid, xml: "<domain/>", metadata: undefined, starts: 1 };
  hypervisor.held.set(vmUuid, { ...held, state: "running", reason: "booted" });
  Object.assign(hypervisor.migrationSteps, {
    begin: async (_domain: unknown, options: MigrationStepOptions) => {
      unsafe = options.unsafe;
      return { xml: "<domain/>", cookie: new Uint8Array() };
    },
    perform: async () => {
      hypervisor.happen(vmUuid, "paused", "migration");
      return new Uint8Array();
    },
    confirm: async () => void all.push("confirm"),
  });
  const [mine, theirs] = duplexPair();
  const asked = z.looseObject({ ask: z.string() });
  const there = new Peer(theirs, {
    answer: async (request) => {
      const { ask } = asked.parse(request);
      all.push(ask);
      if (ask === "finish") return finish();
      return ask === "prepare" ? { cookie: "" } : {};
    },
    open: async () => duplexPair()[0],
  });
  const peer = new Peer(mine, { answer: async () => ({}), open: async () => duplexPair()[0] });
  const domain = new Domain(hypervisor, wanted, systemClock);
  const abilities = { acceleration: { type: "kvm", warning: "" }, weights: false, qemuOwner: undefined } as const;
  const directories = { data: run, place: run, run };
  try {
    const sent = await sendGuest(
      {
        ...{ vm: { machine: { open: async () => ({ hypervisor, domain, abilities }) } }, peer, disks: [] },
        ...{ ours: directories, theirs: directories, paused: false, clock: systemClock, say: () => {} },
        shared,
        signal: new AbortController().signal,
      },
      {
        leaving: async () => {
          all.push("leaving");
          await leaving();
        },
        gone: async () => void all.push("gone"),
        stays: async () => void all.push(`stays, ${hypervisor.held.get(vmUuid)?.state}`),
      },
    ).catch((error: unknown) => error);
    return { sent, all, unsafe, state: hypervisor.held.get(vmUuid)?.state };
  } finally {
    peer.close();
    there.close();
    await rm(run, { recursive: true });
  }
}

test("a note that may be there though its writing has failed is taken back before the guest goes on here", async () => {
  const failed = async () => {
    throw new CkeError("disk_full", "no space left");
  };
  const { sent, all, state } = await handedOver(failed, () => ({}));
  expect(sent).toMatchObject({ code: "disk_full" });
  expect(all).toEqual(["prepare", "leaving", "cancel", "stays, paused", "confirm", "confirm"]);
  expect(state).toBe("running");
});

test("the new host is asked after the note only, and a guest that has not arrived goes on here after it", async () => {
  const answer = { arrived: false, cookie: "", reason: "no memory" };
  const { sent, all, state } = await handedOver(
    async () => {},
    () => answer,
  );
  expect(sent).toEqual({ arrived: false, reason: "no memory" });
  expect(all).toEqual(["prepare", "leaving", "finish", "stays, paused", "confirm", "confirm"]);
  expect(state).toBe("running");
});

test("a guest that has arrived stands still here", async () => {
  const answer = { arrived: true, cookie: "", reason: "" };
  const { sent, all, state, unsafe } = await handedOver(
    async () => {},
    () => answer,
  );
  expect(unsafe).toBeUndefined();
  expect(sent).toEqual({ arrived: true, reason: "" });
  expect(all).toEqual(["prepare", "leaving", "finish", "gone", "confirm"]);
  expect(state).toBe("paused");
});

test("libvirt is told that shared disks are shared: it knows few kinds of such storage", async () => {
  const answer = { arrived: true, cookie: "", reason: "" };
  const { unsafe } = await handedOver(
    async () => {},
    () => answer,
    true,
  );
  expect(unsafe).toBe(true);
});
