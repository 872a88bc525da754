// Loads every `cke.conf-<version>.yaml` of a directory.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { CkeError, messageOf } from "@cke/foundation";
import type { ClusterConfiguration } from "./configuration.ts";
import { ConfigurationError, parseConfiguration } from "./configuration-parser.ts";

const namePattern = /^cke\.conf-(\d+(?:\.\d+)*)\.ya?ml$/;

/**
 * By version. Throws CkeError `flag_invalid`, with the problems of all files, or when the directory cannot be read or holds no
 * such file.
 */
export async function loadConfigurations(directory: string): Promise<ReadonlyMap<string, ClusterConfiguration>> {
  let names: readonly string[];
  try {
    names = await readdir(directory);
  } catch (error) {
    throw new CkeError(
      "flag_invalid",
      `the directory of cke.conf files cannot be read: ${messageOf(error)}; see -k8s_config`,
      { cause: error },
    );
  }
  const configurations = new Map<string, ClusterConfiguration>();
  const problems: string[] = [];
  for (const name of [...names].sort()) {
    const version = namePattern.exec(name)?.[1];
    if (version === undefined) continue;
    const path = join(directory, name);
    try {
      configurations.set(version, parseConfiguration(path, version, await readFile(path, "utf8")));
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      problems.push(...error.problems);
    }
  }
  if (problems.length > 0) throw new CkeError("flag_invalid", `-k8s_config: ${problems.join("; ")}`);
  if (configurations.size === 0) {
    throw new CkeError("flag_invalid", `there is no cke.conf-<version>.yaml in ${directory}; see -k8s_config`);
  }
  return configurations;
}
