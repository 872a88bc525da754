// What an executor says when it dials: GET /channel/<executor id> with an upgrade, the id of the opening and its secret. Pure.
import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { channelIdHeader, channelPath, channelSecretHeader, channelSecretLength, channelUpgrade } from "@cke/protocol";

export interface DialRequest {
  readonly executorId: string;
  readonly channelId: string;
  readonly secret: Uint8Array;
}

type Head = Pick<IncomingMessage, "method" | "url" | "headers">;

const longestId = 512;

/** Whether a request wants to become a channel. */
export function asksForChannel({ method, url, headers }: Head): boolean {
  return method === "GET" && url?.startsWith(channelPath) === true && headers.upgrade?.toLowerCase() === channelUpgrade;
}

/** Undefined when it is not well-formed. */
export function readDial({ url = "", headers }: Head): DialRequest | undefined {
  const executorId = decoded(url.slice(channelPath.length));
  const channelId = headers[channelIdHeader];
  const given = headers[channelSecretHeader];
  if (executorId === undefined || typeof channelId !== "string" || typeof given !== "string") return undefined;
  if (executorId === "" || executorId.length > longestId || channelId.length > longestId) return undefined;
  const secret = new Uint8Array(Buffer.from(given, "base64url"));
  return secret.length === channelSecretLength ? { executorId, channelId, secret } : undefined;
}

/** Takes the same time whatever differs. */
export function isSecret(given: Uint8Array, expected: Uint8Array): boolean {
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
