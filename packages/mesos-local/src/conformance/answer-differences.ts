// What an answer has otherwise than the recorded one: status, headers and their order, and a body that is not a stream.
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
  if (length !== String(Buffer.byteLength(actual))) differences.push(`Content-Length ${length} of ${actual.length}`);
  const comparable = (text: string) => (/^\/(frameworks|tasks)$/.test(request.path) ? ownOnly(text, ids, asked) : text);
  const difference = ids.difference(maskText(comparable(recorded)), maskText(comparable(actual)));
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

/**
 * Lists of frameworks and tasks: the recorded master had served other recordings before, what it tells about them is left
 * out; and it lists tasks in the order of its hash table.
 */
function ownOnly(text: string, ids: Correspondence, asked: string): string {
  const own = (id: unknown) =>
    typeof id === "string" && (ids.knows(id) || ids.means(id) || asked.includes(`"value":"${id}"`));
  return JSON.stringify(JSON.parse(text), (key, value: unknown) => {
    if (!/^(tasks|frameworks|completed_frameworks|completed_tasks)$/.test(key) || !Array.isArray(value)) return value;
    const items = value.map((item: { id?: unknown; framework_id?: unknown }) => item);
    return items
      .filter(({ id, framework_id }) => own(key.endsWith("tasks") ? framework_id : id))
      .sort((a, b) => (String(a.id) < String(b.id) ? -1 : 1));
  });
}
