// The flag table as text: what -help prints, and the Markdown table of the docs.

import { environmentName } from "./flags.ts";
import { type FlagRow, flagTable } from "./flags-table.ts";

const rows: readonly FlagRow[] = flagTable;

/** What `-help` prints: every flag with its aliases, type, default and meaning. */
export function flagsHelp(program: string): string {
  const lines = rows.map((row) => {
    const names = [row.name, ...(row.aliases ?? [])].map((name) => `-${name}`).join(", ");
    const type = row.type === "bool" ? "" : ` ${row.type}`;
    const fallback = row.default === undefined ? "" : ` (default ${row.default})`;
    return `  ${names}${type}\n        ${row.meaning}${fallback}`;
  });
  return `${program}: an Apache Mesos framework that deploys and operates Kubernetes clusters

Usage: ${program} -master <host:port | local> [flags]

Flags (-name v, -name=v, --name v and --name=v are the same; each can also be set as ${environmentName("<name>")}):
${lines.join("\n")}
  -help
        print this text
  -version
        print version and build
`;
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
