// What values of flags may look like: predicates over their text.
import { isIP } from "node:net";

export const storageTypes = ["empty", "sqlite", "etcd", "zookeeper"];
export const levels = ["error", "warning", "info", "debug"];
export const isPort = (text: string) => /^\d{1,5}$/.test(text) && Number(text) <= 65535;
export const isFileName = (text: string) => /^[A-Za-z0-9._-]+$/.test(text) && !/^\.+$/.test(text);
export const isHostPort = (text: string) =>
  /^(\[[0-9a-fA-F:.]+\]|[^\s:/[\]]*):(\d{1,5})$/.test(text) && isPort(portOf(text));
const portOf = (text: string) => text.slice(text.lastIndexOf(":") + 1);
export const isHttpUrl = (text: string) => URL.canParse(text) && /^https?:\/\/[^/]/.test(text);
const duration = /^(?=\d)(?:(\d{1,4})h)?(?:(\d{1,6})m)?(?:(\d{1,8})s)?$/;
/** "1h30m", "45s": at least a second. */
export const isDuration = (text: string) => duration.test(text) && durationMs(text) >= 1_000;
export function durationMs(text: string): number {
  const [, hours = "0", minutes = "0", seconds = "0"] = duration.exec(text) ?? [];
  return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000;
}
export const isWholeNumber = (text: string) => /^\d{1,9}$/.test(text);
/** Without a scheme, too; any other scheme than http and https is refused. */
export const isBaseUrl = (text: string) =>
  isHttpUrl(text) || /^([A-Za-z0-9.-]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?(\/\S*)?$/.test(text);
export const isRegistry = (text: string) => {
  const at = text.indexOf(":");
  return at > 0 && isIP(text.slice(at + 1)) !== 0 && /^[A-Za-z0-9.-]+$/.test(text.slice(0, at));
};
const masterPart = (text: string) =>
  /^[^\s,/:]+(:\d{1,5})?$/.test(text) || /^\[[0-9a-fA-F:.]+\](:\d{1,5})?$/.test(text);
export const isMaster = (text: string) =>
  text === "local" ||
  /^zk:\/\/[^\s/]+\/\S+$/.test(text) ||
  text.split(",").every((part) => isHttpUrl(part.trim()) || masterPart(part.trim()));

/** Hosts without ports. */
export const isHostList = (text: string) =>
  text
    .split(",")
    .map((part) => part.trim())
    .every((part) => /^[\p{L}\p{N}._-]+$/u.test(part) || isIP(part.replace(/^\[|\]$/g, "")) === 6);
const isHost = (text: string) => /^[^\s/:]+$/.test(text) || isIP(text.replace(/^\[|\]$/g, "")) === 6;
/** Not what means "every address of this host", where nobody else can reach anything. */
export const isReachableHost = (text: string) =>
  isHost(text) && text !== "0.0.0.0" && text.replace(/^\[|\]$/g, "") !== "::";
