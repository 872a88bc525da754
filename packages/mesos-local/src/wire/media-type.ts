// The two forms of Mesos' messages over HTTP, and which of them a client asks for. Facts: libprocess of Mesos 1.12
// (Request::acceptsMediaType); where both are welcome, JSON it is.

export const json = "application/json";
export const protobuf = "application/x-protobuf";
export type MediaType = typeof json | typeof protobuf;

/** The media type of a Content-Type header; Mesos compares the whole text, with case and parameters. */
export const mediaTypeOf = (contentType: string): MediaType | undefined =>
  contentType === json || contentType === protobuf ? contentType : undefined;

/** What an answer is to be written as, or undefined when the client takes neither. */
export function acceptedType(accept: string | undefined): MediaType | undefined {
  return [json, protobuf].find((type): type is MediaType => accepts(accept, type));
}

/** True when an Accept header lets `type` through; a missing one lets everything. */
export function accepts(accept: string | undefined, type: string): boolean {
  if (accept === undefined) return true;
  const ranges = accept
    .replace(/[ \t\n]/g, "")
    .toLowerCase()
    .split(",")
    .map((range) => range.split(";"));
  const [main = ""] = type.split("/");
  for (const candidate of [type, `${main}/*`, "*/*"]) {
    const range = ranges.find(([name]) => name === candidate);
    if (range !== undefined) return isWanted(range.slice(1));
  }
  return false;
}

/** False for a quality of zero, or one that is no number; several of them mean nothing. */
function isWanted(parameters: readonly string[]): boolean {
  const qualities = parameters.filter((parameter) => parameter.startsWith("q="));
  const [quality] = qualities;
  if (quality === undefined || qualities.length > 1) return true;
  return Number(quality.slice(2)) > 0;
}
