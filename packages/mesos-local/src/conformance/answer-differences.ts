// What an answer has otherwise than the recorded one: status, headers and their order, and a body that is not a stream.
import { bodyDifference } from "./comparable.ts";
import { type Correspondence, maskText } from "./masking.ts";
import type { RawAnswer } from "./raw-request.ts";
import { type Exchange, recordedText } from "./recording.ts";

/** Learns the stream id and the ids of the body; `asked` are all recorded requests, with the ids that clients chose. */
export async function answerDifferences(
  { request, response }: Exchange,
  answer: RawAnswer,
  ids: Correspondence,
  asked: string,
): Promise<readonly string[]> {
  if (response === null) return [`answered ${answer.status}`];
  const differences: string[] = [];
  if (answer.status !== response.status || answer.reason !== response.reason) {
    differences.push(`status ${answer.status} ${answer.reason}, recorded ${response.status} ${response.reason}`);
  }
  const [had, has] = [shape(response.headers), shape(answer.headers)];
  if (ids.difference(maskText(had), maskText(has)) !== undefined) {
    differences.push(`headers ${has}, recorded ${had}`);
  }
  const [recordedId, actualId] = [
    header(response.headers, "Mesos-Stream-Id"),
    header(answer.headers, "Mesos-Stream-Id"),
  ];
  if (recordedId !== undefined && actualId !== undefined) ids.learn(recordedId, actualId);
  if (response.frames !== undefined) return differences;
  const [recorded, actual] = [recordedText(response), await answer.body];
  const length = header(answer.headers, "Content-Length");
  if (length !== String(answer.bytes())) differences.push(`Content-Length ${length} of ${answer.bytes()}`);
  if (response.body_base64 !== undefined && recorded === "") return differences;
  const own = (id: unknown) =>
    typeof id === "string" && (ids.knows(id) || ids.means(id) || asked.includes(`"value":"${id}"`));
  const difference = bodyDifference(request.path.replace(/\?.*$/, ""), recorded, actual, ids, own);
  if (difference !== undefined) differences.push(`body ${difference}`);
  return differences;
}

type Headers = RawAnswer["headers"];

const header = (headers: Headers, wanted: string) => headers.find(([name]) => name === wanted)?.[1];

/** Headers in their order; values that differ by nature left out. */
const shape = (headers: Headers) =>
  headers
    .map(([name, value]) => (/^(date|content-length|mesos-stream-id)$/i.test(name) ? name : `${name}: ${value}`))
    .join(", ");
