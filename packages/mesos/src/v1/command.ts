// CommandInfo: what the agent fetches and runs.
import type * as z from "zod";
import { bool, message, openEnum, optional, repeated, text } from "./schema.ts";
import { secretSchema } from "./secret.ts";

export const uriSchema = message({
  value: text,
  executable: optional(bool),
  extract: optional(bool),
  cache: optional(bool),
  output_file: optional(text),
});
/** One download of the fetcher; `extract` is true when absent, `executable` wins over it. */
export interface URI extends z.output<typeof uriSchema> {}

const environmentVariableSchema = message({
  name: text,
  type: optional(openEnum(["VALUE", "SECRET"])),
  value: optional(text),
  secret: optional(secretSchema),
});
/** A VALUE (when `type` is absent) has a `value`, a SECRET has a `secret`. */
export interface EnvironmentVariable extends z.output<typeof environmentVariableSchema> {}

export const environmentSchema = message({ variables: repeated(environmentVariableSchema) });
export interface Environment extends z.output<typeof environmentSchema> {}

export const commandInfoSchema = message({
  uris: repeated(uriSchema),
  environment: optional(environmentSchema),
  shell: optional(bool),
  value: optional(text),
  arguments: repeated(text),
  user: optional(text),
});
/** With `shell` (true when absent) `value` goes to `sh -c`; else `value` is the file and `arguments` are argv from [0]. */
export interface CommandInfo extends z.output<typeof commandInfoSchema> {}
