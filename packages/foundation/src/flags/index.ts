// Command lines of CKE's programs: a table of flags, parsed in the manner of Go, and its text for -help.
export * from "./flag-lines.ts";
export * from "./flag-row.ts";
export * from "./parse-flags.ts";
