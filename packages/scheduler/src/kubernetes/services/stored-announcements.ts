// What the nodes of a cluster announce for its Services, as it is stored: so that a scheduler that takes over takes nothing back before it
// has read the Services. Which Service has which address is not in it: that is in the Services themselves. Pure.
import { z } from "zod";
import type { ClusterInstance } from "../pki/cluster-instance.ts";
import type { Announcement } from "./announcements.ts";

export const announcedPrefix = "service-addresses/";
export const announcedKey = (cluster: string) => `${announcedPrefix}${cluster}`;

export const storedAnnouncements = z.object({
  /** Of the instance of the cluster. */
  createdAtMs: z.number(),
  announced: z.array(z.object({ address: z.string(), nodes: z.array(z.string()) })),
});

export const putAnnouncements = ({ name, createdAtMs }: ClusterInstance, announced: readonly Announcement[]) =>
  ({ op: "put", key: announcedKey(name), value: { createdAtMs, announced } }) as const;
