// Typed v1 messages to Mesos' JSON text and back.
import * as z from "zod";
import { encodeMessage, type JsonObject } from "../wire/index.ts";

const jsonObject = z.custom<JsonObject>((value) => typeof value === "object" && value !== null);

/** JSON text of a message; `type` is its name in the v1 protocol, for example "executor.Event". */
export function encodeV1(type: string, message: object): string {
  return encodeMessage(type, jsonObject.parse(message));
}

/** The same value without bigints, which plain JSON cannot hold; 64-bit fields of stored messages may lose digits. */
export function withoutBigints<T>(schema: z.ZodType<T>, value: unknown): T {
  return schema.parse(plain(value));
}

function plain(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}
