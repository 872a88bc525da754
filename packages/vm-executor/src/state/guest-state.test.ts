// What the state of a domain means, and what follows an end.
import { describe, expect, test } from "vitest";
import { afterEnd, type EndCause, type GuestHistory, type GuestSight, guestState, noHistory } from "./guest-state.ts";

const sight = (state: GuestSight["state"], reason: GuestSight["reason"] = "unknown"): GuestSight => ({ state, reason });
const full = { disk: "vda", reason: "enospc" };

describe("means", () => {
  test.each<[GuestSight, Partial<GuestHistory>, string, string?]>([
    [sight("running", "booted"), {}, "runs"],
    [sight("blocked"), {}, "runs"],
    [sight("shutting-down", "user"), {}, "runs"],
    [sight("paused", "user"), {}, "paused"],
    [sight("pm-suspended"), {}, "paused"],
    [sight("paused", "starting-up"), {}, "runs"],
    [sight("paused", "snapshot"), {}, "runs"],
    [sight("paused", "io-error"), { ioErrors: [full] }, "trouble", "disk_full"],
    [sight("paused", "io-error"), { ioErrors: [{ disk: "vda", reason: "eio" }] }, "trouble", "io_error"],
    [sight("paused", "io-error"), {}, "trouble", "io_error"],
    [sight("paused", "watchdog"), {}, "trouble", "watchdog"],
    [sight("paused", "crashed"), {}, "ended", "guest_panicked"],
    [sight("shut-off", "shutdown"), {}, "ended", "guest_shut_down"],
    [sight("shut-off", "shutdown"), { hostSignal: true }, "ended", "guest_killed"],
    [sight("shut-off", "crashed"), {}, "ended", "guest_killed"],
    [sight("shut-off", "crashed"), { panicked: true }, "ended", "guest_panicked"],
    [sight("shut-off", "crashed"), { outOfMemory: true }, "ended", "out_of_memory"],
    [sight("shut-off", "destroyed"), {}, "ended", "domain_destroyed"],
    [sight("shut-off", "saved"), {}, "ended", "guest_saved"],
    [sight("shut-off", "migrated"), {}, "ended", "guest_migrated"],
    [sight("shut-off", "failed"), {}, "ended", "guest_failed"],
    [sight("crashed", "panicked"), {}, "ended", "guest_panicked"],
    [sight("absent"), {}, "ended", "domain_removed"],
  ])("%j %j: %s %s", (seen, history, kind, cause) => {
    const state = guestState(seen, { ...noHistory, ...history });
    expect(state.kind).toBe(kind);
    if ("cause" in state) expect(state.cause).toBe(cause);
    if ("words" in state) expect(state.words).not.toBe("");
  });
});

describe("then", () => {
  test.each<[EndCause, string, boolean, string]>([
    ["guest_shut_down", "", false, "finished"],
    ["guest_shut_down", "on-failure", false, "finished"],
    ["guest_shut_down", "never", false, "finished"],
    ["guest_shut_down", "always", false, "restart"],
    ["guest_shut_down", "always", true, "finished"],
    ["guest_killed", "", false, "restart"],
    ["guest_killed", "always", true, "restart"],
    ["guest_killed", "never", false, "failed"],
    ["guest_panicked", "on-failure", false, "restart"],
    ["out_of_memory", "never", false, "failed"],
    ["domain_removed", "on-failure", false, "restart"],
    ["guest_migrated", "always", false, "finished"],
  ])("%s, policy %j, asked %s: %s", (cause, policy, asked, next) => {
    expect(afterEnd(cause, policy, asked)).toBe(next);
  });
});
