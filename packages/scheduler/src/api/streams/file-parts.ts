// Which part of a file a request asks for, and how the answer describes it. Pure.
import { z } from "zod";
import { type ByteRange, parseRange } from "../../exec-files/http-range.ts";
import type { FilePart } from "../../kubernetes/process-files/process-file-reads.ts";
import { BadRequestError } from "../requests/api-error.ts";

export const fileQuery = z.strictObject({
  offset: z
    .string()
    .regex(/^-?\d{1,15}$/, "a whole number of bytes of at most 15 digits; negative: counted from the end")
    .optional()
    .describe("where to begin; negative: counted from the end"),
  length: z
    .string()
    .regex(/^[1-9]\d{0,14}$/, "a whole number of bytes, at least 1, of at most 15 digits")
    .optional()
    .describe("bytes; default: to the end"),
  follow: z.enum(["true", "false"]).optional().describe("true: goes on with what is written later"),
});
export type FileQuery = Readonly<z.infer<typeof fileQuery>>;

export interface AskedPart {
  readonly part: FilePart;
  /** The Range header that counts. */
  readonly range?: ByteRange;
}

/**
 * The part to read. A Range header counts when the query names no part, and is ignored when it cannot be understood (RFC 9110
 * §14.2). Throws a BadRequestError for a rotated file that is to be followed.
 */
export function partOf(file: string, { offset, length, follow }: FileQuery, range: string | undefined): AskedPart {
  if (follow === "true" && file.includes(".")) {
    const words = `${file} does not grow any more; follow ${file.split(".", 1)[0]}`;
    throw new BadRequestError([{ path: "follow", message: words }]);
  }
  if (offset === undefined && length === undefined && follow !== "true" && range !== undefined) {
    const parsed = parseRange(range);
    if (parsed !== undefined) return { part: partOfRange(parsed), range: parsed };
  }
  const begin = Number(offset ?? "0");
  return {
    part: {
      offset: Math.abs(begin),
      fromEnd: offset?.startsWith("-") === true,
      ...(length === undefined ? {} : { length: Number(length) }),
      follow: follow === "true",
    },
  };
}

function partOfRange(range: ByteRange): FilePart {
  // One byte at least is asked for, because none means all: whether there is one, the answer's head says.
  if (range.kind === "suffix") return { offset: range.length, fromEnd: true };
  const { start, last } = range;
  return last === undefined ? { offset: start } : { offset: start, length: last - start + 1 };
}

export interface FileAnswer {
  readonly status: 200 | 206 | 416;
  /** Bytes of the answer; undefined when that is not known beforehand. */
  readonly length?: number;
  readonly contentRange?: string;
}

/** The answer's head, by the place of the first byte and the size of the file. */
export function fileAnswer(
  { part, range }: AskedPart,
  { offset, fileSize }: { readonly offset: number; readonly fileSize: number },
): FileAnswer {
  const there = Math.max(0, fileSize - offset);
  if (part.follow === true) return { status: 200 };
  const length = Math.min(part.length ?? there, there);
  if (range === undefined) return { status: 200, length };
  if (length === 0) return { status: 416, contentRange: `bytes */${fileSize}` };
  return { status: 206, length, contentRange: `bytes ${offset}-${offset + length - 1}/${fileSize}` };
}
