// Limits of size, so that a person can read a room and a file at once: files of a room, lines of a file. Pure.
import { dirname } from "node:path/posix";
import { isTest } from "./import-graph.ts";
import { placeOf, type SourceFile } from "./source-tree.ts";

/** Most files in a room. Tests beside them and files of its sub-rooms do not count. */
export const filesOfRoom = 14;
export const linesOfFile = 300;

/** Larger rooms and files with the reason. A key is a path from the top of the checkout; a room ends with a slash. */
export type SizeExceptions = Readonly<Record<string, string>>;

/** A line for every room with too many files and every file with too many lines. */
export function sizeBreaches(files: readonly SourceFile[], exceptions: SizeExceptions): string[] {
  const counted = files.filter(({ path }) => !isGenerated(path));
  const rooms = Map.groupBy(
    counted.filter(({ path }) => !isTest(path)),
    (file) => `${dirname(placeOf(file))}/`,
  );
  const large = [...rooms].flatMap(([room, members]) =>
    members.length > filesOfRoom ? [{ place: room, words: `${members.length} files, at most ${filesOfRoom}` }] : [],
  );
  const long = counted.flatMap((file) => {
    const lines = file.text.split("\n").length - 1;
    return lines > linesOfFile ? [{ place: placeOf(file), words: `${lines} lines, at most ${linesOfFile}` }] : [];
  });
  return [...large, ...long]
    .filter(({ place }) => exceptions[place] === undefined)
    .map(({ place, words }) => `${place}: ${words}`);
}

const isGenerated = (path: string) => /(^|\/)generated\//.test(path);
