// A secret, by reference to a store that Mesos asks, or as a value.
import type * as z from "zod";
import { base64, message, openEnum, optional, text } from "./schema.ts";

export const secretSchema = message({
  type: optional(openEnum(["REFERENCE", "VALUE"])),
  reference: optional(message({ name: text, key: optional(text) })),
  value: optional(message({ data: base64 })),
});
export interface Secret extends z.output<typeof secretSchema> {}
