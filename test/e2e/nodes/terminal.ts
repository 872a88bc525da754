// A terminal of a cluster without a browser: what its page would be told and shown.
import { WebSocket } from "ws";
import { z } from "zod";

const helloSchema = z.object({ type: z.literal("session"), node: z.string() });

/** Types the lines into a new terminal, waits for its end, and tells in which node it was and all that it showed. */
export async function terminalShows(
  url: string,
  lines: string,
): Promise<{ readonly node: string; readonly text: string }> {
  const socket = new WebSocket(`${url}/console/kubectl/ws`.replace("http", "ws"));
  let [node, text] = ["", ""];
  socket.on("message", (data: Buffer, binary) => {
    if (binary) text += String(data);
    const hello = binary ? undefined : helloSchema.safeParse(JSON.parse(String(data))).data;
    if (hello === undefined) return;
    ({ node } = hello);
    socket.send(Buffer.from(lines));
  });
  await new Promise((resolve, reject) => {
    socket.once("close", resolve);
    socket.once("error", reject);
  });
  return { node, text };
}
