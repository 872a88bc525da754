// The flag table as text: what -help prints, and the Markdown table of the docs.

import { type FlagRow, flagLines } from "@cke/foundation/flags";
import { environmentName, flagTable } from "./flags-table.ts";

const rows: readonly FlagRow[] = flagTable;

/** What `-help` prints: every flag with its aliases, type, default and meaning. */
export function flagsHelp(program: string): string {
  return `${program}: an Apache Mesos framework that deploys and operates Kubernetes clusters

Usage: ${program} -master <host:port | local> [flags]

Flags (-name v, -name=v, --name v and --name=v are the same; each can also be set as ${environmentName("<name>")}):
${flagLines({ rows })}`;
}

/** The flags as a Markdown table, for the docs. */
export function flagsMarkdown(): string {
  const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const lines = rows.map((row) => {
    const aliases = row.aliases === undefined ? "" : ` (${row.aliases.join(", ")})`;
    return `| ${row.name}${aliases} | ${row.type} | ${cell(row.default ?? "-")} | ${environmentName(row.name)} | ${cell(row.meaning)} |`;
  });
  return ["| flag (aliases) | type | default | environment | meaning |", "|---|---|---|---|---|", ...lines, ""].join(
    "\n",
  );
}
