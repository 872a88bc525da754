// What goes over the WebSocket of a terminal page. Pure. Binary frames are input and output, as they are. Everything else is JSON
// in text frames. A browser cannot read why a handshake was refused, so every refusal is a frame and a close code.
import { CkeError, messageOf } from "@cke/foundation";
import { z } from "zod";
import { validate } from "../requests/api-error.ts";

const size = z.number().int().min(1).max(1_000);

const pageMessage = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("resize"), rows: size, columns: size }),
  /** Output that the page has drawn since it said so last. */
  z.strictObject({ type: z.literal("shown"), bytes: z.number().int().min(1).max(1_000_000_000) }),
]);
export type PageMessage = z.infer<typeof pageMessage>;

/** Throws a CkeError that names the field and what is allowed. */
export function readPageMessage(text: string): PageMessage {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new CkeError("bad_request", "a text frame must be JSON: input goes into binary frames", { status: 400 });
  }
  return validate(pageMessage, value, "the message");
}

export type ConsoleMessage =
  /** The terminal is there. */
  | {
      readonly type: "session";
      readonly cluster: string;
      readonly node: string;
      readonly title: string;
      readonly idle_seconds: number;
    }
  /** Now and then, so that a page notices a connection that is dead. */
  | { readonly type: "alive" }
  | { readonly type: "exit"; readonly code: number; readonly signal: string }
  | { readonly type: "error"; readonly code: string; readonly error: string };

export const messageFrame = (message: ConsoleMessage): string => JSON.stringify(message);

export interface Refusal {
  readonly message: ConsoleMessage;
  /** 4000 and the HTTP status (RFC 6455 §7.4.2: private use), or 1012 for a scheduler that leads no longer. */
  readonly closeCode: number;
  /** At most 123 bytes, RFC 6455 §5.5. */
  readonly reason: string;
}

const restart = 1012;

/** How a session that failed ends. */
export function refusalOf(error: unknown): Refusal {
  const known = error instanceof CkeError;
  const code = known ? error.code : "internal";
  const status = known ? error.status : 500;
  return {
    message: {
      type: "error",
      code,
      error: known ? messageOf(error) : "internal error; the scheduler's log has the details",
    },
    closeCode: code === "not_leader" ? restart : 4_000 + status,
    reason: code,
  };
}

/** The end of a session that nobody used. */
export function idleEnd(idleMs: number): CkeError {
  const minutes = idleMs / 60_000;
  const time = minutes >= 1 ? `${Math.round(minutes)} minutes` : `${Math.round(idleMs / 1_000)} seconds`;
  return new CkeError("idle", `the terminal was closed: nothing was typed or written for ${time}`, { status: 408 });
}
