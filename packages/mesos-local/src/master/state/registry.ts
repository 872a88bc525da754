// What survives a restart of the master: the agents it knew and the frameworks that must not come back. A small JSON file.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CkeError, messageOf } from "@cke/foundation";
import * as z from "zod";

const registrySchema = z.object({
  agents: z.array(z.string()),
  /** Agent id → nanoseconds as text, since when it is unreachable. */
  unreachable: z.record(z.string(), z.string()),
  gone: z.array(z.string()),
  removed_frameworks: z.array(z.string()),
  deactivated: z.array(z.string()).default([]),
  /** Agents that are being drained; nanoseconds as text. */
  drains: z
    .record(
      z.string(),
      z.object({
        maxGrace: z.exactOptional(z.string()),
        markGone: z.boolean(),
        startedMs: z.number(),
        drained: z.boolean(),
      }),
    )
    .default({}),
  /** The maintenance schedule as JSON text, for its large numbers, and the machines that are down. */
  schedule: z.string().default(""),
  down: z.array(z.object({ hostname: z.exactOptional(z.string()), ip: z.exactOptional(z.string()) })).default([]),
});
export type RegistryContent = z.infer<typeof registrySchema>;

export interface Registry {
  load(): RegistryContent;
  /** Asks for the content only when it keeps it: there may be thousands of agents, registering one by one. */
  save(content: () => RegistryContent): void;
}

const empty: RegistryContent = {
  agents: [],
  unreachable: {},
  gone: [],
  removed_frameworks: [],
  deactivated: [],
  drains: {},
  schedule: "",
  down: [],
};

/** A registry in memory: the next master core that is given it knows what the one before saved. */
export function memoryRegistry(): Registry {
  let last = () => empty;
  return {
    load: () => last(),
    save: (content) => {
      last = content;
    },
  };
}

/** A registry in `<directory>/registry.json`, replaced atomically. Throws CkeError `registry_unreadable`. */
export function fileRegistry(directory: string): Registry {
  const path = join(directory, "registry.json");
  let saved = "";
  return {
    load: () => {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      let text: string;
      try {
        text = readFileSync(path, "utf8");
      } catch {
        return empty;
      }
      try {
        return registrySchema.parse(JSON.parse(text));
      } catch (cause) {
        const message = `${path} is damaged, remove it to start with an empty registry: ${messageOf(cause)}`;
        throw new CkeError("registry_unreadable", message, { cause });
      }
    },
    save: (content) => {
      const text = JSON.stringify(content());
      if (text === saved) return;
      writeFileSync(`${path}.new`, text, { mode: 0o600 });
      renameSync(`${path}.new`, path);
      saved = text;
    },
  };
}
