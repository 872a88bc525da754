// Reads and writes bodies of calls and answers, in JSON or protobuf. Texts for a body that cannot be read: Mesos 1.12.
import { CkeError } from "@cke/foundation";
import { decodeBinary } from "./decode-binary.ts";
import { decodeMessage } from "./decode-message.ts";
import { encodeBinary } from "./encode-binary.ts";
import { encodeMessage } from "./encode-message.ts";
import { type JsonObject, JsonSyntaxError, type JsonValue, parseJson, stringifyJson } from "./json/json-text.ts";
import { json, type MediaType, protobuf } from "./media-type.ts";

/** Mesos' texts for a body that is no message; the same for schedulers, executors and operators of masters. */
interface BodyWords {
  readonly broken: string;
  readonly unconvertible: string;
}

const callWords: BodyWords = {
  broken: "Failed to parse body into Call protobuf",
  unconvertible: "Failed to convert JSON into Call protobuf: ",
};

/** The operator API of agents. */
export const agentWords: BodyWords = { broken: "Failed to parse body into a protobuf object", unconvertible: "" };

/** Reads a body as message `type`. Throws CkeError `invalid_body` (status 400) with Mesos' words. */
export function readBody(type: string, form: MediaType, body: Buffer, words = callWords): JsonObject {
  if (form === protobuf) {
    try {
      return decodeBinary(type, body);
    } catch (error) {
      throw refused(error, words.broken);
    }
  }
  let value: JsonValue;
  try {
    value = parseJson(body.toString("utf8"));
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw refused(undefined, `Failed to parse body into JSON: ${error.message}`);
  }
  try {
    return decodeMessage(type, value);
  } catch (error) {
    throw refused(error, error instanceof CkeError ? `${words.unconvertible}${error.message}` : "");
  }
}

/** Turns the error of an invalid message into a 400; any other error stays what it is. */
function refused(error: unknown, message: string): unknown {
  if (error !== undefined && !(error instanceof CkeError && error.code === "invalid_message")) return error;
  return new CkeError("invalid_body", message, { status: 400 });
}

/** A message as an answer's body or as a record: JSON text or protobuf bytes. */
export function writeBody(type: string, form: MediaType, message: object): string | Uint8Array {
  return form === json ? encodeMessage(type, message) : encodeBinary(type, message);
}

/** The same for a message that was put together as a JSON value of its parts. */
export function writeJsonBody(type: string, form: MediaType, value: JsonObject): string | Uint8Array {
  const text = stringifyJson(value);
  return form === json ? text : encodeBinary(type, decodeMessage(type, parseJson(text)));
}
