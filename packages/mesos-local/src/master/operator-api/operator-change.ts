// Carries out an operator's change; what is wrong with the request becomes the answer. Words: src/master/http.cpp of Mesos 1.12.
import { CkeError } from "@cke/foundation";
import * as z from "zod";
import { type Answer, textAnswer } from "../../http/answer.ts";
import { decodeMessage, isArray, isObject, type JsonObject, JsonSyntaxError, parseJson } from "../../wire/index.ts";

/** A request that cannot be read is answered with 400; no error is thrown. */
export function changeOf(change: () => Answer): Answer {
  try {
    return change();
  } catch (error) {
    const words = unreadable(error);
    if (words === undefined) throw error;
    return textAnswer(400, words);
  }
}

/** Why a text is not the message that it should be; undefined for any other error. */
export function unreadable(error: unknown): string | undefined {
  if (error instanceof JsonSyntaxError) return error.message;
  if (error instanceof CkeError && error.code === "invalid_message") return error.message;
  return error instanceof z.ZodError ? `Failed to convert JSON into protobuf: ${error.message}` : undefined;
}

const unexpected = () => new CkeError("invalid_message", "Unexpected JSON type parsed", { status: 400 });

/** A message as JSON text. Throws what `unreadable` has words for. */
export function messageFrom(type: string, text: string): JsonObject {
  const value = parseJson(text);
  if (!isObject(value)) throw unexpected();
  return decodeMessage(type, value);
}

/** A list of messages as JSON text. Throws what `unreadable` has words for. */
export function messagesFrom(type: string, text: string): readonly JsonObject[] {
  const value = parseJson(text);
  if (!isArray(value)) throw unexpected();
  return value.map((item) => decodeMessage(type, item));
}
