// Gives a NAT gateway its rules, and the way outside. The image's cke-nat loads them: as a process when the node starts, and by this executor
// when they change.
import { boundedText, CkeError } from "@cke/foundation";
import type { WrapperClient } from "../wrapper/wrapper-client.ts";
import { type NatRules, natRules } from "./nat-rules.ts";

export type NatWrapper = Pick<WrapperClient, "putFile" | "run">;

const rulesPath = "/etc/cke/nat/rules.nft";
const uplinkPath = "/etc/cke/nat/uplink";
const maxWordsBytes = 500;
const encoder = new TextEncoder();

export interface NatSetting extends NatRules {
  /** Of the gateway, in the uplink's network. */
  readonly uplink: string;
  /** Of the uplink's Docker network; "" for none. It is the way outside where no router says another one. */
  readonly way: string;
}

/** Writes and loads them; the same ones change nothing. Throws CkeError `nat_failed` in an operator's words. */
export async function writeNat(wrapper: NatWrapper, setting: NatSetting): Promise<void> {
  const put = (path: string, text: string) => wrapper.putFile({ path, mode: 0o644, content: encoder.encode(text) });
  // The process waits for the rules, so they come last.
  await put(uplinkPath, `${setting.uplink} ${setting.way}`.trimEnd().concat("\n"));
  await put(rulesPath, natRules(setting));
  const { code, stderr } = await wrapper.run({ command: ["cke-nat"] });
  if (code === 0) return;
  const words = boundedText(stderr.trim(), { maxBytes: maxWordsBytes });
  throw new CkeError(
    "nat_failed",
    `its rules for NAT cannot be loaded: ${words === "" ? `exit code ${code}` : words}`,
    {
      retryable: true,
    },
  );
}
