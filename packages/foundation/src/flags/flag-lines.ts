// A table of flags as text for -help.
import type { FlagTable } from "./flag-row.ts";

export interface FlagLinesOptions {
  /** Name each flag's environment variable, where it does not follow from the flag's name. */
  readonly withEnvironment?: boolean;
}

/** Two lines for each flag, with its aliases, type, default and meaning; -help and -version come last. */
export function flagLines({ rows, environmentName }: FlagTable, options: FlagLinesOptions = {}): string {
  const lines = rows.map((row) => {
    const names = [row.name, ...(row.aliases ?? [])].map((name) => `-${name}`).join(", ");
    const type = row.type === "bool" ? "" : ` ${row.type}`;
    const notes = [
      ...(row.default === undefined || row.default === "" ? [] : [`default ${row.default}`]),
      ...(options.withEnvironment === true && environmentName !== undefined
        ? [`environment ${environmentName(row.name)}`]
        : []),
    ].join("; ");
    return `  ${names}${type}\n        ${row.meaning}${notes === "" ? "" : ` (${notes})`}`;
  });
  return [...lines, "  -help\n        print this text", "  -version\n        print version and build", ""].join("\n");
}
