// Dials the scheduler's API and asks to upgrade the connection. Resolves to the bare socket. Over it the roles are exchanged: the
// scheduler asks, and the executor serves.
import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Duplex } from "node:stream";
import { CkeError, messageOf } from "@cke/foundation";
import { channelIdHeader, channelPath, channelSecretHeader, channelUpgrade } from "@cke/protocol";

export interface DialOptions {
  /** http(s)://host:port of the scheduler. */
  readonly url: string;
  readonly executorId: string;
  readonly channelId: string;
  readonly secret: Uint8Array;
  readonly signal: AbortSignal;
  /** Certificate authorities in PEM for an `https` address; "": those that Node knows. */
  readonly ca?: string;
}

const connectMs = 10_000;
const longestAnswer = 4_096;

/** Throws a CkeError whose words say what is in the way; the secret is in none of them. */
export async function dial(options: DialOptions): Promise<Duplex> {
  const { url, executorId, channelId, secret, signal, ca = "" } = options;
  if (!URL.canParse(url)) throw new CkeError("channel_address", `the scheduler's address ${url} is no URL`);
  const { protocol, hostname, port } = new URL(url);
  if (protocol !== "http:" && protocol !== "https:")
    throw new CkeError("channel_address", `the scheduler's address ${url} is neither http nor https`);
  const asked = {
    hostname: hostname.replace(/^\[|\]$/g, ""),
    port,
    path: `${channelPath}${encodeURIComponent(executorId)}`,
    agent: false as const,
    headers: {
      connection: "Upgrade",
      upgrade: channelUpgrade,
      [channelIdHeader]: channelId,
      [channelSecretHeader]: Buffer.from(secret).toString("base64url"),
    },
    signal: AbortSignal.any([signal, AbortSignal.timeout(connectMs)]),
  };
  const request = protocol === "https:" ? httpsRequest(ca === "" ? asked : { ...asked, ca }) : httpRequest(asked);
  return await upgraded(request, url);
}

function upgraded(request: ClientRequest, url: string): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    request.on("error", (error) => {
      reject(new CkeError("channel_dial_failed", `${url} cannot be reached: ${messageOf(error)}`, { cause: error }));
    });
    request.on("upgrade", (answer, socket, head) => {
      if (answer.headers.upgrade?.toLowerCase() !== channelUpgrade) {
        socket.destroy();
        reject(new CkeError("channel_dial_failed", `${url} speaks another protocol than a channel`));
        return;
      }
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    request.on("response", (answer) => {
      refusal(answer).then((words) => {
        request.destroy();
        reject(new CkeError("channel_dial_refused", `${url} refuses the channel: ${answer.statusCode} ${words}`));
      }, reject);
    });
    request.end();
  });
}

async function refusal(answer: IncomingMessage): Promise<string> {
  let text = "";
  try {
    for await (const chunk of answer.setEncoding("utf8")) {
      text += String(chunk);
      if (text.length > longestAnswer) break;
    }
  } catch {
    // What it has said so far is enough.
  }
  return text.slice(0, longestAnswer);
}
