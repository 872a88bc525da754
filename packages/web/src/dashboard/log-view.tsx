// The log of a container, followed.
import { useEffect, useRef, useState } from "preact/hooks";
import { type Json, listAt, nameOf, namespaceOf, textAt } from "../cluster-api/objects.ts";
import { usePage, wordsOf } from "./hooks.ts";
import { appended, emptyLog, type LogText } from "./log-text.ts";

/** How much of what was written before is read. */
const tailLines = 1_000;

export function LogView({ pod }: { readonly pod: Json }) {
  const containers = [...listAt(pod, "spec", "initContainers"), ...listAt(pod, "spec", "containers")].map((one) =>
    textAt(one, "name"),
  );
  const [container, setContainer] = useState(
    listAt(pod, "spec", "containers").map((one) => textAt(one, "name"))[0] ?? "",
  );
  const [previous, setPrevious] = useState(false);
  const { log, problem } = useLog(pod, container, previous);
  const place = useRef<HTMLPreElement>(null);
  const [follow, setFollow] = useState(true);
  useEffect(() => {
    if (follow && place.current !== null) place.current.scrollTop = place.current.scrollHeight;
  }, [follow, log]);
  return (
    <section aria-label="Log">
      <div class="tools">
        <label>
          Container{" "}
          <select value={container} onChange={({ currentTarget }) => setContainer(currentTarget.value)}>
            {containers.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label>
          <input
            type="checkbox"
            checked={previous}
            onChange={({ currentTarget }) => setPrevious(currentTarget.checked)}
          />
          before its last restart
        </label>
        <label>
          <input type="checkbox" checked={follow} onChange={({ currentTarget }) => setFollow(currentTarget.checked)} />
          stay at the end
        </label>
      </div>
      {problem !== "" && <p role="alert">{problem}</p>}
      {log.dropped > 0 && <p>Earlier lines are left out.</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
      <pre id="log" ref={place} tabIndex={0}>
        {log.text}
      </pre>
    </section>
  );
}

function useLog(pod: Json, container: string, previous: boolean): { readonly log: LogText; readonly problem: string } {
  const { client } = usePage();
  const [log, setLog] = useState(emptyLog);
  const [problem, setProblem] = useState("");
  const path = `/api/v1/namespaces/${encodeURIComponent(namespaceOf(pod))}/pods/${encodeURIComponent(nameOf(pod))}/log`;
  useEffect(() => {
    const gone = new AbortController();
    const query = new URLSearchParams({ container, tailLines: String(tailLines), follow: String(!previous) });
    if (previous) query.set("previous", "true");
    setLog(emptyLog);
    setProblem("");
    const read = async () => {
      const answer = await client.request(`${path}?${query}`, { signal: gone.signal });
      const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
      for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) {
        const { value } = part;
        setLog((before) => appended(before, value));
      }
    };
    read().catch((error: unknown) => {
      if (!gone.signal.aborted) setProblem(wordsOf(error));
    });
    return () => gone.abort();
  }, [client, path, container, previous]);
  return { log, problem };
}
