// Removes what looks like a credential from texts of executors, containers and processes, because they are shown and
// logged.

// All lengths are bounded, so that no text takes long.
const rules: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN ([A-Z0-9 ]*)PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/g, "[private key]"],
  // For a text whose beginning was cut away.
  [/(?<![A-Za-z0-9+/=])(?:[A-Za-z0-9+/=]{1,100}[ \t\r]*\n){1,80}-----END [A-Z0-9 ]*PRIVATE KEY-----/g, "[private key]"],
  [/\beyJ[\w-]{8,2000}\.[\w-]+\.[\w-]+/g, "[token]"],
  [/\b(bearer|basic)(\s+)[\w+/.=~-]{8,}/gi, "$1$2[…]"],
  // https://user:password@host
  [/(\b[a-z][a-z0-9+.-]{0,30}:\/\/[^\s:@/]{0,200}:)[^\s@/]{1,200}(?=@)/gi, "$1[…]"],
  // token=…, "password": "…", --client-secret=…; a file's name after such a flag is no secret.
  [/((?:password|passwd|secret|token|api[-_]?key)["']?(?:=|:\s*["'])["']?)(?!\/)[^\s"',;&]+/gi, "$1[…]"],
];

/** The text without private keys, tokens and passwords, as far as their form shows them. */
export function withoutSecrets(text: string): string {
  return rules.reduce((rest, [pattern, instead]) => rest.replace(pattern, instead), text);
}
