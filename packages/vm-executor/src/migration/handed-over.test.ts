// What the note of the old host means to who asks: every note, every question.
import { VmDefinition } from "@cke/protocol";
import { expect, test } from "vitest";
import type { Departure } from "../host/move-notes.ts";
import { decideBegin, decideGiveUp } from "./handed-over.ts";

const note = (kind: Departure["kind"]): Departure => ({ kind, plan: "p1" });

test.each<[string, Departure | undefined, string, string]>([
  ["none", undefined, "p1", "move"],
  ["given up by another plan", note("stays"), "p2", "move"],
  ["given up", note("stays"), "p1", "given-up"],
  ["asked to go", note("leaving"), "p1", "ask"],
  ["asked to go by another plan", note("leaving"), "p2", "ask"],
  ["gone", note("gone"), "p1", "gone"],
  ["gone by another plan", note("gone"), "p2", "gone"],
])("asked to move it, with the note %s", (_what, departure, plan, kind) => {
  expect(decideBegin(departure, plan).kind).toBe(kind);
});

const own = VmDefinition.create({ disks: [{ name: "system", role: "system" }] });
const shared = VmDefinition.create({ disks: [{ name: "system" }, { name: "data", path: "/mnt/d", shared: true }] });
const disc = VmDefinition.create({ disks: [{ name: "cd", role: "cdrom", path: "/mnt/cd.iso", shared: true }] });

test.each<[Departure["kind"] | "none", "lost" | "there", "heard" | "not heard", VmDefinition, string]>([
  ["none", "there", "not heard", own, "stays"],
  ["none", "lost", "not heard", shared, "stays"],
  ["stays", "there", "not heard", own, "stays"],
  ["stays", "lost", "heard", shared, "stays"],
  ["leaving", "there", "not heard", own, "unknown"],
  ["leaving", "there", "heard", own, "unknown"],
  ["leaving", "lost", "not heard", own, "goes-on"],
  ["leaving", "lost", "not heard", disc, "goes-on"],
  ["leaving", "lost", "not heard", shared, "starts-anew"],
  ["leaving", "lost", "heard", own, "starts-anew"],
  ["gone", "there", "heard", own, "gone"],
  ["gone", "there", "not heard", shared, "gone"],
  ["gone", "lost", "heard", own, "starts-anew"],
  ["gone", "lost", "not heard", own, "starts-anew"],
])("given up with the note %s, its new host %s, its going %s", (kind, host, heard, definition, expected) => {
  const departure = kind === "none" ? undefined : note(kind);
  const asked = { note: departure, lost: host === "lost", departed: heard === "heard", definition };
  expect(decideGiveUp(asked).kind).toBe(expected);
});
