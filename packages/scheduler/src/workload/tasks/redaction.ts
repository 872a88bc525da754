// Removes what looks like a credential from texts of executors, containers and processes, because they are shown and
// logged.

// All lengths are bounded, so that no text takes long.
const rules: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN ([A-Z0-9 ]*)PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/g, "[private key]"],
  // For a text whose beginning was cut away.
  [/(?<![A-Za-z0-9+/=])(?:[A-Za-z0-9+/=]{1,100}[ \t\r]*\n){1,80}-----END [A-Z0-9 ]*PRIVATE KEY-----/g, "[private key]"],
  [/\beyJ[\w-]{8,2000}\.[\w-]+\.[\w-]+/g, "[token]"],
  [/\b(bearer|basic)(\s+)[\w+/.=~-]{8,}/gi, "$1$2[…]"],
  // https://user:password@host and https://token@host; the last @ before the path counts.
  [/(\b[a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/?#"'<>]{1,400}@/gi, "$1[…]@"],
  // token=…, "password": "…", --client-secret=…; a file's name after such a flag is no secret.
  [/((?:password|passwd|secret|token|api[-_]?key)["']?(?:=|:\s*["'])["']?)(?!\/)[^\s"',;&]+/gi, "$1[…]"],
];

/**
 * A value that an operator gave for a URL, without its user and password. It may be no right URL, so all between the scheme and the last @
 * counts.
 */
export function withoutUserinfo(given: string): string {
  return given.replace(/^([^:/?#\s]{1,30}:\/*).*@/s, "$1[…]@");
}

/** The text without private keys, tokens and passwords, as far as their form shows them. */
export function withoutSecrets(text: string): string {
  return rules.reduce((rest, [pattern, instead]) => rest.replace(pattern, instead), text);
}
