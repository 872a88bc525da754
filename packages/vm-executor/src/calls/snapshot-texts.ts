// Snapshots as libvirt and QEMU tell them. Pure.
import { CkeError } from "@cke/foundation";
import type { VmSnapshotInit } from "@cke/protocol";
import { z } from "zod";
import { element, renderXml } from "../domain/xml.ts";

/**
 * The description of a snapshot without the guest's limits of memory, which are set again when it runs: an emulator that is started with
 * one needs a right that a host may lack (CAP_SYS_RESOURCE).
 */
export const withoutMemoryLimits = (description: string): string =>
  description.replaceAll(/<memtune>.*?<\/memtune>\s*/gs, "");

/** Of a snapshot with the guest's memory, in the images of its disks. */
export function snapshotXml(name: string, description: string): string {
  return renderXml(
    element(
      "domainsnapshot",
      {},
      element("name", {}, name),
      description === "" ? undefined : element("description", {}, description.replaceAll("\n", " ")),
    ),
  );
}

/** What libvirt writes of a snapshot; what stands in its domain element is not looked at. */
export function readSnapshot(xml: string): Omit<VmSnapshotInit, "current"> {
  const [own = ""] = xml.split(/<(?:domain|inactiveDomain)[\s>]/, 1);
  const flat = own.replace(/<parent>.*?<\/parent>/s, "").replace(/<disks>.*?<\/disks>/s, "");
  const text = (name: string, where: string) =>
    (new RegExp(`<${name}>([^<]*)</${name}>`).exec(where)?.[1] ?? "")
      .replaceAll("&lt;", "<")
      .replaceAll("&gt;", ">")
      .replaceAll("&quot;", '"')
      .replaceAll("&apos;", "'")
      .replaceAll("&amp;", "&");
  const seconds = Number(text("creationTime", flat));
  return {
    name: text("name", flat),
    description: text("description", flat),
    state: text("state", flat),
    parent: text("name", /<parent>(.*?)<\/parent>/s.exec(own)?.[1] ?? ""),
    createdAtMs: Number.isSafeInteger(seconds) ? seconds * 1_000 : 0,
    memory: /<memory snapshot=['"](?:internal|external)['"]/.test(flat),
  };
}

const BlockDevices = z.object({
  return: z.array(
    z.object({
      qdev: z.string().optional(),
      inserted: z
        .object({
          "node-name": z.string().optional(),
          drv: z.string(),
          ro: z.boolean(),
          image: z
            .object({
              snapshots: z
                .array(z.object({ name: z.string(), "date-sec": z.number(), "vm-state-size": z.number() }))
                .optional(),
            })
            .optional(),
        })
        .optional(),
    }),
  ),
});

/** A disk that the guest writes to. */
export interface WritableNode {
  readonly node: string;
  /** Of the definition; "" for one that has no alias of CKE. */
  readonly disk: string;
  readonly qcow2: boolean;
  readonly snapshots: readonly { readonly name: string; readonly createdAtMs: number; readonly memoryBytes: number }[];
}

/** Of QEMU's answer to query-block. Throws CkeError `internal` when it is none. */
export function readBlockDevices(answer: string): readonly WritableNode[] {
  const parsed = BlockDevices.safeParse(parseJson(answer));
  if (!parsed.success) throw new CkeError("internal", "QEMU's answer about its disks is not understood");
  return parsed.data.return.flatMap(({ qdev = "", inserted }) => {
    const node = inserted?.["node-name"];
    if (inserted === undefined || inserted.ro || node === undefined) return [];
    const snapshots = (inserted.image?.snapshots ?? []).map((one) => ({
      name: one.name,
      createdAtMs: Math.round(one["date-sec"] * 1_000),
      memoryBytes: one["vm-state-size"],
    }));
    const [, disk = ""] = /ua-disk-([A-Za-z0-9_-]+)/.exec(qdev) ?? [];
    return [{ node, disk, qcow2: inserted.drv === "qcow2", snapshots }];
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
